#include "server/client_dialect.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ascii.hpp"
#include "events/realtime/dialect.hpp"
#include "net/url.hpp"
#include "server/client_secrets.hpp"

namespace unmuted {
namespace {

using net::HttpRequest;

constexpr std::string_view key_protocol = "openai-insecure-api-key.";

std::vector<std::string_view> parts_of(std::string_view list, char separator) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t end = list.find(separator);
    parts.push_back(trim_blanks(list.substr(0, end)));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return parts;
}

/// A parameter of the query; nothing when it is not there.
std::optional<std::string> parameter(const HttpRequest& request, std::string_view name) {
  for (const std::string_view pair : parts_of(request.query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    std::string value(pair.substr(std::min(equals + 1, pair.size())));
    std::replace(value.begin(), value.end(), '+', ' ');
    return net::percent_decoded(value).value_or(value);
  }
  return std::nullopt;
}

/// The key of a program, or of a page, which can only offer it as a subprotocol.
std::optional<std::string> key_of(const HttpRequest& request,
                                  const std::vector<std::string_view>& protocols) {
  const std::string_view authorization = request.header("Authorization").value_or("");
  const std::size_t blank = authorization.find(' ');
  if (blank != std::string_view::npos && lower_ascii(authorization.substr(0, blank)) == "bearer")
    return std::string(trim_blanks(authorization.substr(blank)));
  for (const std::string_view protocol : protocols) {
    if (protocol.starts_with(key_protocol)) return std::string(protocol.substr(key_protocol.size()));
  }
  return std::nullopt;
}

}  // namespace

std::string chosen_subprotocol(const HttpRequest& request) {
  const std::string list = request.list("Sec-WebSocket-Protocol");
  for (const std::string_view offered : parts_of(list, ',')) {
    if (offered == "realtime") return "realtime";
  }
  return {};
}

/// A password of a proxy's (Basic) says nothing about who connects: Unmute's page sends it too.
std::shared_ptr<events::Dialect> dialect_for(const HttpRequest& request, const ClientSecrets& secrets) {
  const std::string list = request.list("Sec-WebSocket-Protocol");
  const std::vector<std::string_view> protocols = parts_of(list, ',');
  const bool offers = std::any_of(protocols.begin(), protocols.end(),
                                  [](std::string_view one) { return one.starts_with("openai-"); });
  const std::optional<std::string> model = parameter(request, "model");
  const std::optional<std::string> intent = parameter(request, "intent");
  const std::optional<std::string> key = key_of(request, protocols);
  if (!offers && !model && !intent && !key && !parameter(request, "call_id"))
    return events::dialect_of_first_event();
  events::RealtimeOptions options{model.value_or(""), intent == "transcription", {}};
  if (key) {
    auto session = secrets.session_of(*key, std::chrono::system_clock::now());
    if (session) options.session = std::move(*session);
  }
  return events::realtime_dialect(std::move(options));
}

}  // namespace unmuted

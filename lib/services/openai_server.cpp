#include "services/openai_server.hpp"

#include <algorithm>
#include <utility>

namespace unmuted {

std::string to_text(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (count < 1000) return std::to_string(count) + " ms";
  return std::to_string((count + 500) / 1000) + " s";
}

Result<OpenAiServer> OpenAiServer::create(Role role, OpenAiServerOptions options) {
  auto address = ModelAddress::of(options.url);
  if (!address) return tl::unexpected(address.error());
  const auto unfit = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::any_of(options.api_key.begin(), options.api_key.end(), unfit)) {
    return fail("invalid_configuration",
                "The API key of the " + role.name + " has a space or a line break in it");
  }
  net::HttpClientOptions client_options;
  client_options.ca_file = options.ca_file;
  client_options.connect_timeout = options.connect_timeout;
  auto client = net::HttpClient::create(std::move(client_options));
  if (!client) return tl::unexpected(client.error());
  return OpenAiServer(std::move(role), std::move(options), std::move(*address), std::move(*client));
}

OpenAiServer::OpenAiServer(Role role, OpenAiServerOptions options, ModelAddress address,
                           net::HttpClient client)
    : role_(std::move(role)),
      options_(std::move(options)),
      address_(std::move(address)),
      client_(std::move(client)) {}

net::HttpClientRequest OpenAiServer::request(ModelEndpoint endpoint,
                                             std::chrono::milliseconds silence) const {
  net::HttpClientRequest request;
  request.url = address_.url(endpoint);
  if (!options_.api_key.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    if (address_.is_azure()) request.headers.emplace_back("api-key", options_.api_key);
  }
  request.idle_timeout = silence;
  request.total_timeout = silence + options_.total_timeout;
  return request;
}

std::string OpenAiServer::without_key(std::string text) const {
  const std::string& key = options_.api_key;
  for (std::size_t at = 0; !key.empty() && (at = text.find(key, at)) != std::string::npos;) {
    text.replace(at, key.size(), "…");
  }
  return text;
}

Error OpenAiServer::error_of(const std::string& code, const std::string& what,
                             const std::string& cause) const {
  return {code, "The " + role_.name + " at " + address_.shown() + " " + what + ": " + without_key(cause), ""};
}

Error OpenAiServer::unavailable(const std::string& cause) const {
  return error_of("service_unavailable", "is not available", cause);
}

Error OpenAiServer::still_loading(const std::string& cause) const {
  return error_of("service_unavailable", "is still loading its model after " + to_text(options_.patience),
                  cause);
}

Error OpenAiServer::refused(const Refusal& refusal, ModelEndpoint endpoint) const {
  std::string cause = "it answered " + std::to_string(refusal.status);
  if (refusal.status == 404) cause += " for " + address_.path(endpoint);
  if (!refusal.text.empty()) cause += ": " + refusal.text;
  if (refusal.status == 404 && !address_.hint().empty()) cause += " (" + address_.hint() + ")";
  if (refusal.status == 401 || refusal.status == 403) cause += " (check " + role_.key_variable + ")";
  if (refusal.kind == Refusal::Kind::full) return error_of("service_at_capacity", "is at capacity", cause);
  if (refusal.kind == Refusal::Kind::loading) return still_loading(cause);
  return unavailable(cause);
}

Error OpenAiServer::failed(const Error& error, const std::optional<Refusal>& loading, bool begun) const {
  std::string cause = error.message;
  const bool late = error.code == "timed_out";
  if (late && !begun && loading) return refused(*loading, ModelEndpoint::models);
  if (late && !begun) {
    cause += ": nothing of the reply came within " + to_text(options_.patience) + role_.patience_hint;
  } else if (late) {
    cause += ": it said nothing more for " + to_text(options_.idle_timeout) + ", or took too long as a whole";
  }
  return unavailable(cause);
}

}  // namespace unmuted

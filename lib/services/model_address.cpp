#include "services/model_address.hpp"

#include "net/url.hpp"

namespace unmuted {
namespace {

constexpr std::string_view endpoint = "/chat/completions";

constexpr const char* examples =
    "; expected an address such as http://localhost:8000 or https://example.org/v1";

}  // namespace

Result<ModelAddress> ModelAddress::of(std::string_view url) {
  const auto parsed = net::parse_url(url);
  if (!parsed) return fail(parsed.error().code, parsed.error().message + examples);
  if (parsed->scheme != "http" && parsed->scheme != "https") {
    return fail("invalid_url", "A language model is reached by http:// or https://, not by " +
                                   parsed->scheme + "://" + examples);
  }
  ModelAddress address;
  address.origin_ = parsed->scheme + "://" + parsed->authority();
  address.shown_ = std::string(url.substr(0, url.find('?')));
  const std::size_t question = parsed->target.find('?');
  std::string path = parsed->target.substr(0, question);
  if (question != std::string::npos) address.query_ = parsed->target.substr(question);
  while (path.ends_with('/')) path.pop_back();
  const bool whole = path.ends_with(endpoint);
  if (whole) path.erase(path.size() - endpoint.size());
  if (path.empty() && !whole) path = "/v1";
  address.base_ = std::move(path);
  return address;
}

std::string ModelAddress::hint() const {
  if (base_.ends_with("/api")) {
    return "that is the path of Ollama's own interface: give the address with /v1 in its place";
  }
  if (!base_.ends_with("/v1")) return "the path is taken as it is given: should it end in /v1?";
  return "";
}

bool ModelAddress::is_azure() const {
  return query_.find("api-version=") != std::string::npos;
}

}  // namespace unmuted

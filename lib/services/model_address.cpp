#include "services/model_address.hpp"

#include "net/url.hpp"

namespace unmuted {
namespace {

std::string_view path_of(ModelEndpoint endpoint) {
  switch (endpoint) {
    case ModelEndpoint::completions:
      return "/chat/completions";
    case ModelEndpoint::models:
      return "/models";
    case ModelEndpoint::speech:
      return "/audio/speech";
    case ModelEndpoint::transcriptions:
      return "/audio/transcriptions";
  }
  return "";
}

constexpr const char* examples =
    "; expected an address such as http://localhost:8000 or https://example.org/v1";

}  // namespace

Result<ModelAddress> ModelAddress::of(std::string_view url) {
  const auto parsed = net::parse_url(url);
  if (!parsed) return fail(parsed.error().code, parsed.error().message + examples);
  if (parsed->scheme != "http" && parsed->scheme != "https") {
    return fail("invalid_url", "A model server is reached by http:// or https://, not by " + parsed->scheme +
                                   "://" + examples);
  }
  ModelAddress address;
  address.origin_ = parsed->scheme + "://" + parsed->authority();
  address.shown_ = std::string(url.substr(0, url.find('?')));
  const std::size_t question = parsed->target.find('?');
  std::string path = parsed->target.substr(0, question);
  if (question != std::string::npos) address.query_ = parsed->target.substr(question);
  while (path.ends_with('/')) path.pop_back();
  bool whole = false;
  for (const ModelEndpoint endpoint :
       {ModelEndpoint::completions, ModelEndpoint::speech, ModelEndpoint::transcriptions}) {
    const std::string_view end = path_of(endpoint);
    if (whole || !path.ends_with(end)) continue;
    path.erase(path.size() - end.size());
    whole = true;
  }
  if (path.empty() && !whole) path = "/v1";
  address.base_ = std::move(path);
  return address;
}

std::string ModelAddress::path(ModelEndpoint endpoint) const {
  return base_ + std::string(path_of(endpoint));
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

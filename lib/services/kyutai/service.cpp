#include "services/kyutai/service.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted::kyutai {

using net::awaitable;

namespace {

std::string without_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string health_url_of(const net::Url& url, std::size_t path_size) {
  const std::string base = url.target.substr(0, url.target.size() - path_size);
  return (url.is_secure() ? "https://" : "http://") + url.authority() + base + "/api/build_info";
}

}  // namespace

Result<std::shared_ptr<const Service>> Service::create(KyutaiOptions options, Kind kind, Metrics& metrics) {
  auto url = net::parse_url(options.url);
  if (!url) return tl::unexpected(url.error());
  const bool web_socket = url->scheme == "ws" || url->scheme == "wss";
  if (!web_socket || url->target.find('?') != std::string::npos) {
    return fail("invalid_url",
                "Expected ws:// or wss://, host and port of a speech server: " + printable(options.url));
  }
  const auto unfit = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::any_of(options.api_key.begin(), options.api_key.end(), unfit)) {
    return fail("invalid_configuration", std::string("The API key of the ") + kind.name +
                                             " service has a space or a line break in it");
  }
  url->target = without_slash(std::move(url->target)) + kind.path;
  net::HttpClientOptions client_options;
  client_options.tls = url->is_secure();
  client_options.ca_file = options.ca_file;
  client_options.names = options.names;
  client_options.connect_timeout = options.health_timeout;
  auto connector = net::Connector::create(client_options);
  if (!connector) return tl::unexpected(connector.error());
  auto client = net::HttpClient::create(std::move(client_options));
  if (!client) return tl::unexpected(client.error());
  return std::shared_ptr<const Service>(new Service(std::move(options), kind, std::move(*url),
                                                    std::move(*connector), std::move(*client), metrics));
}

Service::Service(KyutaiOptions the_options, Kind the_kind, net::Url the_url,
                 std::shared_ptr<net::Connector> the_connector, net::HttpClient client, Metrics& the_metrics)
    : options(std::move(the_options)),
      kind(the_kind),
      url(std::move(the_url)),
      connector(std::move(the_connector)),
      metrics(the_metrics),
      client_(std::move(client)),
      health_url_(health_url_of(url, std::string(kind.path).size())) {}

Error Service::error_of(const std::string& code, const std::string& what, const std::string& cause) const {
  const std::string at = url.scheme + "://" + url.authority();
  return {code,
          std::string("The ") + kind.name + " service at " + at + " " + what + ": " + without_key(cause), ""};
}

std::string Service::without_key(std::string text) const {
  const std::string& key = options.api_key;
  for (std::size_t at = 0; !key.empty() && (at = text.find(key, at)) != std::string::npos;) {
    text.replace(at, key.size(), "…");
  }
  return text;
}

Error Service::unavailable(const std::string& cause) const {
  return error_of("service_unavailable", "is not available", cause);
}

Error Service::error(const Miss& miss) const {
  if (miss.kind == Miss::Kind::full) return error_of("service_at_capacity", "is at capacity", miss.cause);
  return unavailable(miss.cause);
}

awaitable<bool> Service::up(std::shared_ptr<const Service> self) {
  net::HttpClientRequest request;
  request.url = self->health_url_;
  request.headers.emplace_back("kyutai-api-key", self->options.api_key);
  request.idle_timeout = self->options.health_timeout;
  request.total_timeout = self->options.health_timeout;
  const auto response = co_await self->client_.fetch(std::move(request));
  co_return response && response->status == 200;
}

}  // namespace unmuted::kyutai

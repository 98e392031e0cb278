// The files of the web page: built in, or of a folder.
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "characters/files/system_failure.hpp"
#include "core/utf8.hpp"
#include "net/entity_tag.hpp"
#include "net/offload.hpp"
#include "net/url.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "server/routes.hpp"
#include "server/web_files.hpp"

namespace unmuted {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;

namespace {

/// The WebSockets of the host that was asked, as sources of a policy, each behind a space. To a browser of
/// today 'self' says as much; to Safari before 15.4 it does not. What is no name that a policy could have in
/// it, as an IPv6 address, is left out.
std::string own_web_sockets(const std::string& host) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
  const auto asked = net::parse_authority(host);
  if (!asked || asked->host.find_first_not_of(allowed) != std::string::npos) return {};
  const std::string name = asked->host + (asked->port.empty() ? "" : ":" + asked->port);
  return " ws://" + name + " wss://" + name;
}

/// The page brings all that it needs, and runs nothing that is not a file of its own.
std::string security_policy(const std::string& host) {
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'" +
         own_web_sockets(host) +
         "; worker-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
         "form-action 'none'; frame-ancestors 'none'";
}

HttpResponse answer(const HttpRequest& request, const WebFile& file) {
  HttpResponse response;
  response.headers = {{"ETag", file.entity_tag},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", security_policy(request.host)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Permissions-Policy", "microphone=(self), camera=(), geolocation=()"},
                      {"Cross-Origin-Opener-Policy", "same-origin"}};
  if (net::names_entity_tag(request.list("If-None-Match"), file.entity_tag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  response.content_type = file.media_type;
  response.shared_body = file.bytes;
  return response;
}

/// Relative addresses in a page count from the folder that its path names; a slash at the end would make that
/// another one.
HttpResponse without_slash(const HttpRequest& request, std::string_view path) {
  HttpResponse response;
  response.status = 308;
  response.content_type.clear();
  const std::string query = request.query.empty() ? "" : "?" + request.query;
  response.headers = {{"Location", ".." + std::string(path.substr(path.rfind('/'))) + query}};
  return response;
}

HttpResponse cannot_read(const HttpRequest& request, const std::string& name, int error) {
  if (error == EFBIG) {
    return http_error(500, name + ": it has more than " + std::to_string(max_web_file >> 20U) + " MiB");
  }
  if (is_system_failure(error) || error == EACCES) {
    return http_error(500, name + " cannot be read: " + std::generic_category().message(error));
  }
  return not_found(request);
}

}  // namespace

namespace handlers {

awaitable<HttpResponse> web_file(const HttpRequest& request, ServerContext& context) {
  const std::string_view path = canonical_path(request.path);
  const auto name = web_file_name(path);
  if (!name) co_return not_found(request);
  if (path != "/" && request.path.ends_with('/')) co_return without_slash(request, path);
  if (context.config.web.empty()) {
    const WebFile* file = built_in_web_file(*name);
    if (file == nullptr) co_return not_found(request);
    co_return answer(request, *file);
  }
  net::PoolCall call;
  auto job = [folder = context.config.web, name = *name] { return read_web_file(folder, name); };
  const auto file = co_await net::offload(context.chores, call, std::move(job));
  if (!file) co_return http_error(503, "The server is too busy; try again");
  if (!*file) co_return cannot_read(request, *name, file->error());
  co_return answer(request, **file);
}

}  // namespace handlers
}  // namespace unmuted

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>

#include "core/utf8.hpp"
#include "net/multipart.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "server/routes.hpp"
#include "services/voice_cloning.hpp"

namespace unmuted {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view upload_field = "file";

unsigned status_of_failure(const Error& error) {
  if (error.code == "recording_refused") return 400;
  if (error.code == "service_at_capacity") return 503;
  return error.code == "timed_out" ? 504 : 502;
}

/// The bytes that were uploaded, which lie in the request's body, or what is wrong with it.
tl::expected<std::string_view, HttpResponse> uploaded(const HttpRequest& request) {
  const auto form = net::read_form(request.header("Content-Type").value_or(""), request.body);
  if (!form) return tl::unexpected(http_error(400, form.error()));
  const net::FormPart* file = nullptr;
  for (const net::FormPart& part : *form) {
    if (part.name != upload_field) continue;
    if (file != nullptr) return tl::unexpected(http_error(400, "file: expected one, got several"));
    file = &part;
  }
  if (file == nullptr) return tl::unexpected(http_error(400, "file: the form has no such field"));
  if (file->content.empty()) return tl::unexpected(http_error(400, "file: it is empty"));
  if (file->content.size() > max_upload) return tl::unexpected(too_large_an_upload());
  return file->content;
}

}  // namespace

net::awaitable<HttpResponse> handlers::clone_voice(const HttpRequest& request, ServerContext& context) {
  const auto file = uploaded(request);
  if (!file) co_return file.error();
  std::string recording(*file);
  const auto name = co_await context.environment.voice_cloning->clone(std::move(recording));
  if (name) co_return json_response(200, {{"name", *name}});
  const Error& error = name.error();
  context.log->warn("voice_not_cloned code={} error={}", error.code, printable(error.message));
  co_return http_error(status_of_failure(error), error.message);
}

}  // namespace unmuted

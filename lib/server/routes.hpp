#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include <tl/expected.hpp>

#include "net/http.hpp"
#include "server/access.hpp"

namespace unmuted {

struct Config;
struct ServerContext;
struct Upgrade;

/// Answers a request that has been read with its body. What blocks runs on the pool. The request and the
/// context outlive the answer.
using AnswerHandler = net::awaitable<net::HttpResponse> (*)(const net::HttpRequest&, ServerContext&);

/// Takes over the connection of a WebSocket upgrade, which has not been answered yet, to its end.
using UpgradeHandler = net::awaitable<void> (*)(Upgrade, ServerContext&);

using Handler = std::variant<AnswerHandler, UpgradeHandler>;

inline constexpr std::size_t max_small_body = 64U << 10U;  ///< bytes; of every request but uploads
inline constexpr std::size_t max_upload = 4U << 20U;       ///< bytes; of the file

/// What becomes of a request that is not refused.
struct Admission {
  Handler handler;
  std::size_t max_body = max_small_body;  ///< bytes
};

/// The one spelling of a request's path: a production build of Unmute's page asks beneath /api, and a slash
/// at the end means nothing. A part of `path`, or "/".
std::string_view canonical_path(std::string_view path);

/// Who handles the request, or why it is refused: judged by its head alone, so that a body which nobody wants
/// need not be sent.
tl::expected<Admission, net::HttpResponse> judge(const net::HttpRequest& request, const Caller& caller,
                                                 const Config& config);

/// For an upload of more than max_upload.
net::HttpResponse too_large_an_upload();

}  // namespace unmuted

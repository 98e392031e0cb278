#pragma once

#include <variant>

#include <tl/expected.hpp>

#include "net/http.hpp"
#include "server/access.hpp"

namespace unmuted {

struct ServerContext;
struct Upgrade;

/// Answers a request that has been read with its body. What blocks runs on the pool. The request and the
/// context outlive the answer.
using AnswerHandler = net::awaitable<net::HttpResponse> (*)(const net::HttpRequest&, ServerContext&);

/// Takes over the connection of a WebSocket upgrade, which has not been answered yet, to its end.
using UpgradeHandler = net::awaitable<void> (*)(Upgrade, ServerContext&);

using Handler = std::variant<AnswerHandler, UpgradeHandler>;

/// Who handles the request, or why it is refused: judged by its head alone, so that a body which nobody wants
/// need not be sent.
tl::expected<Handler, net::HttpResponse> judge(const net::HttpRequest& request, const Caller& caller);

}  // namespace unmuted

#pragma once

#include <string>
#include <string_view>

#include "characters/character_manager.hpp"
#include "net/http.hpp"
#include "server/context.hpp"

namespace unmuted {

/// What a request can ask for.
enum class Endpoint {
  server_options,
  route_options,
  start_page,
  session,  ///< a WebSocket upgrade
  health,
  voices,
  metrics,
  readiness,
  reload_default
};

/// What the request asks for, or why it is refused: judged by its head alone, so that a body which nobody
/// wants need not be sent.
tl::expected<Endpoint, net::HttpResponse> judge(const ServerContext& context, const net::HttpRequest& request,
                                                const Peer& peer);

/// Answers one HTTP request: the routes of docs/protocol.md. What blocks runs on the pool. `endpoint` is none
/// of those that begin a session.
net::awaitable<net::HttpResponse> answer(ServerContext& context, Endpoint endpoint, net::HttpRequest request);

/// `{"detail": …}` with that status.
net::HttpResponse http_error(unsigned status, std::string_view detail);

/// Adds the CORS headers that the page which made the request is due. When it is not admitted, the browser
/// will not say why: the log does.
void add_cors_headers(ServerContext& context, const net::HttpRequest& request, net::HttpResponse& response);

/// Loads `directory` and makes it the server's default cast. Blocks: for the pool. Nothing changes on
/// failure.
tl::expected<CharacterSetPtr, ReloadFailure> replace_default(ServerContext& context,
                                                             const std::string& directory);

/// The metrics as text. Blocks for milliseconds when there are many sessions: for the pool.
std::string metrics_text(const SessionEnvironment& environment);

}  // namespace unmuted

#pragma once

#include <string>
#include <string_view>

#include "characters/character_manager.hpp"
#include "net/http.hpp"
#include "server/context.hpp"

namespace unmuted {

/// Answers one HTTP request that is no WebSocket upgrade: the routes of docs/protocol.md. What blocks runs on
/// the pool. `from_loopback`: the peer is on this machine.
net::awaitable<net::HttpResponse> answer(ServerContext& context, net::HttpRequest request,
                                         bool from_loopback);

/// `{"detail": …}` with that status.
net::HttpResponse http_error(unsigned status, std::string_view detail);

/// Adds the CORS headers that this request's origin is due.
void add_cors_headers(const ServerContext& context, const net::HttpRequest& request,
                      net::HttpResponse& response);

/// Loads `directory` and makes it the server's default cast. Blocks: for the pool. Nothing changes on
/// failure.
tl::expected<CharacterSetPtr, ReloadFailure> replace_default(const SessionEnvironment& environment,
                                                             const std::string& directory);

/// The metrics as text. Blocks for milliseconds when there are many sessions: for the pool.
std::string metrics_text(const SessionEnvironment& environment);

}  // namespace unmuted

#pragma once

#include "net/http.hpp"
#include "server/access.hpp"
#include "server/connection_registry.hpp"

namespace unmuted {

struct ServerContext;

/// A connection whose client wants a WebSocket: the request has been judged and not been answered.
struct Upgrade {
  net::HttpServerStream stream;
  net::HttpRequest request;
  Caller caller;
  ConnectionRegistry::Place place;
};

/// UpgradeHandler of /v1/realtime: makes a session of the connection, on the network thread that has the
/// fewest, where it goes on by itself. When there is no place for it, tells the client why.
net::awaitable<void> begin_session(Upgrade upgrade, ServerContext& context);

}  // namespace unmuted

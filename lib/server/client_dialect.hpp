#pragma once

#include <memory>
#include <string>

#include "events/dialect.hpp"
#include "net/http.hpp"

namespace unmuted {

class ClientSecrets;

/// "realtime" where it is among the subprotocols that the client offers, else none: never one that is a key.
std::string chosen_subprotocol(const net::HttpRequest& request);

/// The dialect of a client by its way to connect: OpenAI's where it names a model, an intent or a key, or
/// offers a subprotocol of OpenAI's; else that of its first event.
std::shared_ptr<events::Dialect> dialect_for(const net::HttpRequest& request, const ClientSecrets& secrets);

}  // namespace unmuted

#pragma once

#include <string>

#include "net/http.hpp"

namespace unmuted {

struct ServerContext;
struct SessionEnvironment;

/// The routes of docs/protocol.md that are answered by HTTP: each is an AnswerHandler in the table of
/// routes.cpp.
namespace handlers {

net::awaitable<net::HttpResponse> web_file(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> voices(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> models(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> client_secret(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> health(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> readiness(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> metrics(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> clone_voice(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> reload_default(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> inspect_cast(const net::HttpRequest& request, ServerContext& context);
net::awaitable<net::HttpResponse> inspect_character(const net::HttpRequest& request, ServerContext& context);

}  // namespace handlers

/// The metrics as text. Blocks for milliseconds when there are many sessions: for the pool.
std::string metrics_text(const SessionEnvironment& environment);

}  // namespace unmuted

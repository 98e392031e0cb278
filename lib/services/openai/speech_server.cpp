#include "services/openai/speech_server.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

namespace unmuted::openai {

using net::awaitable;

Result<std::shared_ptr<SpeechServer>> SpeechServer::create(Role role, OpenAiServerOptions options) {
  auto server = OpenAiServer::create(std::move(role), std::move(options));
  if (!server) return tl::unexpected(server.error());
  return std::shared_ptr<SpeechServer>(new SpeechServer(std::move(*server)));
}

Refused SpeechServer::refused_parameters() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void SpeechServer::learn(const Refused& parameters, const std::string& said) {
  for (const std::string& parameter : parameters) {
    bool is_new = false;
    {
      const std::lock_guard lock(mutex_);
      is_new = refused_.insert(parameter).second;
    }
    if (!is_new || !options().log) continue;
    options().log->warn("speech server at {} refuses {}: it is asked without from now on; it said: {}",
                        address().shown(), parameter, without_key(said));
  }
}

awaitable<bool> answers(std::shared_ptr<SpeechServer> server) {
  const auto timeout = server->options().health_timeout;
  auto request = server->request(ModelEndpoint::models, timeout);
  request.total_timeout = timeout;
  const auto executor = co_await net::asio::this_coro::executor;
  net::HttpExchange exchange = server->client().start(executor, std::move(request));
  const auto response = co_await exchange.open();
  if (!response || response->status >= 500) co_return false;
  exchange.finish(rest_patience);
  co_return true;
}

}  // namespace unmuted::openai

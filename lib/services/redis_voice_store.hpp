#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/redis_client.hpp"
#include "services/voice_store.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

/// In a Redis server, which several servers share; under the keys of Unmute's own backend, so that those may
/// be among them: `voice:` before the name.
class RedisVoiceStore final : public VoiceStore {
 public:
  RedisVoiceStore(net::RedisClient redis, std::shared_ptr<spdlog::logger> log);

  net::awaitable<Result<void>> put(std::string name, std::string voice) override;
  net::awaitable<std::optional<std::string>> get(std::string name) override;
  net::awaitable<bool> up() override;

 private:
  net::RedisClient redis_;
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace unmuted

#include "services/redis_voice_store.hpp"

#include <utility>

#include <spdlog/logger.h>

namespace unmuted {

using net::awaitable;

namespace {

constexpr std::chrono::seconds redis_patience{3};
constexpr std::chrono::seconds redis_health_patience{2};

std::string key_of(const std::string& name) {
  return "voice:" + name;
}

}  // namespace

RedisVoiceStore::RedisVoiceStore(net::RedisClient redis, std::shared_ptr<spdlog::logger> log)
    : redis_(std::move(redis)), log_(std::move(log)) {}

awaitable<Result<void>> RedisVoiceStore::put(std::string name, std::string voice) {
  std::vector<std::string> command{"SETEX", key_of(name), std::to_string(lifetime.count()), std::move(voice)};
  const auto kept = co_await redis_.ask(std::move(command), redis_patience);
  if (kept) co_return Result<void>();
  co_return fail("service_unavailable", "The voice cannot be kept: " + kept.error().message);
}

awaitable<std::optional<std::string>> RedisVoiceStore::get(std::string name) {
  std::vector<std::string> command{"GET", key_of(name)};
  auto found = co_await redis_.ask(std::move(command), redis_patience);
  if (found) co_return std::move(*found);
  log_->warn("voice_not_read code={} error={}", found.error().code, found.error().message);
  co_return std::nullopt;
}

awaitable<bool> RedisVoiceStore::up() {
  std::vector<std::string> command{"PING"};
  const auto answer = co_await redis_.ask(std::move(command), redis_health_patience);
  co_return answer.has_value();
}

}  // namespace unmuted

#include "services/memory_voice_store.hpp"

#include <utility>

namespace unmuted {

void KeptVoices::put(std::string name, std::string voice, TimePoint now) {
  while (!ages_.empty() && (voices_.size() >= limits_.count || bytes_ + voice.size() > limits_.bytes))
    drop_oldest();
  bytes_ += voice.size();
  ages_.push_back({name, now + VoiceStore::lifetime});
  voices_.emplace(std::move(name), std::move(voice));
}

std::optional<std::string> KeptVoices::get(const std::string& name, TimePoint now) {
  while (!ages_.empty() && ages_.front().ends <= now) drop_oldest();
  const auto found = voices_.find(name);
  if (found == voices_.end()) return std::nullopt;
  return found->second;
}

void KeptVoices::drop_oldest() {
  const auto oldest = voices_.find(ages_.front().name);
  bytes_ -= oldest->second.size();
  voices_.erase(oldest);
  ages_.pop_front();
}

net::awaitable<Result<void>> MemoryVoiceStore::put(std::string name, std::string voice) {
  const std::lock_guard lock(mutex_);
  voices_.put(std::move(name), std::move(voice), Clock::now());
  co_return Result<void>();
}

net::awaitable<std::optional<std::string>> MemoryVoiceStore::get(std::string name) {
  const std::lock_guard lock(mutex_);
  co_return voices_.get(name, Clock::now());
}

}  // namespace unmuted

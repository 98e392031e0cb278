#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "services/voice_store.hpp"

namespace unmuted {

/// Voices by their names, for an hour each. When there is no room for a new one, the oldest goes. No clock:
/// time is a parameter, which never goes back.
class KeptVoices {
 public:
  struct Limits {
    std::size_t count = 1'000;
    std::size_t bytes = 256U << 20U;
  };

  explicit KeptVoices(const Limits& limits) : limits_(limits) {}

  /// `name` is a new one, and `voice` fits in.
  void put(std::string name, std::string voice, TimePoint now);
  [[nodiscard]] std::optional<std::string> get(const std::string& name, TimePoint now);

  [[nodiscard]] std::size_t count() const { return voices_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Age {
    std::string name;
    TimePoint ends;
  };

  void drop_oldest();

  const Limits limits_;
  std::map<std::string, std::string> voices_;
  std::deque<Age> ages_;  ///< the oldest first
  std::size_t bytes_ = 0;
};

/// In this process: the voices end with it, and no other server knows them.
class MemoryVoiceStore final : public VoiceStore {
 public:
  explicit MemoryVoiceStore(const KeptVoices::Limits& limits = {}) : voices_(limits) {}

  net::awaitable<Result<void>> put(std::string name, std::string voice) override;
  net::awaitable<std::optional<std::string>> get(std::string name) override;
  net::awaitable<bool> up() override { co_return true; }

 private:
  std::mutex mutex_;
  KeptVoices voices_;
};

}  // namespace unmuted

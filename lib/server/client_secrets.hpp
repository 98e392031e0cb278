#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace unmuted {

/// Keys that live for minutes, so that a page can begin the session that somebody else has agreed on for it.
/// Past max_bytes the oldest goes. Any thread.
class ClientSecrets {
 public:
  using Time = std::chrono::system_clock::time_point;

  static constexpr std::string_view prefix = "ek_";
  static constexpr std::size_t max_bytes = 8U << 20U;  ///< of all their sessions
  static constexpr std::size_t max_keys = 4'096;

  /// A new key, which stands for the session object until it expires.
  std::string issue(const nlohmann::json& session, Time expires, Time now);
  /// The session that it stands for; nothing when there is no such key, or not any more.
  [[nodiscard]] std::optional<nlohmann::json> session_of(std::string_view key, Time now) const;

 private:
  struct Secret {
    std::string key;
    std::string session;
    Time expires;
  };

  mutable std::mutex mutex_;
  std::deque<Secret> secrets_;
  std::size_t bytes_ = 0;
};

}  // namespace unmuted

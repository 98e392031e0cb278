#pragma once

#include <chrono>
#include <cstddef>
#include <ratio>

#include "core/clock.hpp"
#include "core/rate_limit.hpp"

namespace unmuted {

/// How much a client may send: so many bytes a second in the long run, and a burst at once. Speech needs a
/// twentieth of it. Past it the client is not cut off but read more slowly, so that it costs the others
/// nothing. No clock: time is a parameter.
class InputBudget {
 public:
  static constexpr std::size_t bytes_per_second = 1U << 20U;
  static constexpr std::size_t burst = 4U << 20U;         ///< bytes
  static constexpr std::size_t message_cost = 1U << 10U;  ///< bytes that a message counts beside its own
  static constexpr std::size_t piece_cost = 256;          ///< bytes that each further piece of it counts
  static constexpr std::chrono::seconds between_words{10};

  /// Counts a message that has been read, in so many pieces. Whether it is time to tell the client that it is
  /// read more slowly: not at every message.
  [[nodiscard]] bool spend(std::size_t bytes, std::size_t pieces, TimePoint now) {
    limit_.spend(time_for(bytes + message_cost + piece_cost * (pieces - 1)), now);
    if (ready_at() <= now || now < silent_until_) return false;
    silent_until_ = now + between_words;
    return true;
  }

  /// When the next message may be read; mostly in the past.
  [[nodiscard]] TimePoint ready_at() const { return limit_.ready_at(); }

 private:
  static constexpr Duration time_for(std::size_t bytes) {
    using Bytes = std::chrono::duration<std::size_t, std::ratio<1, bytes_per_second>>;
    return std::chrono::duration_cast<Duration>(Bytes(bytes));
  }

  RateLimit limit_{time_for(burst)};
  TimePoint silent_until_{};
};

}  // namespace unmuted

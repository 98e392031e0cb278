#pragma once

#include <cstddef>
#include <optional>

#include "core/clock.hpp"

namespace unmuted {

/// How fast words go to a web page. A script's reply is there as a whole, dozens of events at once; a page
/// that renders anew for each of them stands still meanwhile. No clock; one thread.
class PagePace {
 public:
  static constexpr std::size_t words_at_once = 4;
  static constexpr Duration pause = std::chrono::milliseconds(16);  ///< about a frame of the screen

  /// When the next word may go; nothing: now.
  [[nodiscard]] std::optional<TimePoint> due(TimePoint now) const {
    if (sent_ < words_at_once || now >= begun_ + pause) return std::nullopt;
    return begun_ + pause;
  }

  void sent(TimePoint now) {
    if (now >= begun_ + pause) {
      begun_ = now;
      sent_ = 0;
    }
    ++sent_;
  }

 private:
  TimePoint begun_{};  ///< of the present pause
  std::size_t sent_ = 0;
};

}  // namespace unmuted

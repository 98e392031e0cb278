#pragma once

#include <optional>

#include "core/clock.hpp"
#include "services/refusal.hpp"

namespace unmuted {

struct OpenAiServerOptions;

/// When a request is tried again that a server has refused for now: one that is full five times in all, one
/// that is loading its model for as long as the patience lasts. Without I/O or clock.
class RetrySchedule {
 public:
  /// `now`: when the first try begins. The options outlive it.
  RetrySchedule(const OpenAiServerOptions& options, TimePoint now);

  /// How long to wait before the next try; nothing: there is none.
  std::optional<Duration> pause_after(const Refusal& refusal, TimePoint now);

  /// Until the first byte of a reply must have come.
  [[nodiscard]] Duration patience_left(TimePoint now) const { return patience_end_ - now; }
  /// Of the last try at which the server was still loading its model.
  [[nodiscard]] const std::optional<Refusal>& loading() const { return loading_; }

 private:
  std::optional<Duration> pause_while_full(Duration asked_for);
  Duration pause_while_loading(Duration asked_for, TimePoint now);

  TimePoint patience_end_;
  int capacity_tries_ = 1;
  Duration capacity_pause_;
  Duration loading_pause_;
  std::optional<Refusal> loading_;
};

}  // namespace unmuted

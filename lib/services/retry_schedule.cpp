#include "services/retry_schedule.hpp"

#include <algorithm>
#include <chrono>

#include "services/openai_server.hpp"

namespace unmuted {
namespace {

using std::chrono::milliseconds;

constexpr int capacity_tries = 5;
constexpr milliseconds longest_capacity_pause{2'000};  ///< that a server may ask for
constexpr milliseconds longest_loading_pause{10'000};

}  // namespace

RetrySchedule::RetrySchedule(const OpenAiServerOptions& options, TimePoint now)
    : patience_end_(now + options.patience),
      capacity_pause_(options.capacity_pause),
      loading_pause_(options.loading_pause) {}

std::optional<Duration> RetrySchedule::pause_after(const Refusal& refusal, TimePoint now) {
  const Duration asked_for = refusal.retry_after.value_or(milliseconds(0));
  switch (refusal.kind) {
    case Refusal::Kind::other:
      return std::nullopt;
    case Refusal::Kind::full:
      return pause_while_full(asked_for);
    case Refusal::Kind::loading:
      if (patience_left(now) <= Duration(0)) return std::nullopt;
      loading_ = refusal;
      return pause_while_loading(asked_for, now);
  }
  return std::nullopt;
}

std::optional<Duration> RetrySchedule::pause_while_full(Duration asked_for) {
  if (capacity_tries_ == capacity_tries) return std::nullopt;
  ++capacity_tries_;
  const bool small = asked_for <= longest_capacity_pause;
  const Duration pause = small ? std::max(capacity_pause_, asked_for) : capacity_pause_;
  capacity_pause_ = capacity_pause_ * 3 / 2;
  return pause;
}

Duration RetrySchedule::pause_while_loading(Duration asked_for, TimePoint now) {
  const Duration pause = std::min<Duration>(std::max(loading_pause_, asked_for), longest_loading_pause);
  loading_pause_ = loading_pause_ * 3 / 2;
  return std::min(pause, patience_left(now));
}

}  // namespace unmuted

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "conversation/silent_reading.hpp"
#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "session/speaker.hpp"

namespace unmuted {

/// Speaks without a voice: a SilentReading by the clock.
class SilentSpeaker final : public Speaker {
 public:
  SilentSpeaker(const net::asio::any_io_executor& executor, unsigned words_per_minute);

  void say(TurnId turn, std::string_view word) override;
  void take_back(TurnId turn, std::size_t words) override;
  void complete(TurnId turn) override;
  void stop(TurnId turn) override;
  void hold() override {}
  void go_on() override {}
  std::optional<Spoken> take() override;
  net::awaitable<void> run() override;
  net::awaitable<void> wait() override;
  void shut_down() override;

 private:
  void wake_if_sooner();

  SilentReading reading_;
  TimePoint wakes_at_ = TimePoint::max();  ///< when wait() returns by itself
  net::Signal sooner_;
  bool shut_down_ = false;
};

}  // namespace unmuted

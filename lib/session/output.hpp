#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "events/dialect.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "session/environment.hpp"
#include "session/outbox.hpp"
#include "session/page_pace.hpp"
#include "session/peer.hpp"

namespace unmuted {

class Recorder;

/// All that a session says, on its way to the network: written in the client's dialect, and waiting in order.
/// It also knows when a client does not read. On the session's thread.
class Output {
 public:
  /// `environment` outlives it, as does `recorder`, which gets all frames; null: nobody does.
  Output(const net::asio::any_io_executor& executor, const SessionEnvironment& environment, Peer peer,
         std::shared_ptr<events::Dialect> dialect, Recorder* recorder = nullptr);

  /// `answers`: the id of the client's request that it answers, if any.
  void tell(const events::Notice& notice, std::string_view answers = {});
  /// What is written already.
  void send(std::vector<std::string> frames);

  // What is measured of spoken turns: how long it takes until the sound that was told last is handed to the
  // network, and until no more of it waits.
  void sound_came_at(TimePoint time) { sound_came_at_ = time; }
  void silence_wanted_at(TimePoint time);

  /// Whether no more should be said for now, and nothing done that makes something be said.
  [[nodiscard]] bool full() const { return outbox_.full(); }
  /// Returns when there is room, or at the end.
  net::awaitable<void> room();

  /// The next frame to send; waits for it. The last one is a CloseFrame: do not ask again.
  net::awaitable<Outbox::Frame> next_frame();

  /// Returns when the client does not read: when the outbox has been full for too long, or one frame has been
  /// under way for too long – a moment only, while all outboxes together hold nearly as much as they may. Or
  /// at the end.
  net::awaitable<void> watch_slow_reader();

  /// When something was said last.
  [[nodiscard]] TimePoint spoke_at() const { return spoke_at_; }
  [[nodiscard]] std::size_t waiting_bytes() const { return outbox_.bytes() + outbox_.under_way(); }
  [[nodiscard]] const std::shared_ptr<events::Dialect>& dialect() const { return dialect_; }

  /// The last frame, after all that was said. What is said later is dropped, as is a second close.
  void close(CloseFrame frame);
  /// The same, instead of what waits.
  void discard_and_close(CloseFrame frame);
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void push(std::string frame, Outbox::Kind kind);
  [[nodiscard]] Duration patience_with_reader() const;
  void measure(std::size_t sounds_before);

  const SessionEnvironment& environment_;
  const Peer peer_;
  std::shared_ptr<events::Dialect> dialect_;
  Recorder* const recorder_;
  std::vector<std::string> frames_;  ///< of the present notice
  Outbox outbox_;
  bool closed_ = false;
  net::Signal changed_;
  std::optional<TimePoint>
      sending_since_;  ///< of the frame that next_frame() gave last, until it is asked again
  PagePace page_pace_;
  net::Signal page_waits_;    ///< of next_frame(), for the pace of a page
  net::Signal reader_watch_;  ///< of watch_slow_reader()
  TimePoint spoke_at_ = Clock::now();
  std::optional<TimePoint> sound_came_at_, silence_wanted_at_;
};

}  // namespace unmuted

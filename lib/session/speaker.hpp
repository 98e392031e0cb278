#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "conversation/spoken.hpp"
#include "core/turn_id.hpp"
#include "net/asio.hpp"

namespace unmuted {

/// Who speaks the words of a session's replies, one reply at a time: the first that is said of another takes
/// the place of the one before. Used on the session's thread only. It knows nobody: take() gives what it has
/// to report.
class Speaker {
 public:
  virtual ~Speaker() = default;

  /// The next word of the reply, with the white space before it.
  virtual void say(TurnId turn, std::string_view word) = 0;
  /// Of the words of the reply that have not been taken as spoken, the last ones shall not be. Others follow.
  virtual void take_back(TurnId turn, std::size_t words) = 0;
  /// No more words of the reply follow. It is reported when they have been spoken, at once where none waits.
  virtual void complete(TurnId turn) = 0;
  /// The reply has ended: nothing more of it is spoken or reported.
  virtual void stop(TurnId turn) = 0;

  /// Nothing more is spoken until it goes on, from where it was; a reply that ends meanwhile does not. Words
  /// that are not heard but read go on.
  virtual void hold() = 0;
  virtual void go_on() = 0;

  /// What has been spoken by now, one thing a call, nothing when that is all: words in their order, of those
  /// only that were said and not taken back, and once after complete() the end of the utterance, which stands
  /// for the words that were not reported; with a voice also its sound, when it is to be sent, and in place
  /// of the end a failure. Call it until it gives nothing.
  virtual std::optional<Spoken> take() = 0;

  /// What it does by itself, beside whoever waits, until shut_down(). Run once; it is not cancelled and does
  /// not throw.
  virtual net::awaitable<void> run() = 0;
  /// Returns when take() may have something, and after shut_down(). One coroutine waits. It is not cancelled
  /// and does not throw.
  virtual net::awaitable<void> wait() = 0;
  /// The session has ended: run() and wait() return, now and always.
  virtual void shut_down() = 0;
};

}  // namespace unmuted

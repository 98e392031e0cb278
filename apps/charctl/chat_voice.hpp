#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <variant>

#include "audio/pcm.hpp"
#include "events/notice.hpp"
#include "events/request.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "sound_input.hpp"
#include "sound_output.hpp"

namespace unmuted::charctl {

class ChatScreen;

/// The sound of a conversation at a terminal, both ways: plays what a session says, and gives it what the
/// user says. A failure is told once; the conversation goes on in writing. On the loop's thread.
class ChatVoice {
 public:
  /// `screen` lives longer. `input`: null where nobody listens.
  ChatVoice(const net::asio::any_io_executor& executor, ChatScreen& screen,
            std::unique_ptr<SoundOutput> output, std::unique_ptr<SoundInput> input);

  /// What the session says, of which it plays the sound. A reply that was cut off is silent at once.
  void hear(const events::Notice& notice);

  /// Plays, until shut_down().
  net::awaitable<void> run_output();
  /// Gives what the user says as a stream of Ogg Opus, until there is no more or shut_down().
  net::awaitable<void> run_input(std::function<void(events::AppendAudio)> give);

  /// Returns when nothing is left to be heard; and when the user has said all there is.
  net::awaitable<void> all_heard();
  net::awaitable<void> all_said();

  /// Whether something could not be played or recorded, which the user was told.
  [[nodiscard]] bool failed() const { return failed_; }

  /// Silence; all of the above return, now and always.
  void shut_down();

 private:
  struct ReplyOver {};

  void silence();
  void complain(const Error& error);

  ChatScreen& screen_;
  std::unique_ptr<SoundOutput> output_;  ///< null: it has failed
  std::unique_ptr<SoundInput> input_;
  std::deque<std::variant<audio::Samples, ReplyOver>> waiting_;
  bool playing_ = false;  ///< something of what was waiting
  bool saying_;           ///< more of the user's may come
  bool failed_ = false;
  bool shut_down_ = false;
  net::Signal wanted_;   ///< something waits to be played, or the end
  net::Signal changed_;  ///< of all_heard() and all_said()
};

}  // namespace unmuted::charctl

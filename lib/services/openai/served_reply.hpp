#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/clauses.hpp"
#include "services/openai/clause_sound.hpp"
#include "services/openai/speech_call.hpp"
#include "services/openai/speech_server.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::openai {

/// One reply that a speech server speaks, a request a clause, from its first word to its last event. Lives on
/// the thread of its executor; owned by its stream and by the coroutines under way: the stream may be
/// destroyed meanwhile.
///
/// The requests follow each other ahead of what is heard: one is sent, and read from, while less than
/// `enough_waits` of sound has not been asked for.
class ServedReply {
 public:
  static constexpr std::size_t enough_waits = 5 * audio::sample_rate;      ///< samples
  static constexpr std::size_t longest_reply = 600U * audio::sample_rate;  ///< samples

  ServedReply(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server, std::string voice);

  /// As those of SpeechStream. The first next() begins to ask the server.
  void say(std::string_view word);
  void complete();
  void abort();
  static net::awaitable<SpeechEvent> next(std::shared_ptr<ServedReply> self);

 private:
  static net::awaitable<void> fetch(std::shared_ptr<ServedReply> self);
  net::awaitable<Result<void>> fetch_all();
  net::awaitable<std::optional<Clause>> next_clause();
  net::awaitable<Result<void>> fetch_clause(Clause clause);
  net::awaitable<Result<void>> fetch_sound(std::string text);
  net::awaitable<void> wait_for_room();
  Result<void> add(const audio::Samples& samples);

  std::optional<SpeechEvent> take();
  [[nodiscard]] std::size_t waiting() const;

  net::asio::any_io_executor executor_;
  std::shared_ptr<SpeechServer> server_;
  const std::string voice_;

  Clauses clauses_;
  net::Signal wanted_;  ///< for the fetching: a word was said, or some sound taken
  net::Signal came_;    ///< for next(): some sound, or the end
  std::optional<SpeechCall> call_;
  std::deque<ClauseSound> sounds_;  ///< the last is the one that is being fetched
  double pace_;                     ///< samples a letter, as of the last clause that was complete
  std::size_t samples_ = 0;         ///< fetched of the whole reply
  bool begun_ = false;              ///< the fetching
  bool fetched_ = false;            ///< it has ended
  std::optional<Error> failure_;    ///< with which it has
  bool over_ = false;               ///< the last event has been given, or it was aborted
};

}  // namespace unmuted::openai

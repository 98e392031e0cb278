#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "characters/embedded_voice.hpp"
#include "core/worker_pool.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "services/clauses.hpp"
#include "services/embedded/embedded_speech.hpp"
#include "services/embedded/sound.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::embedded {

/// One reply, from its first word to its last event. Lives on the thread of its executor; owned by its stream
/// and by the coroutine under way: the stream may be destroyed meanwhile.
class SpokenReply {
 public:
  SpokenReply(const net::asio::any_io_executor& executor, std::shared_ptr<EmbeddedSpeech::Service> service,
              EmbeddedVoice voice);
  ~SpokenReply() { unwanted_.request_stop(); }
  SpokenReply(const SpokenReply&) = delete;
  SpokenReply& operator=(const SpokenReply&) = delete;

  /// As those of SpeechStream.
  void say(std::string_view word);
  void complete();
  void abort();
  static net::awaitable<SpeechEvent> next(std::shared_ptr<SpokenReply> self);

 private:
  net::awaitable<std::optional<Error>> speak(Clause clause);
  net::awaitable<Result<Sound>> synthesise(Clause clause);
  void give(const Clause& clause, const Sound& sound);
  void give_sound(const Sound& sound, std::size_t begin, std::size_t end);
  SpeechEvent end();
  SpeechEvent fail(Error error);

  std::shared_ptr<EmbeddedSpeech::Service> service_;
  const EmbeddedVoice voice_;
  WorkerPool::Share share_;
  net::PoolCall call_;
  net::Signal said_;  ///< a word was said, or the end
  std::stop_source unwanted_;
  Clauses clauses_;
  std::deque<SpeechEvent> events_;
  std::size_t samples_ = 0;  ///< given so far
  bool over_ = false;        ///< the last event has been given, or it was aborted
};

}  // namespace unmuted::embedded

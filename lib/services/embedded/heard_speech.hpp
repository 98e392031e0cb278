#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "audio/pcm.hpp"
#include "core/worker_pool.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "services/embedded/embedded_hearing.hpp"
#include "services/embedded/utterance.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted::embedded {

/// What one user says, from the first utterance to the last event. Lives on the thread of its executor; owned
/// by its stream and by the coroutine under way: the stream may be destroyed meanwhile.
class HeardSpeech : public std::enable_shared_from_this<HeardSpeech> {
 public:
  HeardSpeech(const net::asio::any_io_executor& executor, std::shared_ptr<EmbeddedHearing::Service> service,
              ListeningChoice choice);
  ~HeardSpeech() { unwanted_.request_stop(); }
  HeardSpeech(const HeardSpeech&) = delete;
  HeardSpeech& operator=(const HeardSpeech&) = delete;

  /// As those of HearingStream.
  void hear(std::span<const float> samples);
  void end_utterance();
  void abort();
  static net::awaitable<HearingEvent> next(std::shared_ptr<HeardSpeech> self);

 private:
  /// An utterance, of which the first in the line may be under way.
  struct Spoken {
    double start = 0;        ///< seconds of the stream
    std::size_t length = 0;  ///< samples by now, without those that are too many
    audio::Samples unheard;  ///< of them, what has not gone to the recogniser
    bool ended = false;
  };

  [[nodiscard]] bool has_work() const;
  net::awaitable<std::optional<Error>> work();
  audio::Samples take_sound();
  net::awaitable<std::optional<Error>> borrow_recogniser();
  net::awaitable<Result<std::vector<RecognisedWord>>> recognise(audio::Samples sound, bool is_last);
  void tell(const std::vector<RecognisedWord>& words);
  void fail(Error error);

  const net::asio::any_io_executor executor_;
  std::shared_ptr<EmbeddedHearing::Service> service_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  WorkerPool::Share share_;
  net::PoolCall call_;
  net::Signal changed_;  ///< something was heard or ended, or a recogniser may be free
  std::stop_source unwanted_;
  std::deque<Spoken> spoken_;
  std::size_t samples_ = 0;               ///< heard so far, in all
  std::size_t unheard_samples_ = 0;       ///< of all utterances
  std::shared_ptr<Utterance> utterance_;  ///< the first of `spoken_`, once it has a recogniser
  std::deque<HearingEvent> events_;
  std::optional<Error> over_;  ///< why, when it is
};

}  // namespace unmuted::embedded

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/worker_pool.hpp"
#include "services/embedded/espeak.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted {

/// Speaks with what the server has in itself: English with flite, in this process, all other languages with
/// espeak-ng, a program that is run clause by clause. Works in the pool's lane for speech, where each reply
/// has a share: as many clauses are made at once as that has threads.
///
/// A clause is made when next() has nothing left to give. So one clause waits at the most, which is some ten
/// seconds of sound.
class EmbeddedSpeech final : public TextToSpeech {
 public:
  struct Options {
    embedded::Espeak espeak{};
    std::size_t max_waiting = 64;                ///< clauses, of all replies
    std::chrono::milliseconds patience{10'000};  ///< until a clause is made
    std::chrono::seconds longest_reply{600};     ///< of sound
  };

  /// What its streams share.
  struct Service {
    WorkerPool& pool;
    const Options options;
    std::atomic<std::size_t> waiting = 0;  ///< clauses
  };

  /// `pool` outlives it and its streams.
  EmbeddedSpeech(WorkerPool& pool, Options options);

  /// A voice that is named wrongly is chosen as if it were not named. The streams fail with
  /// service_at_capacity when too many clauses wait, and with service_unavailable when espeak-ng cannot be
  /// run, the text is in a script that the voice cannot read, or the reply is too long.
  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor, VoiceChoice voice) override;

  /// Whether espeak-ng can be run; flite always can.
  net::awaitable<bool> up() override;

 private:
  std::shared_ptr<Service> service_;
};

}  // namespace unmuted

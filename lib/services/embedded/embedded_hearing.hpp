#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "core/worker_pool.hpp"
#include "services/embedded/recogniser_pool.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted {

/// Recognises English with what the server has in itself, pocketsphinx, in the pool's lane for hearing. An
/// utterance is recognised while it is spoken, and its words come some 100 ms after its end.
///
/// Sound is recognised while a next() waits. Of a vocabulary whole phrases are recognised, and well; what
/// else is said is free dictation, which is poor.
class EmbeddedHearing final : public SpeechToText {
 public:
  struct Options {
    embedded::SphinxModel model{};
    std::size_t recognisers = 4;  ///< as many utterances at a time; each takes 100 MB from its first use on
    std::chrono::milliseconds patience{10'000};  ///< until one is free, or what was heard is recognised
    std::chrono::seconds longest_utterance{30};  ///< of longer ones this is recognised
    std::chrono::seconds most_unrecognised{30};  ///< sound that a user may be ahead
    std::size_t most_utterances = 64;            ///< that a user may be ahead
  };

  /// What its streams share.
  struct Service {
    WorkerPool& pool;
    const Options options;
    const std::shared_ptr<embedded::RecogniserPool> recognisers;
  };

  /// `pool` outlives it and its streams.
  EmbeddedHearing(WorkerPool& pool, Options options);

  [[nodiscard]] bool hears_everything() const override { return false; }

  /// The streams fail with service_unavailable when the language is not English or the model is not there,
  /// and with service_at_capacity when others speak for too long, or recognition falls behind.
  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice choice) override;

  /// Whether the model is there.
  net::awaitable<bool> up() override;

 private:
  std::shared_ptr<Service> service_;
};

}  // namespace unmuted

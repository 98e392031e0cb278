#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "audio/resampler.hpp"
#include "core/result.hpp"
#include "services/embedded/recogniser_pool.hpp"

namespace unmuted::embedded {

/// An utterance that is being recognised, while it is spoken. Its calls block, and belong on the pool, one
/// at a time; it may be destroyed at any moment and anywhere.
class Utterance {
 public:
  Utterance(RecogniserPool::Loan loan, SphinxModel model, std::shared_ptr<const Vocabulary> vocabulary);

  /// The next of its sound, at 24 kHz. With the last of it, its words; before, none. Of an utterance that
  /// nobody wants any more, anything. Error: service_unavailable; it is over then.
  Result<std::vector<RecognisedWord>> hear(std::span<const float> sound, bool is_last,
                                           const std::stop_token& unwanted);

 private:
  Result<void> begin();

  RecogniserPool::Loan loan_;
  const SphinxModel model_;
  const std::shared_ptr<const Vocabulary> vocabulary_;
  audio::Resampler resampler_{audio::sample_rate, sphinx_rate};
  bool begun_ = false;
};

}  // namespace unmuted::embedded

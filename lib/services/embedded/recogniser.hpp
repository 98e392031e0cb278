#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "services/embedded/noise_floor.hpp"
#include "services/embedded/sphinx.hpp"

namespace unmuted::embedded {

/// Phrases that are likelier than others, as somebody writes them.
using Vocabulary = std::vector<std::string>;

/// Recognises one utterance after the other, of one user or another. Where there is a vocabulary, two
/// decoders hear it: one that knows English, and one that knows those phrases alone. Everything takes long,
/// so that it belongs on the pool; one thread at a time.
class Recogniser {
 public:
  /// Takes some 100 MB, and 0.6 s. Error: service_unavailable.
  static Result<std::unique_ptr<Recogniser>> load(SphinxModel model);

  /// The begin of an utterance. The vocabulary of the one before is kept, for the next of the same user.
  /// Error: service_unavailable.
  Result<void> begin(std::shared_ptr<const Vocabulary> vocabulary);
  void hear(std::span<const std::int16_t> samples);
  /// Its words. Takes some 100 ms.
  std::vector<RecognisedWord> end();

  /// Whether this one has that vocabulary already.
  [[nodiscard]] bool knows(const Vocabulary& vocabulary) const { return *vocabulary_ == vocabulary; }

 private:
  Recogniser(SphinxModel model, SphinxDecoder english)
      : model_(std::move(model)), english_(std::move(english)) {}
  Result<void> learn(std::shared_ptr<const Vocabulary> vocabulary);

  const SphinxModel model_;
  SphinxDecoder english_;
  std::shared_ptr<const Vocabulary> vocabulary_ = std::make_shared<const Vocabulary>();
  std::optional<SphinxDecoder> phrases_;  ///< nothing where the vocabulary has none that can be said
  NoiseFloor noise_;
};

/// Whether somebody has said one of the phrases rather than something else, by what both decoders make of the
/// same utterance.
bool is_of_vocabulary(const Hypothesis& phrase, const Hypothesis& english, bool noisy);

}  // namespace unmuted::embedded

#include "services/embedded/utterance.hpp"

#include <algorithm>
#include <utility>

#include "audio/pcm.hpp"

namespace unmuted::embedded {
namespace {

constexpr std::size_t at_once = audio::sample_rate / 5;  ///< samples, before it looks whether it is unwanted

}  // namespace

Utterance::Utterance(RecogniserPool::Loan loan, SphinxModel model,
                     std::shared_ptr<const Vocabulary> vocabulary)
    : loan_(std::move(loan)), model_(std::move(model)), vocabulary_(std::move(vocabulary)) {}

Result<std::vector<RecognisedWord>> Utterance::hear(std::span<const float> sound, bool is_last,
                                                    const std::stop_token& unwanted) {
  if (!std::exchange(begun_, true)) {
    if (auto begun = begin(); !begun) return tl::unexpected(begun.error());
  }
  while (!sound.empty()) {
    if (unwanted.stop_requested()) return {};
    const auto piece = sound.first(std::min(sound.size(), at_once));
    sound = sound.subspan(piece.size());
    loan_.recogniser->hear(audio::to_pcm16(resampler_.feed(piece)));
  }
  if (!is_last || unwanted.stop_requested()) return {};
  loan_.recogniser->hear(audio::to_pcm16(resampler_.finish()));
  return loan_.recogniser->end();
}

Result<void> Utterance::begin() {
  if (!loan_.recogniser) {
    auto loaded = Recogniser::load(model_);
    if (!loaded) return tl::unexpected(loaded.error());
    loan_.recogniser = std::move(*loaded);
  }
  return loan_.recogniser->begin(vocabulary_);
}

}  // namespace unmuted::embedded

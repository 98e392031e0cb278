#include "services/embedded/recogniser.hpp"

#include <algorithm>
#include <utility>

namespace unmuted::embedded {
namespace {

// Found by measuring phrases of games and other words and sentences, of three voices. A decoder that knows
// phrases alone stretches one over whatever is said, or takes most of that for silence.
constexpr double enough_better = 4;     ///< than the best English, a frame of words
constexpr double least_likeness = -35;  ///< see Hypothesis
constexpr double most_left_out = 0.25;  ///< of the frames in which there are English words
constexpr double never_too_much = 20;   ///< frames: the breath after a short word

}  // namespace

bool is_of_vocabulary(const Hypothesis& phrase, const Hypothesis& english, bool noisy) {
  if (phrase.words.empty() || phrase.likeness < least_likeness) return false;
  const double better = static_cast<double>(phrase.score) - static_cast<double>(english.score);
  // In noise there seem to be English words all the time, and they are of little use.
  if (noisy) return better >= 0;
  const int left_out = english.word_frames - phrase.word_frames;
  return better >= enough_better * phrase.word_frames &&
         left_out <= std::max(most_left_out * english.word_frames, never_too_much);
}

Result<std::unique_ptr<Recogniser>> Recogniser::load(SphinxModel model) {
  auto english = SphinxDecoder::of_english(model);
  if (!english) return tl::unexpected(english.error());
  return std::unique_ptr<Recogniser>(new Recogniser(std::move(model), std::move(*english)));
}

Result<void> Recogniser::learn(std::shared_ptr<const Vocabulary> vocabulary) {
  phrases_.reset();
  vocabulary_ = std::make_shared<const Vocabulary>();
  if (!vocabulary->empty()) {
    const Grammar grammar = make_grammar(*vocabulary, model_.dictionary());
    if (!grammar.phrases.empty()) {
      auto decoder = SphinxDecoder::of_grammar(model_, grammar);
      if (!decoder) return tl::unexpected(decoder.error());
      phrases_.emplace(std::move(*decoder));
    }
  }
  vocabulary_ = std::move(vocabulary);
  return {};
}

Result<void> Recogniser::begin(std::shared_ptr<const Vocabulary> vocabulary) {
  if (!knows(*vocabulary)) {
    if (auto learnt = learn(std::move(vocabulary)); !learnt) return learnt;
  }
  noise_ = {};
  english_.begin();
  if (phrases_) phrases_->begin();
  return {};
}

void Recogniser::hear(std::span<const std::int16_t> samples) {
  noise_.hear(samples);
  english_.hear(samples);
  if (phrases_) phrases_->hear(samples);
}

std::vector<RecognisedWord> Recogniser::end() {
  Hypothesis english = english_.end();
  if (!phrases_) return std::move(english.words);
  Hypothesis phrase = phrases_->end();
  const bool of_vocabulary = is_of_vocabulary(phrase, english, noise_.is_noisy());
  return std::move(of_vocabulary ? phrase.words : english.words);
}

}  // namespace unmuted::embedded

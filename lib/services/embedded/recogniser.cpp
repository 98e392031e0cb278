#include "services/embedded/recogniser.hpp"

#include <utility>

namespace unmuted::embedded {
namespace {

/// What a phrase must be to be taken for what was said: found by measuring phrases of games and other
/// sentences, of three voices.
struct Bounds {
  double better;    ///< than the best English, a frame: that has to pay for being about everything
  double likeness;  ///< the decoder stretches a phrase over whatever is said
  double whole;     ///< of the time in which there are English words: the rest it may take for silence
};
constexpr Bounds in_silence{3, -26, 0.75};
/// There what English is heard is of little use, and a phrase sounds less like itself.
constexpr Bounds in_noise{0, -36, 0};

}  // namespace

bool is_of_vocabulary(const Hypothesis& phrase, const Hypothesis& english, bool noisy) {
  const Bounds& bounds = noisy ? in_noise : in_silence;
  if (phrase.words.empty()) return false;
  const double better = static_cast<double>(phrase.score) - static_cast<double>(english.score);
  return better >= bounds.better * phrase.frames && phrase.likeness >= bounds.likeness &&
         phrase.word_frames >= bounds.whole * english.word_frames;
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

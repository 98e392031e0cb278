#include "services/openai/clause_sound.hpp"

#include <algorithm>
#include <utility>

namespace unmuted::openai {

ClauseSound::ClauseSound(const Clause& clause, double pace) : pace_(pace) {
  std::size_t before_first = 0;  // letters of a word that began in the clause before
  for (const Clause::Word& word : clause.words) {
    if (word.said > 0)
      words_.push_back({word.said, word.weight + std::exchange(before_first, 0)});
    else if (words_.empty())
      before_first += word.weight;
    else
      words_.back().letters += word.weight;
  }
}

void ClauseSound::feed(const audio::Samples& samples) {
  sound_.insert(sound_.end(), samples.begin(), samples.end());
  length_ += samples.size();
}

std::optional<SpeechEvent> ClauseSound::take() {
  const bool more_words = next_ < words_.size();
  const std::size_t until = more_words ? begin_of_next() : length_;
  if (sound_.empty() && !(more_words && complete_)) return std::nullopt;
  if (more_words && (until <= taken() || sound_.empty())) return begin_next();
  return take_sound(std::min(until - taken(), sound_.size()));
}

SpeechEvent ClauseSound::begin_next() {
  begin_ = taken();
  return WordsBegin{words_[next_++].said};
}

SpeechEvent ClauseSound::take_sound(std::size_t samples) {
  const auto end = sound_.begin() + static_cast<std::ptrdiff_t>(samples);
  SpeechAudio audio{audio::Samples(sound_.begin(), end)};
  sound_.erase(sound_.begin(), end);
  return audio;
}

std::size_t ClauseSound::letters_from(std::size_t word) const {
  std::size_t letters = 0;
  for (; word < words_.size(); ++word) letters += words_[word].letters;
  return letters;
}

/// Where in the sound the next word is expected.
std::size_t ClauseSound::begin_of_next() const {
  if (next_ == 0) return 0;
  const auto letters = static_cast<double>(words_[next_ - 1].letters);
  const auto left = static_cast<double>(letters_from(next_ - 1));
  const double pace = complete_ && left > 0 ? static_cast<double>(length_ - begin_) / left : pace_;
  return begin_ + static_cast<std::size_t>(letters * pace);
}

std::optional<double> ClauseSound::pace() const {
  const std::size_t letters = letters_from(0);
  if (!complete_ || letters == 0 || length_ == 0) return std::nullopt;
  return static_cast<double>(length_) / static_cast<double>(letters);
}

}  // namespace unmuted::openai

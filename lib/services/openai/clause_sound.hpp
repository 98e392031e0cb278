#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audio/pcm.hpp"
#include "services/clauses.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::openai {

/// A clause and its sound, which comes without a word of when each word begins. The first begins with the
/// sound, the others as the letters before them let expect: at a pace that is assumed while sound still
/// comes, and once all is there, spread over what is left. Without I/O.
class ClauseSound {
 public:
  /// `pace`: samples a letter.
  ClauseSound(const Clause& clause, double pace);

  /// The next of the sound.
  void feed(const audio::Samples& samples);
  /// That was all of it.
  void finish() { complete_ = true; }

  /// The next event; nothing while more must come, or when it is over.
  std::optional<SpeechEvent> take();
  /// Whether it is complete, and everything has been taken.
  [[nodiscard]] bool over() const { return complete_ && sound_.empty() && next_ == words_.size(); }

  [[nodiscard]] std::size_t waiting() const { return sound_.size(); }  ///< samples
  /// Samples a letter, of all of it; nothing before it is complete, or when it makes no sound.
  [[nodiscard]] std::optional<double> pace() const;

 private:
  struct Word {
    std::size_t said;     ///< words that begin with it, one at least
    std::size_t letters;  ///< of it and all up to the next
  };

  [[nodiscard]] std::size_t taken() const { return length_ - sound_.size(); }
  [[nodiscard]] std::size_t letters_from(std::size_t word) const;
  [[nodiscard]] std::size_t begin_of_next() const;
  SpeechEvent begin_next();
  SpeechEvent take_sound(std::size_t samples);

  std::vector<Word> words_;
  double pace_;
  audio::Samples sound_;    ///< that has not been taken
  std::size_t length_ = 0;  ///< of all that came: samples
  bool complete_ = false;
  std::size_t next_ = 0;   ///< the word that begins next
  std::size_t begin_ = 0;  ///< of the word before it: samples
};

}  // namespace unmuted::openai

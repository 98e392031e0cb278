#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "services/speech_to_text.hpp"

namespace unmuted::openai {

/// The words of a transcript, whose text comes in pieces, each with a time at which it may have begun: the
/// server tells none. What stands in brackets is no word of the user's but what a recogniser writes of noise
/// and silence ("[BLANK_AUDIO]", "(music)"), and is left out, as are signs by themselves. Without I/O.
class TranscriptWords {
 public:
  /// Where the words are in the sound: seconds.
  TranscriptWords(double begin, double length) : time_(begin), end_(begin + length) {}

  /// The next of the text. Words are given out once they are whole, at the pace of usual speech.
  void feed(std::string_view text);
  /// A word whose begin is known, in seconds of the sound. Not together with a text.
  void feed_timed(std::string_view word, double start);
  /// The last of the text: the words that are left are spread over what is left of the sound.
  void finish(std::string_view text = {});

  std::optional<WordHeard> take();

 private:
  void split(std::string_view text);
  void split_plain(std::string_view text);
  void end_word();
  void give(std::string word, double start);

  double time_;  ///< at which the next word begins at the earliest
  double end_;
  std::string word_;               ///< the beginning of the next
  std::string bracketed_;          ///< since a bracket has been opened
  std::deque<std::string> whole_;  ///< words without a time yet
  std::deque<WordHeard> words_;
};

}  // namespace unmuted::openai

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/spoken_text.hpp"

namespace unmuted {

/// The words of one reply as its text arrives, over all the rounds in which the model is asked. Once words
/// were left out because the reply is too long, nothing more may be fed to it.
class ReplyWords {
 public:
  static constexpr std::size_t max_bytes = 16 * 1024;  ///< of a whole reply

  struct Cut {
    std::vector<std::string> words;  ///< each with the white space before it
    bool all = true;                 ///< false: the reply is too long, and ends with these
  };

  /// The words that are complete with this piece of the text.
  [[nodiscard]] Cut feed(std::string_view piece);
  /// The text of this round is complete: the words that were held.
  [[nodiscard]] Cut finish();
  /// Words that follow are those of the next round: they do not run into the ones before.
  void begin_round();
  /// The text of this round so far is forgotten. Returns whether words had come of it.
  bool begin_afresh();

  /// Whether the reply has words.
  [[nodiscard]] bool any() const { return before_round_ || in_round_; }

 private:
  Cut admit(std::vector<std::string> words);

  SpokenText text_;
  std::size_t bytes_ = 0;
  bool before_round_ = false;  ///< there are words in the rounds before
  bool in_round_ = false;
};

}  // namespace unmuted

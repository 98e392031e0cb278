#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unmuted::markdown {

/// The words that are spoken, each with the white space before it, of which much becomes little, and none
/// longer than it may be.
class WordOutput {
 public:
  static constexpr std::size_t max_space_bytes = 8;  ///< before a word

  /// One word, without white space.
  void push(std::string_view word);
  /// A text of any number of words. False when it has none: then it has vanished.
  bool speak(std::string_view text);

  /// The text of a cell of a table, with a comma after it.
  void speak_cell(std::string_view text);
  /// The words before were a cell, as turned out after they had been given: its comma is a word without
  /// space.
  void end_cell();

  /// White space; `c` is ASCII.
  void add_space(char c) {
    if (vanished_ && (!spoke_ || !space_.empty())) return;
    if (space_.size() < max_space_bytes) space_ += c;
  }
  /// Nothing stands before the next word but this.
  void set_space(char c) { space_ = c; }
  /// Something was not spoken: the white space at its sides is one.
  void vanish() { vanished_ = true; }

  /// The words since the last time.
  [[nodiscard]] std::vector<std::string> take_words() { return std::exchange(words_, {}); }

 private:
  void part_from_last();

  std::string space_;  ///< what stands before the next word
  std::string last_;   ///< the last bytes that were spoken: at least one character
  bool spoke_ = false, vanished_ = false;
  std::vector<std::string> words_;
};

}  // namespace unmuted::markdown

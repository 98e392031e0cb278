#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/markdown/character_reader.hpp"
#include "conversation/markdown/inline_markup.hpp"
#include "conversation/markdown/raw_word.hpp"
#include "conversation/markdown/word_output.hpp"

namespace unmuted::markdown {

/// Cuts the text within a line into words and gives their spoken form.
class SpokenWords {
 public:
  enum class Found {
    nothing,
    comment,  ///< <!-- begins; it is not part of the word
    pipe,     ///< a word that is nothing but |; it is not spoken yet
  };

  /// How much take_plain() takes now.
  [[nodiscard]] std::size_t room_for_plain() const { return word_.room_for_plain(); }
  /// Printable ASCII, all of it is_plain(): the same as take() of each.
  void take_plain(std::string_view text) { word_.add_plain(text); }
  /// A character of any kind but TextKind::line_break.
  Found take(const TextCharacter& c);

  /// What came is complete: the line ends.
  void end_line();
  /// The length of a run of backquotes that has begun a block of code in the middle of this line, if it ends
  /// here; else 0. The block is not part of the line.
  std::size_t take_code_block();
  /// The element that has begun at the end of this line, "script" or "style", if the line ends here; else
  /// nothing. What is in it is not part of the line.
  std::string_view take_hidden_element();

  /// A heading may end in # until the end of the line.
  void begin_heading() { heading_ = true; }
  /// Emphasis ends.
  void end_block() { markup_.end_block(); }
  /// A lone | is a word until the end of the line.
  void speak_pipes() { pipes_ = true; }

  /// A text of its own: the cell of a table.
  void speak_cell(std::string_view text) { output_.speak_cell(markup_.spoken(text)); }
  /// The words before were a cell, as turned out after they had been given.
  void end_cell() { output_.end_cell(); }
  /// White space; `c` is ASCII.
  void add_space(char c) { output_.add_space(c); }
  /// Something was not spoken: the white space at its sides is one.
  void vanish() { output_.vanish(); }

  /// The words that are complete.
  [[nodiscard]] std::vector<std::string> take_words() { return output_.take_words(); }

 private:
  void cut_if_long(const TextCharacter& c);
  void give_up_open();
  void end_word(bool goes_on = false);
  [[nodiscard]] Cut cut(bool goes_on) const;

  RawWord word_;
  bool goes_on_ = false;  ///< it is the rest of a word that was cut
  bool heading_ = false, pipes_ = false;
  std::string hashes_;  ///< a word of # in a heading: its end, unless another word follows
  InlineMarkup markup_;
  WordOutput output_;
};

}  // namespace unmuted::markdown

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/spoken_words.hpp"

namespace unmuted {

/// Makes of text as models write it, Markdown, the words that a voice is given. It arrives in pieces of any
/// size: a piece may end inside a word, a mark or a UTF-8 character, and the words do not depend on that.
///
/// A word keeps the white space before it (at most 8 bytes of it), so that the words put together are the
/// spoken text. It is given as soon as white space has come after it; where what follows decides whether
/// something is a mark or a word (a link, a tag, code, a row of a table), as soon as that is known, and after
/// a limited number of bytes it is taken for words.
///
/// Marks are known by their place and their shape, so that 5*4, snake_case and #1 are words. Not spoken are:
/// blocks of code, the addresses of links, comments, emoji, characters that nobody hears, ill-formed bytes.
/// Curly quotes become straight ones. A word longer than max_word_bytes is cut.
class SpokenText {
 public:
  /// The words that are complete now.
  std::vector<std::string> feed(std::string_view piece);

  /// The words that were not complete yet. The text is over: what is fed next begins another.
  std::vector<std::string> finish();

 private:
  enum class Mode {
    line_begin,  ///< marks of blocks may come; `held_` has those that are undecided
    words,
    row,   ///< a line that may be a table's: `held_` has it
    pipe,  ///< after a lone |: `held_` has it and what follows, the head of a table if its rule comes next
    definition,  ///< the address of links: nothing is spoken until the line ends
    fence,       ///< a block of code
    comment,     ///< <!-- of HTML
    hidden,      ///< a script or a style of HTML: `held_` may be the tag that ends it
  };

  std::size_t take_from(std::string_view piece);
  void take_incomplete();
  void take(const TextCharacter& c);
  void take_again(std::string_view text);
  void take_newline();

  void take_line_begin(const TextCharacter& c);
  void take_first(const TextCharacter& c);
  void take_heading(const TextCharacter& c);
  void take_quote(const TextCharacter& c);
  void take_rule_or_bullet(const TextCharacter& c);
  void take_number(const TextCharacter& c);
  void take_round_bullet(const TextCharacter& c);
  void take_line_bracket(const TextCharacter& c);
  void take_fence_begin(const TextCharacter& c);
  void begin_item();
  void end_marks();
  void begin_words(const TextCharacter& c);
  void take_words(const TextCharacter& c);

  void take_row(const TextCharacter& c);
  void speak_row(std::string_view row);
  void take_pipe(const TextCharacter& c);

  void begin_fence(char sign, std::size_t length);
  void take_fence(const TextCharacter& c);
  void take_comment(const TextCharacter& c);
  void take_hidden(const TextCharacter& c);

  Mode mode_ = Mode::line_begin;
  std::string incomplete_;  ///< the first bytes of a character that the next piece goes on with
  std::string held_;
  SpokenWords words_;

  bool item_ = false;         ///< the line has begun with the mark of an item
  bool in_table_ = false;     ///< the line before was a table's
  unsigned last_number_ = 0;  ///< of an ordered list

  char fence_sign_ = 0;
  std::size_t fence_length_ = 0;
  std::string_view hidden_;  ///< "script" or "style"
  std::size_t run_ = 0;      ///< of signs that may end the code or the comment
  bool only_run_ = true;     ///< nothing came before it in its line
  bool after_run_ = false;   ///< white space came after it
};

}  // namespace unmuted

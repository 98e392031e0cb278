#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/inline_markup.hpp"
#include "core/unicode.hpp"

namespace unmuted {

/// One character of a text.
struct TextCharacter {
  char32_t value = 0;
  TextKind kind = TextKind::word;
  std::string_view bytes;  ///< its UTF-8

  [[nodiscard]] bool is(char c) const { return value == static_cast<unsigned char>(c); }
  [[nodiscard]] bool is_blank() const { return kind == TextKind::white_space; }
  [[nodiscard]] bool is_newline() const { return kind == TextKind::line_break; }
};

/// "script" or "style" when that is what a tag, "<script …>" or "</script>", begins or ends; else nothing.
std::string_view hidden_element(std::string_view tag);

/// Cuts the text within a line into words and gives their spoken form. Knows what must not be cut: links,
/// code, tags, which are held until they are complete, or too long to be what they began as.
class SpokenWords {
 public:
  static constexpr std::size_t max_held_bytes = 2048;  ///< of the longest kind: an address

  enum class Found {
    nothing,
    comment,  ///< <!-- begins; it is not part of the word
    pipe,     ///< a word that is nothing but |; it is not spoken yet
  };

  /// How much take_plain() takes now.
  [[nodiscard]] std::size_t room_for_plain() const;
  /// Printable ASCII, all of it is_plain(): the same as take() of each.
  void take_plain(std::string_view text) {
    raw_ += text;
    escaped_ = false;
  }
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

  /// A text of its own, such as the cell of a table, with a comma after it.
  void speak_cell(std::string_view text);
  /// The words before were a cell, as turned out after they had been given: its comma is a word without
  /// space.
  void end_cell();
  /// White space; `c` is ASCII.
  void add_space(char c);
  /// Something was not spoken: the white space at its sides is one.
  void vanish() { vanished_ = true; }

  /// The words that are complete.
  [[nodiscard]] std::vector<std::string> take_words() { return std::exchange(words_, {}); }

 private:
  /// What in `raw_` is not complete: it may hold white space.
  enum class Open {
    nothing,
    ticks,      ///< `
    code,       ///< `text
    less,       ///< <
    tag,        ///< <name
    bracket,    ///< [text
    bracketed,  ///< [text]
    label,      ///< [text][label
    target,     ///< [text](address
    citation,   ///< 【
    address,    ///< https://
    hidden,     ///< <script>text
  };

  void take_blank(const TextCharacter& c);
  void take_invisible(const TextCharacter& c);
  void take_part(const TextCharacter& c);
  void append(const TextCharacter& c);
  void begin(Open open, std::size_t bytes);
  void open_with(const TextCharacter& c);

  bool go_on(const TextCharacter& c);
  bool go_on_as(Open open, const TextCharacter& c);
  bool go_on_ticks(const TextCharacter& c);
  bool go_on_code(const TextCharacter& c);
  void go_on_target(const TextCharacter& c);
  void go_on_nested(const TextCharacter& c, char opens, char closes, Open then);
  bool go_on_address(const TextCharacter& c);
  void go_on_tag(const TextCharacter& c);
  void go_on_hidden(const TextCharacter& c);
  static std::size_t limit_of(Open open);
  void give_up();

  void cut_if_long(const TextCharacter& c);
  void end_word(bool goes_on = false);
  bool speak(std::string_view text);
  void push(std::string_view word);

  std::string raw_;       ///< the present word, as it came
  bool plain_ = true;     ///< it is spoken as it stands
  bool goes_on_ = false;  ///< it is the rest of a word that was cut
  bool escaped_ = false;  ///< a backslash came before
  Open open_ = Open::nothing;
  std::size_t open_at_ = 0;  ///< where in raw_
  std::size_t limit_ = 0;    ///< how long raw_ may get
  std::size_t depth_ = 0;    ///< of brackets; for code: how many backquotes
  char title_ = 0;           ///< the quotation mark that has begun the title of a link
  std::size_t run_ = 0;      ///< of backquotes that may close the code

  bool heading_ = false, pipes_ = false;
  std::string hashes_;  ///< a word of # in a heading: its end, unless another word follows

  InlineMarkup markup_;
  std::string space_;  ///< what stood before the word
  std::string last_;   ///< the last bytes that were spoken: at least one character
  bool spoke_ = false, vanished_ = false;
  std::vector<std::string> words_;
};

}  // namespace unmuted

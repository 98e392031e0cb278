#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/markdown/character_reader.hpp"
#include "conversation/markdown/line_begin.hpp"
#include "conversation/markdown/spoken_words.hpp"
#include "conversation/markdown/unspoken_block.hpp"

namespace unmuted::markdown {

/// Finds the blocks of a text, its headings, items, tables, code, and gives the words of those that are
/// spoken.
class BlockReader {
 public:
  /// How much take_plain() takes now.
  [[nodiscard]] std::size_t room_for_plain() const {
    return mode_ == Mode::words ? words_.room_for_plain() : 0;
  }
  /// Printable ASCII, all of it is_plain(): the same as take() of each.
  void take_plain(std::string_view text) { words_.take_plain(text); }
  void take(const TextCharacter& c) {
    if (mode_ == Mode::words) return take_in_line(c);
    take_outside_words(c);
  }

  /// The words that are complete.
  [[nodiscard]] std::vector<std::string> take_words() { return words_.take_words(); }

 private:
  enum class Mode {
    line_begin,  ///< marks of blocks may come
    words,
    row,   ///< a line that may be a table's: `line_` has it
    pipe,  ///< after a lone |: `line_` has it and what follows, the head of a table if its rule comes next
    definition,  ///< the address of links: nothing is spoken until the line ends
    code,
    comment,
    hidden,
  };

  void take_outside_words(const TextCharacter& c);
  void take_again(std::string_view text);
  void take_newline();
  void take_as_words(std::string_view held, const TextCharacter& c);

  void take_line_begin(const TextCharacter& c);
  void take_mark(LineBegin::Found mark, const TextCharacter& c);
  void take_in_line(const TextCharacter& c);
  void end_line();
  void take_row(const TextCharacter& c);
  void end_row(const TextCharacter& c);
  void take_pipe(const TextCharacter& c);
  void speak_row(std::string_view row);
  void begin_code(char sign, std::size_t length);
  void take_code(const TextCharacter& c);

  Mode mode_ = Mode::line_begin;
  SpokenWords words_;
  LineBegin line_begin_;
  std::string line_;       ///< what is held of a line that may be a table's
  bool in_table_ = false;  ///< the line before was one
  FencedCode code_;
  HtmlComment comment_;
  HiddenElement hidden_;
};

}  // namespace unmuted::markdown

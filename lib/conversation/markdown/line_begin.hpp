#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "conversation/markdown/character_reader.hpp"

namespace unmuted::markdown {

/// Finds the marks of blocks at the beginning of a line: what cannot be told yet is held.
class LineBegin {
 public:
  enum class Found {
    undecided,
    blank,       ///< white space before anything else
    empty_line,  ///< with its line break
    // No mark; take_held() gives what came before the character.
    words,
    row,  ///< the line may be one of a table
    // A mark that has been passed over; the character comes after it, at the beginning of the line still.
    mark,  ///< the > of a quotation, the box of a task
    item,
    // A mark that has been passed over, the character with it.
    footnote,  ///< [^1]: before its text
    rule,      ///< all of the line: a rule, the line under a heading, an item without words
    // A mark that has been passed over; the character comes after it.
    heading,
    definition,  ///< [label]: address: the rest of the line says where links go
    // The beginning of a block of code, with its line; take_held() gives it.
    fence,
  };

  /// The next character of the line, while it begins still. `in_table`: the line before was one of a table,
  /// and so may this one be.
  Found take(const TextCharacter& c, bool in_table);

  /// What is no mark.
  [[nodiscard]] std::string take_held() { return std::exchange(held_, {}); }

  /// The next line.
  void begin_line() {
    held_.clear();
    in_item_ = false;
  }

 private:
  Found take_first(const TextCharacter& c, bool in_table);
  Found take_heading(const TextCharacter& c);
  Found take_quote(const TextCharacter& c);
  Found take_rule_or_bullet(const TextCharacter& c);
  Found take_number(const TextCharacter& c);
  Found take_round_bullet(const TextCharacter& c);
  Found take_bracket(const TextCharacter& c);
  Found take_fence(const TextCharacter& c);
  Found hold(std::string_view bytes);
  Found pass_over(Found mark);

  std::string held_;
  bool in_item_ = false;      ///< the line has begun with the mark of an item
  unsigned last_number_ = 0;  ///< of an ordered list
};

}  // namespace unmuted::markdown

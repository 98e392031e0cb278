#pragma once

#include <string>
#include <string_view>

namespace unmuted {

/// A sign that looks like one of Lua, and is none.
struct ForeignSign {
  std::string name;     ///< in Unicode: "LEFT DOUBLE QUOTATION MARK"; empty when it is not a usual one
  std::string instead;  ///< what to write for it; empty when it is to be left out, or nothing is known
  enum class Look { sign, blank, invisible } look = Look::sign;
};

/// What is known of a sign that stands where Lua allows none.
ForeignSign foreign_sign(char32_t code);

/// The Latin letter that a Greek or Cyrillic one looks like; 0 when there is none.
char latin_lookalike(char32_t code);

/// Whether it stands for the quote `'` or `"`; then it is given, else 0.
char quote_meant_by(char32_t code);

/// The sign as a message shows it: itself where it can be seen, and what Unicode calls it.
std::string shown(char32_t code);

}  // namespace unmuted

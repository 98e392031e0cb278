#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace unmuted::script {

/// A piece of Lua text. Comments and what is between the pieces are none.
struct Token {
  enum class Kind { word, text, number, symbol, end };

  Kind kind = Kind::end;
  std::size_t offset = 0;   ///< of its first byte
  std::size_t length = 0;   ///< in bytes, with delimiters
  std::string_view text;    ///< of a string: without its delimiters
  bool is_finished = true;  ///< false for a string or, with the end, a comment that does not end

  [[nodiscard]] bool is(std::string_view symbol_or_word) const {
    return text == symbol_or_word && (kind == Kind::symbol || kind == Kind::word);
  }
  [[nodiscard]] std::size_t end() const { return offset + length; }
};

/// The pieces of any text as Lua reads it, the last of them of kind end. Views into `source`. What is no sign
/// of Lua is a symbol: one byte of ASCII, or one code point. Other operators may fall into parts. The end is
/// where a comment begins that does not end, else behind the last byte.
std::vector<Token> lex(std::string_view source);

/// What stands before the text proper: a byte order mark, and a first line that begins with `#`, which is for
/// the shell. Gives its length; the line's end is not part of it.
std::size_t preamble_length(std::string_view source);

/// The length of the line break at `at`, of one or two bytes; 0 when there is none. "\r\n" is one, and a
/// lone "\r".
std::size_t line_break_at(std::string_view source, std::size_t at);

}  // namespace unmuted::script

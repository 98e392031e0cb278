#pragma once

#include <string>
#include <string_view>

#include "core/unicode.hpp"

namespace unmuted::markdown {

/// One character of a text.
struct TextCharacter {
  char32_t value = 0;
  TextKind kind = TextKind::word;
  std::string_view bytes;  ///< its UTF-8

  [[nodiscard]] bool empty() const { return bytes.empty(); }
  [[nodiscard]] bool is(char c) const { return value == static_cast<unsigned char>(c); }
  [[nodiscard]] bool is_ascii() const { return value < 0x80; }
  [[nodiscard]] bool is_blank() const { return kind == TextKind::white_space; }
  [[nodiscard]] bool is_newline() const { return kind == TextKind::line_break; }
};

inline constexpr TextCharacter newline{'\n', TextKind::line_break, "\n"};

/// The character that `text`, which is not empty, begins with; empty when it is ill-formed there, or
/// incomplete.
TextCharacter character_at(std::string_view text);

/// The straight quotation mark for a curly one; 0 for everything else.
char straight_quote(char32_t code_point);

/// The characters of a text that comes in pieces, which may end inside of one. Ill-formed bytes are passed
/// over.
class CharacterReader {
 public:
  /// Takes the first character off `piece`, which is not empty; or as many bytes as may be one, of which the
  /// answer is empty: when they are none, or not all of it. The bytes of the answer last until the next call.
  TextCharacter next(std::string_view& piece) { return is_within_character() ? go_on(piece) : begin(piece); }

  /// The bytes of a character have come, but not all of them.
  [[nodiscard]] bool is_within_character() const { return !incomplete_.empty(); }

 private:
  TextCharacter begin(std::string_view& piece);
  TextCharacter go_on(std::string_view& piece);

  std::string incomplete_;  ///< the first bytes of a character
  std::string complete_;    ///< the last character that came in two pieces
};

}  // namespace unmuted::markdown

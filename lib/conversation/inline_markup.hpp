#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

/// Stands in a text where something unspeakable was, an emoji for one: it parts the words beside it.
inline constexpr char separator = '\x1F';

namespace inline_markup {
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x21; byte < plain.size(); ++byte) plain[byte] = byte != 0x7F;
  for (const char sign : std::string_view("*_~`[<&\\/$|@")) plain[static_cast<unsigned char>(sign)] = false;
  return plain;
}
inline constexpr std::array<bool, 256> plain = plain_bytes();
}  // namespace inline_markup

/// Whether a text of nothing but such bytes is spoken as it stands. Never white space; true beyond ASCII.
constexpr bool is_plain(char c) {
  return inline_markup::plain[static_cast<unsigned char>(c)];
}

/// The straight quotation mark for a curly one; 0 for everything else.
char straight_quote(char32_t code_point);

/// Whether this is the address that a link or a definition leads to, as far as its form tells.
bool is_address(std::string_view text);

/// Gives the spoken form of runs of Markdown's inline text: emphasis, code, links, images, footnotes, tags
/// and entities of HTML, addresses, escapes. Emphasis may go on from one run to the next.
class InlineMarkup {
 public:
  /// What a run was cut from, at either side.
  enum class Cut { at_white_space, before, after, both };

  /// `text` is UTF-8 without control characters but `separator`, and holds all of a structure or none of it.
  /// The answer may hold white space, also at its ends, and no separator.
  std::string spoken(std::string_view text, Cut cut = Cut::at_white_space);

  /// Emphasis does not go on beyond a paragraph, a heading, an item.
  void end_block() { open_ = {}; }

  using OpenSigns = std::array<unsigned, 3>;  ///< how many `*`, `_`, `~` were opened and not closed

 private:
  OpenSigns open_{};
};

}  // namespace unmuted

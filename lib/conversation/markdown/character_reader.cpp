#include "conversation/markdown/character_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace unmuted::markdown {
namespace {

/// How many bytes the character that begins with `lead` has; 0 when none begins with it.
std::size_t expected_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

/// Whether more bytes could make these a character.
bool may_go_on(std::string_view bytes) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return expected_length(static_cast<unsigned char>(bytes[0])) > bytes.size() &&
         std::all_of(bytes.begin() + 1, bytes.end(), is_continuation);
}

std::array<TextKind, 0x80> kinds_of_ascii() {
  std::array<TextKind, 0x80> kinds{};
  for (std::size_t byte = 0; byte < kinds.size(); ++byte) kinds[byte] = kind_of(static_cast<char32_t>(byte));
  return kinds;
}

/// Each character of a text that is not plain comes here.
const std::array<TextKind, 0x80> ascii_kinds = kinds_of_ascii();

}  // namespace

TextCharacter character_at(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) return {byte, ascii_kinds[byte], text.substr(0, 1)};
  const CodePoint first = first_code_point(text);
  return {first.value, first.bytes == 0 ? TextKind::invisible : kind_of(first.value),
          text.substr(0, first.bytes)};
}

char straight_quote(char32_t code_point) {
  if (code_point >= 0x2018 && code_point <= 0x201B) return '\'';
  if (code_point >= 0x201C && code_point <= 0x201F) return '"';
  return 0;
}

TextCharacter CharacterReader::begin(std::string_view& piece) {
  const TextCharacter c = character_at(piece);
  if (c.empty() && may_go_on(piece)) {
    incomplete_ = piece;
    piece = {};
  } else {
    piece.remove_prefix(std::max<std::size_t>(c.bytes.size(), 1));
  }
  return c;
}

/// One more byte completes one character at the most; where it belongs to none, so do those before it.
TextCharacter CharacterReader::go_on(std::string_view& piece) {
  incomplete_ += piece[0];
  piece.remove_prefix(1);
  while (!incomplete_.empty()) {
    const TextCharacter c = character_at(incomplete_);
    if (!c.empty()) {
      complete_.swap(incomplete_);
      incomplete_.clear();
      return {c.value, c.kind, complete_};
    }
    if (may_go_on(incomplete_)) break;
    incomplete_.erase(0, 1);
  }
  return {};
}

}  // namespace unmuted::markdown

#include "core/utf8.hpp"

#include <utility>

namespace unmuted {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(std::string_view text, std::size_t i) {
  return i < text.size() && (byte_at(text, i) & 0xC0U) == 0x80U;
}

/// The length in bytes of the well-formed character at `i`, 0 when there is none.
/// The ranges are Table 3-7 of the Unicode Standard.
std::size_t character_at(std::string_view text, std::size_t i) {
  const unsigned lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !is_continuation(text, i + 1)) return 0;
  if (lead < 0xE0) return 2;
  const unsigned second = byte_at(text, i + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  if (!is_continuation(text, i + 2)) return 0;
  if (lead < 0xF0) return 3;
  return is_continuation(text, i + 3) ? 4 : 0;
}

void append_hex(std::string& out, unsigned value) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\x";
  out += digits[value >> 4 & 0xF];
  out += digits[value & 0xF];
}

/// Embeddings, overrides and isolates of the direction of writing, line and paragraph separators, and the
/// byte order mark: none of them is seen, and each but the last moves what stands around it. (Joiners, soft
/// hyphens and the marks of direction belong to words and emoji.)
std::string_view name_of_layout_sign(std::string_view character) {
  static constexpr std::pair<std::string_view, std::string_view> signs[] = {
      {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}, {"\u202A", "\\u202a"}, {"\u202B", "\\u202b"},
      {"\u202C", "\\u202c"}, {"\u202D", "\\u202d"}, {"\u202E", "\\u202e"}, {"\u2066", "\\u2066"},
      {"\u2067", "\\u2067"}, {"\u2068", "\\u2068"}, {"\u2069", "\\u2069"}, {"\uFEFF", "\\ufeff"}};
  for (const auto& [sign, name] : signs) {
    if (character == sign) return name;
  }
  return {};
}

void append_printable(std::string& out, std::string_view character) {
  const unsigned first = byte_at(character, 0);
  if (character == "\n") {
    out += "\\n";
  } else if (character == "\t") {
    out += "\\t";
  } else if (first < 0x20 || first == 0x7F) {
    append_hex(out, first);
  } else if (first == 0xC2 && byte_at(character, 1) < 0xA0) {
    append_hex(out, byte_at(character, 1));
  } else {
    const std::string_view name = name_of_layout_sign(character);
    out += name.empty() ? character : name;
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = character_at(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && is_continuation(text, end)) --end;
  return text.substr(0, end);
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  if (max_bytes < 3) return std::string(utf8_prefix(text, max_bytes));
  return std::string(utf8_prefix(text, max_bytes - 3)) + "...";
}

std::string printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::size_t length = character_at(bytes, i);
    if (length == 0) {
      out += "\uFFFD";
      ++i;
    } else {
      append_printable(out, bytes.substr(i, length));
      i += length;
    }
  }
  return out;
}

std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::size_t utf8_length(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) count += is_continuation(text, i) ? 0U : 1U;
  return count;
}

}  // namespace unmuted

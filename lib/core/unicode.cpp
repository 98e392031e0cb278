#include "core/unicode.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "core/ascii.hpp"

namespace unmuted {
namespace {

constexpr char32_t not_a_character = 0xFFFD;

bool is_between(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

TextKind kind_of_ascii(char32_t c) {
  if (c == '\n') return TextKind::line_break;
  if (c == ' ' || is_between(c, '\t', '\r')) return TextKind::white_space;
  if (c < ' ' || c == 0x7F) return TextKind::invisible;
  const bool word = is_between(c, '0', '9') || is_between(c, 'A', 'Z') || is_between(c, 'a', 'z');
  return word ? TextKind::word : TextKind::punctuation;
}

bool is_variation_selector(char32_t c) {
  return is_between(c, 0xFE00, 0xFE0F) || is_between(c, 0xE0100, 0xE01EF);
}

/// Extended pictographs that have a reading of their own: ©, ®, ™, and the accidentals of music.
bool is_read(char32_t c) {
  return c == 0xA9 || c == 0xAE || c == 0x2122 || is_between(c, 0x266D, 0x266F);
}

/// Those of the blocks of letters, arrows and CJK signs look like text, those of the symbol blocks do not.
TextKind kind_of_pictograph(char32_t c) {
  if (is_read(c)) return TextKind::word;
  const bool text = c < 0x2300 || is_between(c, 0x2E80, 0x1EFFF);
  return text ? TextKind::text_pictograph : TextKind::pictograph;
}

TextKind kind_of_symbol(char32_t c) {
  const bool dingbat = is_between(c, 0x2600, 0x27BF);  // Miscellaneous Symbols, Dingbats: "✓", "☆"
  return dingbat && !is_read(c) ? TextKind::pictograph : TextKind::word;
}

TextKind kind_by_category(char32_t c, int boundclass) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
      return TextKind::white_space;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return TextKind::line_break;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
      return TextKind::invisible;
    case UTF8PROC_CATEGORY_CF:  // but Arabic number signs and their like are seen
      return boundclass == UTF8PROC_BOUNDCLASS_PREPEND ? TextKind::word : TextKind::invisible;
    case UTF8PROC_CATEGORY_CO:
      return TextKind::pictograph;  // icons of somebody's own
    case UTF8PROC_CATEGORY_CN:      // newer than the library: the plane's block of emoji is reserved for them
      return is_between(c, 0x1F000, 0x1FAFF) ? TextKind::pictograph : TextKind::word;
    case UTF8PROC_CATEGORY_SO:
      return kind_of_symbol(c);
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return TextKind::punctuation;
    default:
      return TextKind::word;
  }
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string mapped(std::string_view text, unsigned options) {
  struct Free {
    void operator()(utf8proc_uint8_t* memory) const { std::free(memory); }  // utf8proc allocates with malloc
  };
  utf8proc_uint8_t* result = nullptr;
  const auto length = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
      &result, static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(result);
  if (length < 0) return std::string(text);
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(length)};
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  utf8proc_int32_t value = 0;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (bytes <= 0) return {};
  return {static_cast<char32_t>(value), static_cast<std::size_t>(bytes)};
}

CodePoint last_code_point(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(text.size(), 4); ++bytes) {
    const CodePoint last = first_code_point(text.substr(text.size() - bytes));
    if (last.bytes == bytes) return last;
  }
  return {};
}

void append_utf8(std::string& text, char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

TextKind kind_of(char32_t c) {
  if (c < 0x80) return kind_of_ascii(c);
  if (is_between(c, 0xC0, 0x2FF)) return TextKind::word;  // Latin letters, without looking them up
  if (c == 0x85) return TextKind::line_break;
  if (c == 0x200C || c == 0x200D) return TextKind::joiner;
  if (c == not_a_character || c == keycap || is_variation_selector(c)) return TextKind::invisible;
  const int boundclass = utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->boundclass;
  if (boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC) return kind_of_pictograph(c);
  if (boundclass == UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR || is_between(c, 0x1F3FB, 0x1F3FF)) {
    return TextKind::pictograph;  // flags, tones of skin
  }
  return kind_by_category(c, boundclass);
}

std::string nfc(std::string_view text) {
  return is_ascii(text) ? std::string(text) : mapped(text, 0);
}

std::string case_folded(std::string_view text) {
  if (is_ascii(text)) return lower_ascii(text);
  // Folding may take a text out of its normal form, and some letters fold only when they are composed.
  return mapped(mapped(text, 0), UTF8PROC_CASEFOLD);
}

CodePoint code_point_at(std::string_view text, std::size_t at) {
  utf8proc_int32_t code = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  if (length <= 0) return {U'\uFFFD', 1};
  return {static_cast<char32_t>(code), static_cast<std::size_t>(length)};
}

std::string encode_utf8(char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto given = static_cast<utf8proc_int32_t>(code_point);
  const auto length = utf8proc_encode_char(utf8proc_codepoint_valid(given) ? given : 0xFFFD, bytes);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
}

bool is_word_sign(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return false;
  }
}

std::size_t cells_of(char32_t code_point) {
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(code_point))));
}

std::size_t cells_of(std::string_view text) {
  std::size_t cells = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    cells += cells_of(point.value);
    at += point.bytes;
  }
  return cells;
}

}  // namespace unmuted

#include "core/unicode.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

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

std::string nfc(std::string_view text) {
  return is_ascii(text) ? std::string(text) : mapped(text, 0);
}

std::string case_folded(std::string_view text) {
  if (!is_ascii(text)) {
    // Folding may take a text out of its normal form, and some letters fold only when they are composed.
    return mapped(mapped(text, 0), UTF8PROC_CASEFOLD);
  }
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return folded;
}

CodePoint code_point_at(std::string_view text, std::size_t at) {
  utf8proc_int32_t code = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  if (length <= 0) return {U'\uFFFD', 1};
  return {static_cast<char32_t>(code), static_cast<std::size_t>(length)};
}

std::string encode_utf8(char32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto given = static_cast<utf8proc_int32_t>(code);
  const auto length = utf8proc_encode_char(utf8proc_codepoint_valid(given) ? given : 0xFFFD, bytes);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
}

bool is_word_sign(char32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
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

std::size_t cells_of(char32_t code) {
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(code))));
}

std::size_t cells_of(std::string_view text) {
  std::size_t cells = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    cells += cells_of(point.code);
    at += point.length;
  }
  return cells;
}

}  // namespace unmuted

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

// Names in two spellings

/// `text` in Unicode's normal form C, in which an accented letter is one code point where there is one. Text
/// that is not UTF-8 comes back as it is.
std::string nfc(std::string_view text);

/// `text` in a form that is the same for all spellings of a name: full case folding ("STRASSE" and "straße"),
/// then normal form C. For comparing, not for showing. Text that is not UTF-8 comes back as it is.
std::string case_folded(std::string_view text);

// Single code points

/// The code point at byte `at` of UTF-8, and its length in bytes. A byte that belongs to none stands for
/// U+FFFD, and is one long.
struct CodePoint {
  char32_t code;
  std::size_t length;
};
CodePoint code_point_at(std::string_view text, std::size_t at);

/// A code point as UTF-8; what is none as U+FFFD.
std::string encode_utf8(char32_t code);

/// Whether words are made of it, in any script: letters, digits and the marks on them.
bool is_word_sign(char32_t code);

/// The columns that a code point takes in a terminal: 2 for wide ones (most of Chinese, Japanese and Korean),
/// 0 for marks that combine with the one before, 1 for others.
std::size_t cells_of(char32_t code);

/// The same for a whole text.
std::size_t cells_of(std::string_view text);

}  // namespace unmuted

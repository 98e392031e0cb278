#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

inline constexpr std::size_t max_word_bytes = 200;  ///< without the leading white space

/// Makes whole words of text that arrives in pieces of any size, for a voice to read: a piece may end inside
/// a word or inside a UTF-8 character. A word keeps the white space before it (at most 8 bytes of it), so
/// that the words put together are the text. Dropped: `*`, `_` and backquotes, control characters, ill-formed
/// bytes. Curly quotes become straight ones. A longer word than max_word_bytes is cut in several.
class WordChunker {
 public:
  /// The words that are complete now: those after which white space has come.
  std::vector<std::string> feed(std::string_view piece);

  /// The last word, if there is one. The text is over: what is fed next begins another.
  std::optional<std::string> finish();

 private:
  void take(std::string_view character, std::vector<std::string>& complete);
  std::string release();

  std::string incomplete_;  ///< the first bytes of a character that the next piece goes on with
  std::string space_;       ///< what stood before word_
  std::string word_;
};

/// A word of WordChunker without the white space before it.
std::string_view without_space(std::string_view word);

/// Whether what was spoken is a farewell that ends the call: its last word is "Bye!".
bool is_farewell(std::string_view spoken);

}  // namespace unmuted

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conversation/markdown/block_reader.hpp"
#include "conversation/markdown/character_reader.hpp"

namespace unmuted {

/// Makes of text as models write it, Markdown, the words that a voice is given. It arrives in pieces of any
/// size: a piece may end inside a word, a mark or a UTF-8 character, and the words do not depend on that.
///
/// A word keeps the white space before it (at most 8 bytes of it), so that the words put together are the
/// spoken text. It is given as soon as white space has come after it; where what follows decides whether
/// something is a mark or a word (a link, a tag, code, a row of a table), as soon as that is known, and after
/// a limited number of bytes it is taken for words.
///
/// Marks are known by their place and their shape, so that 5*4, snake_case and #1 are words. Not spoken are:
/// blocks of code, the addresses of links, comments, emoji, characters that nobody hears, ill-formed bytes.
/// Curly quotes become straight ones. A word longer than max_word_bytes is cut.
class SpokenText {
 public:
  /// The words that are complete now.
  std::vector<std::string> feed(std::string_view piece);

  /// The words that were not complete yet. The text is over: what is fed next begins another.
  std::vector<std::string> finish();

 private:
  [[nodiscard]] std::string_view plain_prefix(std::string_view piece) const;

  markdown::CharacterReader characters_;
  markdown::BlockReader blocks_;
};

}  // namespace unmuted

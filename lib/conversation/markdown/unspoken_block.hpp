#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "conversation/markdown/character_reader.hpp"

namespace unmuted::markdown {

// Blocks of which nothing is spoken. Each takes the characters after its beginning and tells its end.

/// A block of code.
class FencedCode {
 public:
  enum class End {
    not_yet,
    with_line,     ///< with this line break
    before_words,  ///< before this character, with which the text of its line goes on
  };

  /// `length` equal signs have begun it: as many end it.
  FencedCode(char sign, std::size_t length) : sign_(sign), length_(length) {}
  FencedCode() = default;

  /// Models end code also at the end of its last line, and go on in the line of the fence.
  End take(const TextCharacter& c);

 private:
  void begin_line();

  char sign_ = '`';
  std::size_t length_ = 0;
  std::size_t run_ = 0;     ///< of signs that may end it
  bool only_run_ = true;    ///< nothing came before the run in its line
  bool after_run_ = false;  ///< white space came after it
};

/// <!-- … -->
class HtmlComment {
 public:
  /// True when it ends with this character.
  bool take(const TextCharacter& c);

 private:
  std::size_t run_ = 0;  ///< of hyphens that may end it
};

/// A script or a style of HTML.
class HiddenElement {
 public:
  /// `name`: one that hidden_element() gives.
  explicit HiddenElement(std::string_view name) : name_(name) {}
  HiddenElement() = default;

  /// True when it ends with this character.
  bool take(const TextCharacter& c);

 private:
  std::string_view name_;
  std::string tag_;  ///< that may end it
};

}  // namespace unmuted::markdown

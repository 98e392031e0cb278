#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace unmuted::markdown {

/// What a run of text was cut from, at either side.
enum class Cut { at_white_space, before, after, both };

/// A run of `*`, `_` or `~` that may be emphasis.
struct DelimiterRun {
  std::size_t at = 0;  ///< in the output
  char sign = 0;
  std::size_t length = 0;
  std::size_t left = 0;  ///< how many of its signs have no partner
  bool opens = false, closes = false;
  bool alone = false;             ///< white space at both sides
  bool between_letters = false;   ///< of ASCII: a product rather than an emphasis
  bool after_script = false;      ///< that is written without spaces: an emphasis may begin inside a word
  bool may_pair_anyhow = false;   ///< with one that stands in the same run of text, whatever is beside them
  bool before_quotation = false;  ///< of words, or before brackets: it begins something rather than ends it
  bool after_space = false, after_digit = false, before_digit = false;
  bool dropped = false;  ///< it is emphasis, and not spoken
};

/// Tells by what stands beside a run whether it may open and close emphasis: by the flanking rules of
/// CommonMark, and by what tells products, patterns, names and faces from emphasis.
class DelimiterReader {
 public:
  /// `text` outlives it.
  DelimiterReader(std::string_view text, Cut cut) : text_(text), cut_(cut) {}

  /// The run of `length` equal signs at `at`; its place in the output is not set.
  DelimiterRun read(std::size_t at, std::size_t length);

 private:
  enum class Side { space, punctuation, letter };

  static Side side_of(char32_t beside);
  [[nodiscard]] Side before(std::size_t at) const;
  [[nodiscard]] Side after(std::size_t end) const;
  [[nodiscard]] bool is_before_closing_sign(std::size_t end) const;
  [[nodiscard]] bool is_before_quotation(std::size_t end, bool ascii_before) const;
  [[nodiscard]] bool is_face(std::size_t at, std::size_t length) const;
  [[nodiscard]] bool is_no_emphasis(const DelimiterRun& run, std::size_t at);
  bool is_repetition(std::size_t at);

  std::string_view text_;
  Cut cut_;
  std::optional<bool> is_pattern_;  ///< when it was asked for
};

}  // namespace unmuted::markdown

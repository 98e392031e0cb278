#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

/// A piece of markup as language models write it into what they say: a tag such as <think>, a special token
/// such as <|im_end|>, a word in brackets such as [TOOL_CALLS].
struct Markup {
  enum class Fit {
    none,    ///< the text does not begin with markup
    unsure,  ///< it may, when more of it is known
    whole
  };

  Fit fit = Fit::none;
  std::size_t length = 0;  ///< bytes of the text, when whole
  /// Lower case, without attributes: "<think>", "</think>", "<function=>", "<|im_end|>", "[think]".
  std::string name;
  bool closed = false;  ///< a tag that opens nothing: <think/>
};

/// The markup that `text` begins with. Only tags and bracketed words of the table are markup, and anything
/// in the form of a special token.
Markup markup_at(std::string_view text);

/// The bytes that markup can begin with.
inline constexpr std::string_view markup_begins = "<[\xE2";

/// What follows a piece of markup.
struct MarkupMeaning {
  enum class Kind {
    thought,  ///< what is not for the listener
    call,     ///< a tool call
    header    ///< who speaks, or to whom: the name of a role or of a channel
  };

  std::string_view opener;   ///< a Markup::name
  std::string_view closers;  ///< Markup::names, with spaces between; none: it goes on to the end of the reply
  Kind kind = Kind::thought;
  bool opener_belongs = false;  ///< to what is read of a call

  [[nodiscard]] bool closed_by(std::string_view name) const;
};

/// Null when that markup opens nothing.
const MarkupMeaning* meaning_of(std::string_view opener);

/// Whether the markup ends a thought of some kind.
bool closes_a_thought(std::string_view name);

}  // namespace unmuted

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace unmuted::markdown {

/// [text](address "title") or [text][label], as places in a text.
struct Link {
  std::size_t text_begin, text_end;  ///< of what is spoken: between the brackets
  std::size_t end;                   ///< of all of it
};

/// The link whose bracket stands at `at`, if it is one. `in_word`: a letter or digit stands before it, so
/// that only an address makes a link of a[i](x). `text` ends where the link must.
std::optional<Link> link_at(std::string_view text, std::size_t at, bool in_word);

/// Where the mark of a footnote, [^1], ends whose bracket stands at `at`; nothing when it is none.
std::optional<std::size_t> footnote_mark_end(std::string_view text, std::size_t at);

}  // namespace unmuted::markdown

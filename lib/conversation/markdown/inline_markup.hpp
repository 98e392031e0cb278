#pragma once

#include <string>
#include <string_view>

#include "conversation/markdown/delimiter_run.hpp"
#include "conversation/markdown/emphasis.hpp"

namespace unmuted::markdown {

/// Gives the spoken form of runs of Markdown's inline text: emphasis, code, links, images, footnotes, tags
/// and entities of HTML, addresses, escapes. Emphasis may go on from one run to the next.
class InlineMarkup {
 public:
  /// `text` is UTF-8 without control characters but `separator`, and holds all of a structure or none of it.
  /// `cut`: what it was cut from. The answer may hold white space, also at its ends, and no separator.
  std::string spoken(std::string_view text, Cut cut = Cut::at_white_space);

  /// Emphasis does not go on beyond a paragraph, a heading, an item.
  void end_block() { open_ = {}; }

 private:
  OpenEmphasis open_;
};

}  // namespace unmuted::markdown

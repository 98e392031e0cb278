#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "conversation/markdown/delimiter_run.hpp"

namespace unmuted::markdown {

/// Emphasis that has been opened and not closed, and may be by a later run of text.
struct OpenEmphasis {
  std::array<unsigned, 3> signs{};  ///< how many `*`, `_`, `~`

  [[nodiscard]] unsigned& of(char sign) { return signs[sign == '*' ? 0 : sign == '_' ? 1 : 2]; }
};

/// Finds out which of the runs of one text are emphasis: these are dropped. `text` has all their signs, and
/// `runs` are in their order in it. `open`: by the texts before; goes on with this one.
void pair_delimiters(std::vector<DelimiterRun>& runs, std::string_view text, OpenEmphasis& open);

}  // namespace unmuted::markdown

#pragma once

#include <cstddef>
#include <string_view>

namespace unmuted::markdown {

/// A character of HTML written by its name or number: &eacute; &#233; &#xE9;
struct Entity {
  char32_t code_point = 0;
  std::size_t length = 0;  ///< bytes; 0 when it is none that is known
};

/// The entity that `text` begins with; its first byte is &.
Entity entity_at(std::string_view text);

}  // namespace unmuted::markdown

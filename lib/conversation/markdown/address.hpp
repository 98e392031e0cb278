#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace unmuted::markdown {

/// Whether this is the address that a link or a definition leads to, as far as its form tells.
bool is_address(std::string_view text);

struct Address {
  std::string_view spoken;  ///< its host; of mailto: the address after it
  std::size_t length = 0;   ///< bytes of all of it; 0 when there is none
};

/// The address that `text`, the rest of a run of text from the beginning of a word on, begins with:
/// https://…, www.…, mailto:… It does not go over the signs that set it apart, nor into Chinese.
Address address_at(std::string_view text);

/// What is spoken of the address in `<inside>`; nothing when it is none.
std::optional<std::string_view> spoken_autolink(std::string_view inside);

}  // namespace unmuted::markdown

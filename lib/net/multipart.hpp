#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace unmuted::net {

/// One field of a form.
struct FormPart {
  std::string name;
  bool is_file = false;      ///< it came with the name of a file
  std::string_view content;  ///< any bytes; part of the body that was read
};

inline constexpr std::size_t max_form_parts = 16;
inline constexpr std::size_t max_part_head = 8U << 10U;  ///< bytes

/// The fields of a body of `multipart/form-data`, in their order, as RFC 7578 has it. `content_type` is the
/// header's value, which names the boundary. Error: what is wrong with it, in a sentence for a person.
tl::expected<std::vector<FormPart>, std::string> read_form(std::string_view content_type,
                                                           std::string_view body);

}  // namespace unmuted::net

#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

/// The path of a field inside the field at `parent`, as authors write it: `voice.path_on_server`,
/// `properties["first name"]`. The path of the whole is empty.
std::string field_path(std::string_view parent, std::string_view key);

/// The path of an element of the list at `parent`: `tools[2]`.
std::string field_path(std::string_view parent, std::size_t index);

/// One step of such a path: into a list by its number from 1, or to the field of a name.
struct FieldStep {
  std::string_view key;
  std::size_t index = 0;  ///< 0 when it goes by the key

  auto operator<=>(const FieldStep&) const = default;
};

/// Takes the first step off a path that is not empty, whatever it says: it always gets shorter.
FieldStep take_step(std::string_view& path);

/// That one of `known` that `name` was probably meant to be; empty when none is near.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace unmuted

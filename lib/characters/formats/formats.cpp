#include "characters/formats/formats.hpp"

#include <algorithm>
#include <array>

#include "characters/files/file_names.hpp"
#include "characters/formats/lua_format.hpp"

namespace unmuted::formats {
namespace {

constexpr std::array table{
    Format{.name = "lua", .extension = ".lua", .max_bytes = 64U << 10U, .read = read_lua},
};

const Format* find(std::string_view file_name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Format& format) {
    return has_extension(file_name, format.extension);
  });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Format> all() {
  return table;
}

bool is_candidate(std::string_view file_name) {
  return find(file_name) != nullptr;
}

const Format& format_of(std::string_view file_name) {
  const Format* format = find(file_name);
  return format == nullptr ? table.front() : *format;
}

}  // namespace unmuted::formats

#include "services/offered_tool.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "services/json_fields.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

const Tool* offered_tool(std::string_view name, std::span<const Tool> offered) {
  const auto named = [&](std::string_view wanted) -> const Tool* {
    const auto it =
        std::find_if(offered.begin(), offered.end(), [&](const Tool& tool) { return tool.name == wanted; });
    return it == offered.end() ? nullptr : &*it;
  };
  name = trimmed(name);
  if (const Tool* exactly = named(name)) return exactly;
  for (const std::string_view prefix : {"functions.", "function.", "tools.", "tool."}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  // "open_door:0": the number of the call.
  if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) {
    const std::string_view number = name.substr(colon + 1);
    if (std::all_of(number.begin(), number.end(), is_digit)) name = name.substr(0, colon);
  }
  return named(name);
}

bool is_text_parameter(const Tool& tool, const std::string& parameter) {
  const auto schema = read_json(tool.parameters);
  return schema && member(member(member(*schema, "properties"), parameter.c_str()), "type") == "string";
}

}  // namespace unmuted

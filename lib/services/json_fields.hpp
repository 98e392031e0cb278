#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace unmuted {

/// The member of that name when `value` is an object that has it, else null.
inline const nlohmann::json& member(const nlohmann::json& value, const char* name) {
  static const nlohmann::json nothing;
  if (!value.is_object()) return nothing;
  const auto it = value.find(name);
  return it == value.end() ? nothing : *it;
}

/// Empty when `value` is no string.
inline std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace unmuted

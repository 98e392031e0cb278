#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "events/fields.hpp"

namespace unmuted::events::realtime {

// Values of events that are read as something, with their limits.

/// A whole number within these; nothing when it is absent, null or wrong.
inline std::optional<std::int64_t> optional_int(Fields& fields, const char* name, std::int64_t least,
                                                std::int64_t most) {
  const nlohmann::json* field = fields.optional(name);
  if (field == nullptr) return std::nullopt;
  if (field->is_number()) {
    const double value = field->get<double>();
    const bool fits = value >= static_cast<double>(least) && value <= static_cast<double>(most);
    if (fits && value == std::floor(value)) return static_cast<std::int64_t>(value);
  }
  fields.faults().expected(fields.path_of(name),
                           "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                           *field);
  return std::nullopt;
}

/// A text of so many bytes at the most.
inline std::optional<std::string> optional_text(Fields& fields, const char* name, std::size_t most) {
  std::optional<std::string> text = fields.optional_string(name);
  if (text && text->size() > most) {
    fields.faults().add(fields.path_of(name), bytes_over(text->size(), most));
    return std::nullopt;
  }
  return text;
}

inline std::string required_text(Fields& fields, const char* name, std::size_t most) {
  if (fields.required(name, "a string") == nullptr) return {};
  return optional_text(fields, name, most).value_or("");
}

/// The object of that name; nothing when it is absent or null. Something else is a fault.
inline std::optional<Fields> optional_object(Fields& fields, const char* name) {
  return fields.optional(name) == nullptr ? std::nullopt : fields.required_object(name);
}

/// One of the words; nothing when it is absent or null. Something else is a fault.
template <class Value, std::size_t count>
std::optional<Value> optional_word(Fields& fields, const char* name,
                                   const std::array<std::pair<std::string_view, Value>, count>& words) {
  const nlohmann::json* field = fields.optional(name);
  if (field == nullptr) return std::nullopt;
  std::string what;
  for (const auto& [word, value] : words) {
    if (*field == word) return value;
    what.append(what.empty() ? "\"" : " or \"").append(word).append("\"");
  }
  fields.faults().expected(fields.path_of(name), what, *field);
  return std::nullopt;
}

/// Whether the field is there, be it null.
inline bool is_there(Fields& fields, const char* name) {
  return fields.object().contains(name);
}

}  // namespace unmuted::events::realtime

#include "characters/prompt_template.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

bool is_key(std::string_view key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), fits);
}

bool is_plain(const json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

std::string plain_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

tl::expected<std::string, std::string> text_of(std::string_view key, const json& values) {
  const auto found = values.find(key);
  if (found == values.end()) return tl::unexpected("no value is given for {{" + std::string(key) + "}}");
  if (is_plain(*found)) return plain_text(*found);
  const bool is_list = found->is_array() && std::all_of(found->begin(), found->end(), is_plain);
  if (!is_list && !found->empty()) {
    return tl::unexpected("the value for {{" + std::string(key) +
                          "}} is neither a text, a number nor a list of them");
  }
  std::string lines;
  for (const json& line : *found) lines.append(lines.empty() ? "" : "\n").append(plain_text(line));
  return lines;
}

}  // namespace

tl::expected<std::string, std::string> fill_template(std::string_view text, const json& values,
                                                     std::size_t max_bytes, UnknownKeys unknown) {
  std::string filled;
  const bool has_values = !values.is_null();
  const auto is_placeholder = [&](std::string_view key) {
    return is_key(key) && (unknown == UnknownKeys::are_errors || values.contains(key));
  };
  if (has_values && !values.is_object() && !values.empty()) {
    return tl::unexpected(std::string("the values are not a table by name"));
  }
  while (!text.empty()) {
    const std::size_t open = has_values ? text.find("{{") : std::string_view::npos;
    filled.append(text.substr(0, open));
    text.remove_prefix(std::min(open, text.size()));
    const std::size_t close = text.find("}}");
    if (!text.empty() && close != std::string_view::npos && is_placeholder(text.substr(2, close - 2))) {
      const auto value = text_of(text.substr(2, close - 2), values.is_object() ? values : json::object());
      if (!value) return value;
      filled.append(*value);
      text.remove_prefix(close + 2);
    } else if (!text.empty()) {
      filled.append(text.substr(0, 2));  // braces that are no placeholder
      text.remove_prefix(2);
    }
    if (filled.size() > max_bytes) {
      return tl::unexpected("the text becomes longer than " + std::to_string(max_bytes) + " bytes");
    }
  }
  return filled;
}

}  // namespace unmuted

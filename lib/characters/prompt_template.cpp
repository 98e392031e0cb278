#include "characters/prompt_template.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

bool is_in_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
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

/// The key of the placeholder that `text` begins with; empty when it begins with none. Looks no further than
/// a key can go, for a text may be all braces.
std::string_view leading_key(std::string_view text) {
  if (!text.starts_with("{{")) return {};
  text.remove_prefix(2);
  const auto end = std::find_if_not(text.begin(), text.end(), is_in_key);
  const std::string_view key = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  return text.substr(key.size()).starts_with("}}") ? key : std::string_view{};
}

std::size_t size_of_placeholder(std::string_view key) {
  return key.size() + 4;
}

/// One line of `text` without the placeholders that are not `known`; nothing when that was all of it.
template <class Known>
std::optional<std::string> without_unknown(std::string_view line, const Known& known) {
  std::string kept;
  bool left_out = false;
  bool other = false;  // than white space
  while (!line.empty()) {
    const std::string_view key = leading_key(line);
    if (!key.empty() && !known(key)) {
      kept += "\u2026";
      left_out = true;
      line.remove_prefix(size_of_placeholder(key));
      continue;
    }
    const std::size_t next = key.empty() ? std::max<std::size_t>(std::min(line.find("{{", 1), line.size()), 1)
                                         : size_of_placeholder(key);
    other = other || line.substr(0, next).find_first_not_of(" \t\r") != std::string_view::npos;
    kept.append(line.substr(0, next));
    line.remove_prefix(next);
  }
  if (left_out && !other) return std::nullopt;
  return kept;
}

template <class Known>
std::string without_unknown_keys(std::string_view text, const Known& known) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const bool last = end == std::string_view::npos;
    if (const auto line = without_unknown(text.substr(0, end), known)) {
      kept.append(*line);
      if (!last) kept += '\n';
    }
    text.remove_prefix(last ? text.size() : end + 1);
  }
  return kept;
}

/// The texts of values, each made once: a text may name the same long list thousands of times.
class Values {
 public:
  explicit Values(const json& values) : values_(values) {}

  tl::expected<std::string_view, std::string> text(std::string_view key) {
    const auto known = texts_.find(key);
    if (known != texts_.end()) return std::string_view(known->second);
    auto made = text_of(key, values_);
    if (!made) return tl::unexpected(std::move(made.error()));
    return std::string_view(texts_.emplace(key, *std::move(made)).first->second);
  }

 private:
  const json& values_;
  std::map<std::string_view, std::string> texts_;  ///< the keys are parts of the text
};

tl::expected<std::string, std::string> fill(std::string_view text, const json& given, std::size_t max_bytes) {
  const json none = json::object();
  Values values(given.is_object() ? given : none);
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = given.is_null() ? std::string_view::npos : text.find("{{");
    filled.append(text.substr(0, open));
    text.remove_prefix(std::min(open, text.size()));
    if (const std::string_view key = leading_key(text); !key.empty()) {
      const auto value = values.text(key);
      if (!value) return tl::unexpected(value.error());
      filled.append(*value);
      text.remove_prefix(size_of_placeholder(key));
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

}  // namespace

tl::expected<std::string, std::string> fill_template(std::string_view text, const json& values,
                                                     std::size_t max_bytes, UnknownKeys unknown) {
  if (!values.is_null() && !values.is_object() && !values.empty()) {
    return tl::unexpected(std::string("the values are not a table by name"));
  }
  std::string known_only;
  if (unknown == UnknownKeys::are_left_out) {
    known_only = without_unknown_keys(text, [&](std::string_view key) { return values.contains(key); });
    text = known_only;
  }
  return fill(text, values, max_bytes);
}

std::string without_placeholders(std::string_view text) {
  return without_unknown_keys(text, [](std::string_view) { return false; });
}

}  // namespace unmuted

#include "characters/formats/table.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/field_path.hpp"
#include "characters/script/state.hpp"
#include "core/utf8.hpp"

namespace unmuted::formats {
namespace {

using nlohmann::json;

const json empty_table = json::object();

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Why `text` breaks `rule`; empty when it does not.
std::string fault(std::string_view text, const TextRule& rule) {
  if (rule.required && is_blank(text)) return "is empty";
  if (text.size() > rule.max_bytes) {
    return "is " + std::to_string(text.size()) + " bytes long; " + std::to_string(rule.max_bytes) +
           " are the limit";
  }
  if (!rule.many_lines && has_control_character(text)) return "must be one line without control characters";
  return {};
}

}  // namespace

std::string_view kind_of(const json& value) {
  if (script::is_function(value)) return "a function";
  if (value.is_string()) return "a string";
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "a boolean";
  if (value.is_array() && !value.empty()) return "a list";
  return value.is_null() ? "nil" : "a table";
}

std::optional<Table> Table::of(const json& value, std::string path, Problems& problems) {
  if (kind_of(value) == "a table")
    return Table(value.is_object() ? value : empty_table, std::move(path), problems);
  problems.add(path, "invalid-field", "must be a table of named fields, not " + std::string(kind_of(value)));
  return std::nullopt;
}

Table::Table(const json& value, std::string path, Problems& problems)
    : value_(&value), path_(std::move(path)), problems_(&problems) {}

std::string Table::path_of(std::string_view key) const {
  return field_path(path_, key);
}

const json* Table::find(std::string_view key) const {
  const auto found = value_->find(key);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Table::text(std::string_view key, const TextRule& rule) {
  const json* value = find(key);
  if (value == nullptr) {
    if (rule.required) problems_->add(path_of(key), "missing-field", "is required");
    return std::nullopt;
  }
  if (!value->is_string() || script::is_function(*value)) {
    wrong_type(key, "a string", *value);
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  const std::string wrong = fault(text, rule);
  if (!wrong.empty()) {
    problems_->add(path_of(key), "invalid-field", wrong);
    return std::nullopt;
  }
  return text;
}

std::optional<bool> Table::boolean(std::string_view key) {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  wrong_type(key, "true or false", *value);
  return std::nullopt;
}

std::optional<double> Table::number(std::string_view key) {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  wrong_type(key, "a number", *value);
  return std::nullopt;
}

std::optional<std::vector<std::string>> Table::texts(std::string_view key, std::size_t max_count,
                                                     const TextRule& rule) {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (kind_of(*value) == "a table" && value->empty()) return std::vector<std::string>{};
  if (!value->is_array()) {
    wrong_type(key, "a list of strings", *value);
    return std::nullopt;
  }
  if (value->size() > max_count) {
    too_many(key, *value, max_count);
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const json& entry = (*value)[i];
    const bool is_text = entry.is_string() && !script::is_function(entry);
    const std::string wrong = is_text ? fault(entry.get_ref<const std::string&>(), rule)
                                      : "must be a string, not " + std::string(kind_of(entry));
    if (wrong.empty())
      texts.push_back(entry.get<std::string>());
    else
      problems_->add(field_path(path_of(key), i + 1), "invalid-field", wrong);
  }
  return texts;
}

std::map<std::string, std::string, std::less<>> Table::texts_by_name(std::string_view key,
                                                                     std::size_t max_count,
                                                                     const TextRule& rule) {
  std::map<std::string, std::string, std::less<>> texts;
  auto named = table(key, false);
  if (!named) return texts;
  if (named->value_->size() > max_count) {
    too_many(key, *named->value_, max_count);
    return texts;
  }
  for (const auto& [name, value] : named->value_->items()) {
    if (auto text = named->text(name, rule)) texts.emplace(name, std::move(*text));
  }
  return texts;
}

std::optional<Table> Table::table(std::string_view key, bool required) {
  const json* value = find(key);
  if (value != nullptr) return of(*value, path_of(key), *problems_);
  if (required) problems_->add(path_of(key), "missing-field", "is required");
  return std::nullopt;
}

bool Table::function(std::string_view key) {
  const json* value = find(key);
  if (value == nullptr) return false;
  if (script::is_function(*value)) return true;
  wrong_type(key, "a function", *value);
  return false;
}

void Table::warn_of_others(const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (!problems_->has_room("unknown-field")) return;
    const std::string_view nearest = nearest_name(key, known);
    problems_->add(path_of(shorten(key, 100)), "unknown-field", "is not a field here; it is ignored",
                   nearest.empty() ? std::string() : "did you mean '" + std::string(nearest) + "'?");
  }
}

void Table::wrong_type(std::string_view key, std::string_view wanted, const json& value) {
  problems_->add(path_of(key), "invalid-field",
                 "must be " + std::string(wanted) + ", not " + std::string(kind_of(value)));
}

void Table::too_many(std::string_view key, const json& value, std::size_t max_count) {
  problems_->add(
      path_of(key), "invalid-field",
      "holds " + std::to_string(value.size()) + " entries; " + std::to_string(max_count) + " are the limit");
}

}  // namespace unmuted::formats

#include "events/fields.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted::events {

using nlohmann::json;

std::string describe(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return '"' + printable(shorten(value.get_ref<const std::string&>(), 40)) + '"';
  return value.dump();
}

std::string bytes_over(std::size_t size, std::size_t limit) {
  return "at most " + std::to_string(limit) + " bytes are allowed, got " + std::to_string(size);
}

void Faults::add(std::string path, std::string message) {
  structural_ = true;
  list_.push_back({std::move(path), std::move(message)});
}

void Faults::expected(std::string path, std::string_view what, const json& got) {
  add(std::move(path), "expected " + std::string(what) + ", got " + describe(got));
}

void Faults::bad_text(std::string path, std::string message) {
  list_.push_back({std::move(path), std::move(message)});
}

Refusal Faults::to_refusal(std::string request_id, std::string_view code) && {
  std::string message;
  for (const Fault& fault : list_) {
    if (!message.empty()) message += "; ";
    message += fault.path.empty() ? fault.message : fault.path + ": " + fault.message;
  }
  return {.request_id = std::move(request_id),
          .code = std::string(code),
          .message = shorten(message, max_refusal_message),
          .param = list_.front().path,
          .faults = std::move(list_)};
}

json* Fields::optional(const char* name) {
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

json* Fields::required(const char* name, std::string_view what) {
  json* field = optional(name);
  if (field == nullptr) faults_.add(path_of(name), "expected " + std::string(what) + ", but it is missing");
  return field;
}

std::optional<bool> Fields::optional_bool(const char* name) {
  const json* field = optional(name);
  if (field == nullptr) return std::nullopt;
  if (field->is_boolean()) return field->get<bool>();
  faults_.expected(path_of(name), "true or false", *field);
  return std::nullopt;
}

std::optional<Fields> Fields::required_object(const char* name) {
  json* field = required(name, "an object");
  if (field == nullptr) return std::nullopt;
  if (field->is_object()) return Fields(*field, path_of(name), faults_);
  faults_.expected(path_of(name), "an object", *field);
  return std::nullopt;
}

bool Fields::must_be_one_of(const char* name, std::initializer_list<std::string_view> values) {
  std::string what;
  for (const std::string_view value : values)
    what.append(what.empty() ? "\"" : " or \"").append(value).append("\"");
  const json* field = required(name, what);
  if (field == nullptr) return false;
  const auto is_it = [field](std::string_view value) { return *field == value; };
  if (std::any_of(values.begin(), values.end(), is_it)) return true;
  faults_.expected(path_of(name), what, *field);
  return false;
}

std::string Fields::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + '.' + std::string(name);
}

std::optional<std::string> Fields::as_string(json* field, const char* name) {
  if (field == nullptr) return std::nullopt;
  if (field->is_string()) return std::move(field->get_ref<std::string&>());
  faults_.expected(path_of(name), "a string", *field);
  return std::nullopt;
}

}  // namespace unmuted::events

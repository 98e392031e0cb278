#include "probe/variables.hpp"

#include <algorithm>
#include <optional>

#include "core/json.hpp"
#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

Result<const Json*> find(std::string_view name, const Lookup& lookup) {
  if (const Json* value = lookup(name)) return value;
  return fail("unknown_variable", "there is no variable ${" + printable(name) +
                                      "}: give it with --var, or capture it in an earlier step");
}

/// The name when all of `text` is one `${NAME}`.
std::optional<std::string_view> only_variable(std::string_view text) {
  if (!text.starts_with("${") || text.find('}') != text.size() - 1) return std::nullopt;
  return text.substr(2, text.size() - 3);
}

Result<void> take(Room& room, std::size_t bytes) {
  if (bytes > room.bytes) {
    return fail("text_too_long", "with its variables replaced, this is longer than 16 MiB");
  }
  room.bytes -= bytes;
  return {};
}

/// Appends to a text as long as there is room.
class Interpolation {
 public:
  Interpolation(const Lookup& lookup, Room& room) : lookup_(lookup), room_(room) {}

  Result<std::string> of(std::string_view text) {
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      auto added = add(text.substr(0, dollar));
      text.remove_prefix(dollar);
      if (added && !text.empty()) added = add_sign(text);
      if (!added) return tl::unexpected(added.error());
    }
    return std::move(out_);
  }

 private:
  /// Takes from `text` what its `$` begins.
  Result<void> add_sign(std::string_view& text) {
    const std::size_t end = text.find('}');
    const bool is_escape = text.starts_with("$${");
    const bool is_variable = text.starts_with("${") && end != std::string_view::npos;
    const std::string_view sign = text.substr(0, is_escape ? 3 : is_variable ? end + 1 : 1);
    text.remove_prefix(sign.size());
    if (is_escape) return add("${");
    if (!is_variable) return add(sign);
    const auto value = find(sign.substr(2, sign.size() - 3), lookup_);
    if (!value) return tl::unexpected(value.error());
    return (*value)->is_string() ? add((*value)->get_ref<const std::string&>()) : add(write_json(**value));
  }

  Result<void> add(std::string_view text) {
    if (auto taken = take(room_, text.size()); !taken) return taken;
    out_ += text;
    return {};
  }

  const Lookup& lookup_;
  Room& room_;
  std::string out_;
};

Result<Json> copy_of(const Json& value, Room& room) {
  const bool is_text = value.is_string();
  const std::size_t bytes = is_text ? value.get_ref<const std::string&>().size() : write_json(value).size();
  if (auto taken = take(room, bytes); !taken) return tl::unexpected(taken.error());
  return value;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

Result<Json> substitute(const std::string& text, const Lookup& lookup, Room& room) {
  if (const auto name = only_variable(text)) {
    const auto value = find(*name, lookup);
    if (!value) return tl::unexpected(value.error());
    return copy_of(**value, room);
  }
  return substitute_text(text, lookup, room).map([](std::string whole) { return Json(std::move(whole)); });
}

Result<Json> substitute(const Json& document, const Lookup& lookup, Room& room) {
  if (document.is_string()) return substitute(document.get_ref<const std::string&>(), lookup, room);
  if (!document.is_structured()) return document;
  Json copy = document;
  for (Json& child : copy) {
    auto value = substitute(std::as_const(child), lookup, room);
    if (!value) return value;
    child = std::move(*value);
  }
  return copy;
}

Result<std::string> substitute_text(const std::string& text, const Lookup& lookup, Room& room) {
  return Interpolation(lookup, room).of(text);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace unmuted::probe

#include "probe/variables.hpp"

#include <algorithm>
#include <optional>

#include "core/json.hpp"
#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : write_json(value);
}

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

Result<std::string> interpolate(std::string_view text, const Lookup& lookup) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t dollar = std::min(text.find('$', i), text.size());
    out += text.substr(i, dollar - i);
    const std::string_view rest = text.substr(dollar);
    if (rest.starts_with("$${")) {
      out += "${";
      i = dollar + 3;
    } else if (const std::size_t end = rest.find('}'); rest.starts_with("${") && end != rest.npos) {
      const auto value = find(rest.substr(2, end - 2), lookup);
      if (!value) return tl::unexpected(value.error());
      out += as_text(**value);
      i = dollar + end + 1;
    } else {
      out += rest.substr(0, 1);
      i = dollar + 1;
    }
  }
  return out;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

Result<Json> substitute(const std::string& text, const Lookup& lookup) {
  if (const auto name = only_variable(text)) {
    return find(*name, lookup).map([](const Json* value) { return *value; });
  }
  return interpolate(text, lookup).map([](std::string whole) { return Json(std::move(whole)); });
}

Result<Json> substitute(const Json& document, const Lookup& lookup) {
  if (document.is_string()) return substitute(document.get_ref<const std::string&>(), lookup);
  if (!document.is_structured()) return document;
  Json copy = document;
  for (Json& child : copy) {
    auto value = substitute(std::as_const(child), lookup);
    if (!value) return value;
    child = std::move(*value);
  }
  return copy;
}

Result<std::string> substitute_text(const std::string& text, const Lookup& lookup) {
  return interpolate(text, lookup);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace unmuted::probe

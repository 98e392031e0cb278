#include "probe/label_reader.hpp"

namespace unmuted::probe {
namespace {

bool take(std::string_view& text, std::string_view token) {
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

/// The value up to its closing quotation mark, with \\, \" and \n resolved.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
      continue;
    }
    if (text.empty()) return std::nullopt;
    value += text.front() == 'n' ? '\n' : text.front();
    text.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::map<std::string, std::string>> take_labels(std::string_view& text) {
  std::map<std::string, std::string> labels;
  take(text, "{");
  while (!take(text, "}")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    if (!take(text, "\"")) return std::nullopt;
    auto value = take_value(text);
    if (!value) return std::nullopt;
    labels[name] = std::move(*value);
    take(text, ",");
  }
  return labels;
}

}  // namespace unmuted::probe

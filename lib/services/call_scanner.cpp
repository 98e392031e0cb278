#include "services/call_scanner.hpp"

#include <algorithm>
#include <string>

#include "core/json.hpp"
#include "services/json_extent.hpp"
#include "services/reply_markup.hpp"
#include "services/text_signs.hpp"

namespace unmuted {
namespace {

bool is_in_name(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

}  // namespace

bool CallScanner::is_at_name() const {
  return !rest_.empty() && is_in_name(rest_.front());
}

std::optional<nlohmann::json> CallScanner::take_json() {
  JsonExtent extent;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    if (!extent.take(rest_[i])) continue;
    auto value = read_json(rest_.substr(0, i + 1));
    rest_.remove_prefix(i + 1);
    if (!value) return std::nullopt;
    return std::move(*value);
  }
  return std::nullopt;
}

std::string_view CallScanner::take_name() {
  const auto* end = std::find_if_not(rest_.begin(), rest_.end(), is_in_name);
  const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(name.size());
  return name;
}

std::optional<std::string_view> CallScanner::take_tag() {
  const std::size_t end = rest_.find('>');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view tag = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return tag;
}

std::optional<std::string_view> CallScanner::take_element(std::string_view opener, std::string_view closer) {
  const std::size_t end = rest_.find(closer);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view content = rest_.substr(opener.size(), end - opener.size());
  rest_.remove_prefix(end + closer.size());
  return content;
}

std::string_view CallScanner::take_until(std::initializer_list<std::string_view> ends) {
  std::size_t end = rest_.size();
  for (const std::string_view mark : ends) end = std::min(end, rest_.find(mark));
  const std::string_view content = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return content;
}

void CallScanner::skip_blanks() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
}

bool CallScanner::skip(std::string_view piece) {
  if (!is_at(piece)) return false;
  rest_.remove_prefix(piece.size());
  return true;
}

void CallScanner::skip_between() {
  for (;;) {
    const std::size_t before = rest_.size();
    skip_blanks();
    if (!skip(",")) skip(";");
    skip_token();
    skip_fence();
    if (rest_.size() == before) return;
  }
}

bool CallScanner::skip_separators() {
  bool token = false;
  for (;;) {
    const std::size_t before = rest_.size();
    skip_blanks();
    token = skip_token() || token;
    skip_fence();
    if (skip("[CALL_ID]")) take_name();
    skip("[ARGS]");
    if (rest_.size() == before) return token;
  }
}

/// A special token, or a tag that only encloses.
bool CallScanner::skip_token() {
  const Markup markup = markup_at(rest_);
  if (rest_.empty() || markup.fit != Markup::Fit::whole) return false;
  const MarkupMeaning* meaning = meaning_of(markup.name);
  if (meaning != nullptr && meaning->opener_belongs) return false;
  rest_.remove_prefix(markup.length);
  return true;
}

void CallScanner::skip_fence() {
  if (skip("```")) take_name();
}

std::optional<std::string_view> tag_attribute(std::string_view tag, std::string_view name) {
  const std::size_t at = tag.find(std::string(name) + "=");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = tag.substr(at + name.size() + 1);
  const char quote = value.empty() ? '\0' : value.front();
  if (quote != '"' && quote != '\'') return trimmed(value);
  const std::size_t end = value.find(quote, 1);
  if (end == std::string_view::npos) return std::nullopt;
  return value.substr(1, end - 1);
}

}  // namespace unmuted

#include "services/bare_call.hpp"

#include <algorithm>
#include <array>

#include "services/text_signs.hpp"

namespace unmuted {
namespace {

using Fit = Markup::Fit;

constexpr std::size_t max_begin = 256;  ///< bytes up to the first key
constexpr std::string_view fence = "```";

/// With one of these as its first key an object may be a tool call.
constexpr std::array<std::string_view, 12> call_keys{"name",          "tool_name",  "tool", "function",
                                                     "function_call", "type",       "id",   "arguments",
                                                     "parameters",    "tool_calls", "args", "input"};

bool is_in_language(char c) {
  return is_letter_or_digit(c) || (c & '\x80') != 0 || c == '_';
}

/// Reads up to the end of the first key.
class BeginReader {
 public:
  explicit BeginReader(std::string_view text) : text_(text) {}

  BareBegin read() {
    if (const Fit fit = read_fence(); fit != Fit::whole) return {fit, 0};
    const std::size_t json = at_;
    return {read_json(), json};
  }

 private:
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] Fit so_far() const { return text_.size() < max_begin ? Fit::unsure : Fit::none; }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }

  Fit read_fence() {
    if (!at('`')) return Fit::whole;
    const std::string_view begin = text_.substr(0, fence.size());
    if (begin != fence) return fence.starts_with(begin) ? Fit::unsure : Fit::none;
    at_ = fence.size();
    while (!at_end() && is_in_language(text_[at_])) ++at_;
    while (at(' ') || at('\r')) ++at_;
    if (at_end()) return so_far();
    if (!at('\n')) return Fit::none;
    skip_blanks();
    return at_end() ? so_far() : Fit::whole;
  }

  Fit read_json() {
    if (at('[')) {
      ++at_;
      skip_blanks();
    }
    if (at_end()) return so_far();
    if (!at('{')) return Fit::none;
    ++at_;
    skip_blanks();
    if (at_end()) return so_far();
    if (!at('"')) return Fit::none;
    ++at_;
    return read_key();
  }

  Fit read_key() {
    const std::size_t end = text_.find('"', at_);
    const bool whole = end != std::string_view::npos;
    const std::string_view key = text_.substr(at_, whole ? end - at_ : end);
    const bool known = std::any_of(call_keys.begin(), call_keys.end(), [&](std::string_view call_key) {
      return whole ? call_key == key : call_key.starts_with(key);
    });
    if (!known) return Fit::none;
    return whole ? Fit::whole : so_far();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

BareBegin bare_begin(std::string_view text) {
  return BeginReader(text).read();
}

BareCall::Found BareCall::take(char c) {
  json_ += c;
  if (extent_.take(c)) return Found::whole;
  return json_.size() > max_bytes ? Found::too_long : Found::unfinished;
}

}  // namespace unmuted

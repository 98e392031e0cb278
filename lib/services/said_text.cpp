#include "services/said_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "services/text_signs.hpp"

namespace unmuted {
namespace {

constexpr std::size_t max_blanks = 4096;  ///< before the first word
constexpr std::size_t longest_sign = 3;   ///< bytes of those below

/// Signs that belong to what is after them, and to what is before them.
constexpr std::array<std::string_view, 11> opening{"(", "[", "{", "“", "„", "‘", "«", "‹", "¿", "¡", "「"};
constexpr std::array<std::string_view, 29> closing{".",  ",",  ";",  ":",  "!",  "?",  ")",  "]",  "}",  "%",
                                                   "'",  "…",  "”",  "’",  "»",  "›",  "。", "，", "、", "；",
                                                   "：", "！", "？", "）", "」", "』", "】", "》", "♪"};

/// Whether `text` is the beginning of a character.
bool is_cut_off(std::string_view text) {
  if (text.empty()) return true;
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  return text.size() < length;
}

}  // namespace

std::vector<ReplyText> SaidText::take() {
  handed_out_ = handed_out_ || !texts_.empty();
  return std::exchange(texts_, {});
}

void SaidText::begin_afresh() {
  texts_.clear();
  if (handed_out_) texts_.push_back({"", true});
  begun_ = false;
  after_gap_.clear();
  quoted_ = false;
  code_ = CodeSpans();
}

void SaidText::remove() {
  end_gap();
  blanks_.clear();
  if (begun_) gap_ = true;
  if (!begun_) removed_ = true;
  line_start_ = true;
}

void SaidText::say(std::string_view text) {
  if (text.empty()) return;
  code_.take(text);
  if (!begun_ && !say_begin(text)) return;
  if (gap_) {
    after_gap_ += text;
    if (is_cut_off(after_gap_)) return;
    end_gap();
  } else {
    put(text);
  }
  const std::size_t last_break = text.rfind('\n');
  if (last_break != std::string_view::npos) {
    line_start_ = true;
    text.remove_prefix(last_break + 1);
  }
  if (!is_all_blank(text)) line_start_ = false;
}

/// Takes the blanks before the first word off `text`; false when it has nothing else.
bool SaidText::say_begin(std::string_view& text) {
  const std::size_t word = std::min(text.find_first_not_of(blanks), text.size());
  const std::string_view before = text.substr(0, word);
  if (!removed_ && blanks_.size() < max_blanks) blanks_ += before;
  if (before.find('\n') != std::string_view::npos) line_start_ = true;
  text.remove_prefix(word);
  if (text.empty()) return false;
  begun_ = true;
  gap_ = false;
  put(std::exchange(blanks_, {}));
  return true;
}

void SaidText::put(std::string_view text) {
  if (text.empty()) return;
  if (texts_.empty() || texts_.back().afresh) texts_.emplace_back();
  texts_.back().text += text;
  last_ += text.substr(text.size() - std::min(text.size(), longest_sign));
  if (last_.size() > longest_sign) last_.erase(0, last_.size() - longest_sign);
  for (const char c : text) quoted_ = c == '"' ? !quoted_ : quoted_ && c != '\n';
}

/// What was said before something that was removed, and what is said after it, are not one word.
void SaidText::end_gap() {
  if (after_gap_.empty()) return;
  gap_ = false;
  const std::string text = std::exchange(after_gap_, {});
  if (parts(text)) put(" ");
  put(text);
}

bool SaidText::parts(std::string_view text) const {
  if (last_.empty() || is_blank(last_.back()) || is_blank(text.front())) return false;
  if (text.front() == '"') return !quoted_;
  if (last_.back() == '"' && quoted_) return false;
  const auto ends = [this](std::string_view sign) { return last_.ends_with(sign); };
  const auto begins = [&](std::string_view sign) { return text.starts_with(sign); };
  return std::none_of(opening.begin(), opening.end(), ends) &&
         std::none_of(closing.begin(), closing.end(), begins);
}

}  // namespace unmuted

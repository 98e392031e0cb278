#include "conversation/markdown/line_begin.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "conversation/markdown/address.hpp"
#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::size_t max_held_bytes = 256;
constexpr std::size_t max_number_digits = 3;

/// A line of signs between white space: a rule, or what underlines a heading, or an item without words.
bool is_rule(std::string_view line) {
  const std::string_view signs = trim(line);
  const auto count = static_cast<std::size_t>(std::count(signs.begin(), signs.end(), signs[0]));
  const bool unbroken = count == signs.size();
  switch (signs[0]) {
    case '=':
      return unbroken && count >= 2;
    case '-':
      return unbroken || count >= 3;
    case '_':
      return count >= 3;
    default:
      return count == 1 || (signs[0] == '*' && count >= 3);
  }
}

bool is_round_bullet(char32_t c) {
  constexpr std::u32string_view bullets = U"\u2022\u2023\u25E6\u2043\u2219\u25CF\u25CB\u25A0\u25A1\u00B7";
  return bullets.find(c) != std::u32string_view::npos;
}

/// What is left of a line of signs without the bullets at its beginning: "- * x" is an item in an item.
std::string_view without_bullets(std::string_view line, char bullet) {
  if (!is_one_of(bullet, "-*+")) return line;
  while (line.size() > 1 && line[0] == bullet && line[1] == ' ') {
    line.remove_prefix(std::min(line.find_first_not_of(' ', 1), line.size()));
  }
  return line;
}

bool is_task_box(std::string_view text) {
  return text == "[ ]" || text == "[x]" || text == "[X]";
}

}  // namespace

LineBegin::Found LineBegin::hold(std::string_view bytes) {
  held_ += bytes;
  return Found::undecided;
}

LineBegin::Found LineBegin::pass_over(Found mark) {
  held_.clear();
  return mark;
}

LineBegin::Found LineBegin::take(const TextCharacter& c, bool in_table) {
  if (c.kind == TextKind::invisible && c.value != keycap) return Found::undecided;
  if (held_.empty()) return take_first(c, in_table);
  switch (held_[0]) {
    case '#':
      return take_heading(c);
    case '>':
      return take_quote(c);
    case '[':
      return take_bracket(c);
    case '`':
    case '~':
      return take_fence(c);
    default:
      if (is_digit(held_[0])) return take_number(c);
      if (static_cast<unsigned char>(held_[0]) >= 0x80) return take_round_bullet(c);
      return take_rule_or_bullet(c);
  }
}

LineBegin::Found LineBegin::take_first(const TextCharacter& c, bool in_table) {
  if (c.is_newline()) return Found::empty_line;
  if (c.is_blank()) return Found::blank;
  if (in_table || c.is('|')) return Found::row;
  const bool sign = c.is_ascii() && is_one_of(c.bytes[0], "#>-*+_=:[`~0123456789");
  return sign || is_round_bullet(c.value) ? hold(c.bytes) : Found::words;
}

LineBegin::Found LineBegin::take_heading(const TextCharacter& c) {
  if (c.is('#') && held_.size() < 6) return hold(c.bytes);
  return c.is_blank() || c.is_newline() ? pass_over(Found::heading) : Found::words;
}

LineBegin::Found LineBegin::take_quote(const TextCharacter& c) {
  const bool comparison = c.is('=') || (c.is_ascii() && is_digit(c.bytes[0]));
  return comparison ? Found::words : pass_over(Found::mark);
}

LineBegin::Found LineBegin::take_rule_or_bullet(const TextCharacter& c) {
  const char sign = held_[0];
  if (c.is_blank() || c.is(sign)) {
    if (held_.size() < max_held_bytes) held_ += c.is(sign) ? sign : ' ';
    return Found::undecided;
  }
  if (c.is_newline()) return is_rule(held_) ? pass_over(Found::rule) : Found::words;
  const bool bullet = held_.size() > 1 && held_[1] == ' ';
  const bool table = (sign == '-' && !bullet && (c.is('|') || c.is(':'))) || (held_ == ":" && c.is('-'));
  if (table) return Found::row;
  const std::size_t bullets = held_.size() - without_bullets(held_, sign).size();
  if (bullets == 0) return Found::words;
  held_.erase(0, bullets);
  in_item_ = true;
  return Found::item;
}

/// A list begins with 1 and goes on by one: "1986. A great year" is a sentence, "24. Dezember" a date.
LineBegin::Found LineBegin::take_number(const TextCharacter& c) {
  const char last = held_.back();
  const char next = c.is_ascii() ? c.bytes[0] : 'x';
  const bool number = is_digit(last) && held_.size() <= max_number_digits;
  const bool goes_on = number ? is_digit(next) || next == '.' || next == ')'
                              : !is_digit(last) && c.is_blank() && held_.size() < max_held_bytes;
  if (goes_on) return hold(c.is_blank() ? " " : c.bytes);
  if (last != ' ' || c.is_newline()) return Found::words;
  const auto value = static_cast<unsigned>(std::stoul(held_));
  if (value != 1 && value != last_number_ + 1) return Found::words;
  last_number_ = value;
  in_item_ = true;
  return pass_over(Found::item);
}

LineBegin::Found LineBegin::take_round_bullet(const TextCharacter& c) {
  if (c.is_newline()) return Found::words;
  const bool dot = held_ == "\u2022";  // the others also mean something
  if (!c.is_blank() && !dot) return Found::words;
  in_item_ = true;
  return pass_over(Found::item);
}

/// [x] of a task, [^1]: of a footnote, [label]: https://… that defines where links go.
LineBegin::Found LineBegin::take_bracket(const TextCharacter& c) {
  const std::size_t close = held_.find(']');
  if (held_.size() >= max_held_bytes || (close == none && (c.is_newline() || c.is('[')))) {
    return Found::words;
  }
  if (close == none) return hold(c.bytes);
  const std::string_view after = std::string_view(held_).substr(close + 1);
  const bool space = c.is_blank() || c.is_newline();
  if (after.empty() && in_item_ && space && is_task_box(held_)) return pass_over(Found::mark);
  if (after.empty() && c.is(':') && held_.starts_with("[^")) return pass_over(Found::footnote);
  const bool defines = after.empty() ? c.is(':') : after == ":" ? c.is_blank() : !space || trim(after) == ":";
  if (defines && !c.is_newline()) return hold(c.bytes);
  if (after.empty() || !is_address(trim(after.substr(1)))) return Found::words;
  return pass_over(Found::definition);
}

LineBegin::Found LineBegin::take_fence(const TextCharacter& c) {
  const char sign = held_[0];
  const std::size_t run = run_length(held_, 0);
  const bool in_run = run == held_.size();
  if (in_run && c.is(sign)) return held_.size() < max_held_bytes ? hold(c.bytes) : Found::undecided;
  const bool code_in_line = sign == '`' && c.is('`');
  if (run < 3 || code_in_line) return Found::words;
  return c.is_newline() || held_.size() >= max_held_bytes ? Found::fence : hold(c.bytes);
}

}  // namespace unmuted::markdown

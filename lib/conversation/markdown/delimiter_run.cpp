#include "conversation/markdown/delimiter_run.hpp"

#include <algorithm>

#include "conversation/markdown/signs.hpp"
#include "core/unicode.hpp"

namespace unmuted::markdown {
namespace {

/// A regular expression, by its anchors.
bool looks_like_pattern(std::string_view text) {
  if (text.find('^') != none) return true;
  for (std::size_t i = text.find('$'); i < text.size(); i = text.find('$', i)) {
    const std::size_t dollars = run_length(text, i);
    i += dollars;
    if (dollars == 1 && (i == text.size() || !is_letter_or_digit(text[i]))) return true;
  }
  return false;
}

}  // namespace

DelimiterRun DelimiterReader::read(std::size_t at, std::size_t length) {
  const std::size_t end = at + length;
  const char previous = at > 0 ? text_[at - 1] : '\0';
  const char next = end < text_.size() ? text_[end] : '\0';
  const Side left = before(at), right = after(end);
  const bool left_flanking = right == Side::letter || (right == Side::punctuation && left != Side::letter);
  const bool right_flanking = left == Side::letter || (left == Side::punctuation && right != Side::letter);
  const bool ascii_before = is_letter_or_digit(previous);
  const bool before_closing_sign = is_before_closing_sign(end);

  DelimiterRun run;
  run.sign = text_[at];
  run.length = run.left = length;
  run.opens = left_flanking && !before_closing_sign;
  run.closes = right_flanking;
  run.alone = left == Side::space && right == Side::space;
  run.between_letters = ascii_before && is_letter_or_digit(next);
  run.after_script = left == Side::letter && right == Side::letter &&
                     last_code_point(text_.substr(0, at)).value >= first_spaceless_script;
  run.after_space = left == Side::space;
  run.after_digit = is_digit(previous);
  run.before_digit = is_digit(next);
  run.before_quotation = is_before_quotation(end, ascii_before);
  run.may_pair_anyhow = run.opens || run.before_quotation || next == '(' || next == '[' ||
                        (!ascii_before && right != Side::space && !before_closing_sign);
  if (run.sign == '_') {  // not within a word, nor in a name such as %_x
    const bool in_name = at > 0 && is_one_of(previous, "%$@#=+^");
    run.opens = run.opens && (!right_flanking || left == Side::punctuation) && !in_name;
    run.closes = run.closes && (!left_flanking || right == Side::punctuation);
  }
  if (is_no_emphasis(run, at)) run.opens = run.closes = run.may_pair_anyhow = run.before_quotation = false;
  return run;
}

bool DelimiterReader::is_no_emphasis(const DelimiterRun& run, std::size_t at) {
  if (run.after_digit && run.before_digit) return true;
  if (is_face(at, run.length) || (run.sign == '~' && run.length != 2)) return true;
  return run.sign == '*' && run.length == 1 && is_repetition(at);
}

DelimiterReader::Side DelimiterReader::side_of(char32_t beside) {
  if (beside == static_cast<unsigned char>(separator)) return Side::punctuation;
  switch (kind_of(beside)) {
    case TextKind::white_space:
    case TextKind::line_break:
      return Side::space;
    case TextKind::punctuation:
    case TextKind::text_pictograph:
    case TextKind::pictograph:
      return Side::punctuation;
    default:
      return Side::letter;
  }
}

DelimiterReader::Side DelimiterReader::before(std::size_t at) const {
  if (at > 0) return side_of(last_code_point(text_.substr(0, at)).value);
  return cut_ == Cut::before || cut_ == Cut::both ? Side::letter : Side::space;
}

DelimiterReader::Side DelimiterReader::after(std::size_t end) const {
  if (end < text_.size()) return side_of(first_code_point(text_.substr(end)).value);
  return cut_ == Cut::after || cut_ == Cut::both ? Side::letter : Side::space;
}

/// No words begin here: *.txt, */5, ____,
bool DelimiterReader::is_before_closing_sign(std::size_t end) const {
  if (end >= text_.size() || text_.substr(end).starts_with("..")) return false;
  return is_one_of(text_[end], ".,;:!?)]}/%");
}

/// A quotation mark with a letter after it, or an opening bracket.
bool DelimiterReader::is_before_quotation(std::size_t end, bool ascii_before) const {
  const CodePoint sign = first_code_point(text_.substr(end));
  if (sign.bytes == 0) return false;
  if (sign.value == '(' || sign.value == '[') return !ascii_before;
  if (sign.value == '"' || sign.value == '\'' || sign.value == '`') {
    return end + 1 < text_.size() && after(end + 1) == Side::letter;
  }
  return opening_signs.find(sign.value) != std::u32string_view::npos;
}

/// ^_^ and its like.
bool DelimiterReader::is_face(std::size_t at, std::size_t length) const {
  if (at == 0 || at + length >= text_.size() || length > 1) return false;
  const char beside = text_[at - 1];
  return beside == text_[at + 1] && is_ascii_punctuation(beside) && !is_one_of(beside, "\"'*_~`");
}

/// The star of a pattern: ^a.*b$
bool DelimiterReader::is_repetition(std::size_t at) {
  if (at == 0 || !is_one_of(text_[at - 1], ".])")) return false;
  if (!is_pattern_) is_pattern_ = looks_like_pattern(text_);
  return *is_pattern_;
}

}  // namespace unmuted::markdown

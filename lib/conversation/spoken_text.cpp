#include "conversation/spoken_text.hpp"

#include <algorithm>
#include <utility>

namespace unmuted {
namespace {

constexpr std::size_t none = std::string_view::npos;
constexpr std::size_t max_line_begin_bytes = 256;
constexpr std::size_t max_row_bytes = 1024;
constexpr std::size_t max_pipe_bytes = 256;  ///< a lone | is hardly ever a table's
constexpr std::size_t max_number_digits = 3;
constexpr std::string_view blanks = " \t\r\v\f";
constexpr TextCharacter newline{'\n', TextKind::line_break, "\n"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return blanks.find(c) != none;
}

/// How many bytes the character that begins with `lead` has; 0 when none begins with it.
std::size_t expected_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

/// Whether more bytes could make these a character.
bool may_go_on(std::string_view bytes) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return expected_length(static_cast<unsigned char>(bytes[0])) > bytes.size() &&
         std::all_of(bytes.begin() + 1, bytes.end(), is_continuation);
}

TextCharacter character_at(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) return {byte, kind_of(byte), text.substr(0, 1)};
  const CodePoint first = first_code_point(text);
  return {first.value, first.bytes == 0 ? TextKind::invisible : kind_of(first.value),
          text.substr(0, first.bytes)};
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80 && is_plain(text[length])) {
    ++length;
  }
  return length;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == none) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool consists_of(std::string_view text, std::string_view signs) {
  return text.find_first_not_of(signs) == none;
}

// ---- Rules --------------------------------------------------------------------------------------------

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

// ---- Tables -------------------------------------------------------------------------------------------

/// |---|:--:|
bool is_table_rule(std::string_view line) {
  line = trim(line);
  return line.find('|') != none && line.find('-') != none && consists_of(line, "|-: \t");
}

/// Whether a line that may stand alone is a row: |x| can be a number's amount.
bool is_row(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('|') || std::count(line.begin(), line.end(), '|') < 2) return false;
  return line.ends_with('|') || is_blank(line[1]);
}

/// The end of the cell that begins at `begin`: the next | that is neither escaped nor code.
std::size_t cell_end(std::string_view row, std::size_t begin) {
  bool code = false;
  for (std::size_t i = begin; i < row.size(); ++i) {
    if (row[i] == '\\') {
      ++i;
    } else if (row[i] == '`') {
      code = !code && row.find('`', i + 1) != none;
    } else if (row[i] == '|' && !code) {
      return i;
    }
  }
  return row.size();
}

}  // namespace

// ---- Characters ---------------------------------------------------------------------------------------

std::vector<std::string> SpokenText::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (mode_ == Mode::words && incomplete_.empty()) {
      const std::size_t plain = plain_prefix(piece.substr(0, words_.room_for_plain()));
      if (plain > 0) {
        words_.take_plain(piece.substr(0, plain));
        piece.remove_prefix(plain);
        continue;
      }
    }
    piece.remove_prefix(take_from(piece));
  }
  return words_.take_words();
}

std::vector<std::string> SpokenText::finish() {
  incomplete_.clear();
  take(newline);
  take(newline);
  std::vector<std::string> last = words_.take_words();
  *this = SpokenText();
  return last;
}

/// Takes the first character of `piece`, or what there is of it. Answers how many bytes that were.
std::size_t SpokenText::take_from(std::string_view piece) {
  if (!incomplete_.empty()) {
    incomplete_ += piece[0];
    take_incomplete();
    return 1;
  }
  const TextCharacter c = character_at(piece);
  if (!c.bytes.empty()) {
    take(c);
    return c.bytes.size();
  }
  if (!may_go_on(piece)) return 1;  // ill-formed
  incomplete_ = piece;
  return piece.size();
}

void SpokenText::take_incomplete() {
  const std::string bytes = std::exchange(incomplete_, {});
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const TextCharacter c = character_at(rest);
    if (c.bytes.empty() && may_go_on(rest)) {
      incomplete_ = rest;
      return;
    }
    if (!c.bytes.empty()) take(c);
    rest.remove_prefix(std::max<std::size_t>(c.bytes.size(), 1));
  }
}

void SpokenText::take(const TextCharacter& c) {
  switch (mode_) {
    case Mode::line_begin:
      return take_line_begin(c);
    case Mode::words:
      return take_words(c);
    case Mode::row:
      return take_row(c);
    case Mode::pipe:
      return take_pipe(c);
    case Mode::definition:
      if (c.is_newline()) take_newline();
      return;
    case Mode::fence:
      return take_fence(c);
    case Mode::comment:
      return take_comment(c);
    case Mode::hidden:
      return take_hidden(c);
  }
}

void SpokenText::take_again(std::string_view text) {
  while (!text.empty()) {
    const TextCharacter c = character_at(text);
    take(c);
    text.remove_prefix(c.bytes.size());
  }
}

void SpokenText::take_newline() {
  words_.end_line();
  words_.add_space('\n');
  mode_ = Mode::line_begin;
  held_.clear();
  item_ = false;
}

// ---- The beginning of a line --------------------------------------------------------------------------

void SpokenText::take_line_begin(const TextCharacter& c) {
  if (c.kind == TextKind::invisible && c.value != keycap) return;
  if (held_.empty()) return take_first(c);
  switch (held_[0]) {
    case '#':
      return take_heading(c);
    case '>':
      return take_quote(c);
    case '[':
      return take_line_bracket(c);
    case '`':
    case '~':
      return take_fence_begin(c);
    default:
      if (is_digit(held_[0])) return take_number(c);
      if (static_cast<unsigned char>(held_[0]) >= 0x80) return take_round_bullet(c);
      return take_rule_or_bullet(c);
  }
}

void SpokenText::take_first(const TextCharacter& c) {
  constexpr std::string_view signs = "#>-*+_=:[`~0123456789";
  if (c.is_newline()) {
    words_.end_block();
    in_table_ = false;
    return take_newline();
  }
  if (c.is_blank()) return words_.add_space(' ');
  const bool ascii = c.value < 0x80;
  if (in_table_ || c.is('|')) {
    mode_ = Mode::row;
    return take_row(c);
  }
  const bool sign = ascii && signs.find(c.bytes[0]) != none;
  if (!sign && !is_round_bullet(c.value)) return begin_words(c);
  held_ = c.bytes;
}

/// What is held is no mark.
void SpokenText::begin_words(const TextCharacter& c) {
  mode_ = Mode::words;
  take_again(std::exchange(held_, {}));
  take(c);
}

/// What is held is a mark, and not spoken.
void SpokenText::end_marks() {
  held_.clear();
  words_.vanish();
}

void SpokenText::begin_item() {
  end_marks();
  words_.end_block();
  item_ = true;
}

void SpokenText::take_heading(const TextCharacter& c) {
  if (c.is('#') && held_.size() < 6) {
    held_ += '#';
    return;
  }
  if (!c.is_blank() && !c.is_newline()) return begin_words(c);
  end_marks();
  words_.end_block();
  words_.begin_heading();
  mode_ = Mode::words;
  take(c);
}

void SpokenText::take_quote(const TextCharacter& c) {
  const bool comparison = c.is('=') || (c.value < 0x80 && is_digit(c.bytes[0]));
  if (comparison) return begin_words(c);
  end_marks();
  take_line_begin(c);
}

void SpokenText::take_rule_or_bullet(const TextCharacter& c) {
  const char sign = held_[0];
  if (c.is_blank() || c.is(sign)) {
    if (held_.size() < max_line_begin_bytes) held_ += c.is(sign) ? sign : ' ';
    return;
  }
  if (c.is_newline()) {
    if (!is_rule(held_)) return begin_words(c);
    end_marks();
    words_.end_block();
    return take_newline();
  }
  const bool bullet = held_.size() > 1 && held_[1] == ' ';
  const bool table = (sign == '-' && !bullet && (c.is('|') || c.is(':'))) || (held_ == ":" && c.is('-'));
  if (table) {
    mode_ = Mode::row;
    return take_row(c);
  }
  std::string_view rest = held_;
  while (rest.size() > 1 && std::string_view("-*+").find(sign) != none && rest[0] == sign && rest[1] == ' ') {
    rest.remove_prefix(std::min(rest.find_first_not_of(' ', 1), rest.size()));
  }
  if (rest.size() == held_.size()) return begin_words(c);
  const std::string still_held(rest);
  begin_item();
  held_ = still_held;
  take_line_begin(c);
}

/// A list begins with 1 and goes on by one: "1986. A great year" is a sentence, "24. Dezember" a date.
void SpokenText::take_number(const TextCharacter& c) {
  const char last = held_.back();
  const char next = c.value < 0x80 ? c.bytes[0] : 'x';
  const bool number = is_digit(last) && held_.size() <= max_number_digits;
  const bool goes_on = number ? is_digit(next) || next == '.' || next == ')'
                              : !is_digit(last) && c.is_blank() && held_.size() < max_line_begin_bytes;
  if (goes_on) {
    held_ += c.is_blank() ? ' ' : next;
    return;
  }
  if (last != ' ' || c.is_newline()) return begin_words(c);
  const auto value = static_cast<unsigned>(std::stoul(held_));
  if (value != 1 && value != last_number_ + 1) return begin_words(c);
  last_number_ = value;
  begin_item();
  take_line_begin(c);
}

void SpokenText::take_round_bullet(const TextCharacter& c) {
  if (c.is_newline()) return begin_words(c);
  const bool dot = held_ == "\u2022";  // the others also mean something
  if (!c.is_blank() && !dot) return begin_words(c);
  begin_item();
  take_line_begin(c);
}

/// [x] of a task, [^1]: of a footnote, [label]: https://… that defines where links go.
void SpokenText::take_line_bracket(const TextCharacter& c) {
  const std::size_t close = held_.find(']');
  if (held_.size() >= max_line_begin_bytes || (close == none && (c.is_newline() || c.is('[')))) {
    return begin_words(c);
  }
  if (close == none) {
    held_ += c.bytes;
    return;
  }
  const std::string_view after = std::string_view(held_).substr(close + 1);
  const bool space = c.is_blank() || c.is_newline();
  if (after.empty() && item_ && space && (held_ == "[ ]" || held_ == "[x]" || held_ == "[X]")) {
    end_marks();
    return take_line_begin(c);
  }
  if (after.empty() && c.is(':') && held_.starts_with("[^")) return end_marks();
  const bool defines = after.empty() ? c.is(':') : after == ":" ? c.is_blank() : !space || trim(after) == ":";
  if (defines && !c.is_newline()) {
    held_ += c.bytes;
    return;
  }
  if (after.empty() || !is_address(trim(after.substr(1)))) return begin_words(c);
  end_marks();
  mode_ = Mode::definition;
  take(c);
}

void SpokenText::take_fence_begin(const TextCharacter& c) {
  const char sign = held_[0];
  const std::size_t run = std::min(held_.find_first_not_of(sign), held_.size());
  const bool in_run = run == held_.size();
  if (in_run && c.is(sign)) {
    if (held_.size() < max_line_begin_bytes) held_ += sign;
    return;
  }
  const bool code_in_line = sign == '`' && c.is('`');
  if (run < 3 || code_in_line) return begin_words(c);
  if (!c.is_newline() && held_.size() < max_line_begin_bytes) {
    held_ += c.bytes;
    return;
  }
  end_marks();
  words_.end_block();
  begin_fence(sign, run);
}

// ---- Words --------------------------------------------------------------------------------------------

void SpokenText::take_words(const TextCharacter& c) {
  if (c.is_newline()) {
    const std::size_t ticks = words_.take_code_block();
    if (ticks > 0) return begin_fence('`', ticks);
    hidden_ = words_.take_hidden_element();
    if (!hidden_.empty()) {
      mode_ = Mode::hidden;
      return;
    }
    return take_newline();
  }
  switch (words_.take(c)) {
    case SpokenWords::Found::nothing:
      return;
    case SpokenWords::Found::comment:
      mode_ = Mode::comment;
      run_ = 0;
      return;
    case SpokenWords::Found::pipe:
      mode_ = Mode::pipe;
      held_ = "| ";
      return;
  }
}

// ---- Tables -------------------------------------------------------------------------------------------

void SpokenText::take_row(const TextCharacter& c) {
  if (!c.is_newline()) {
    if (c.kind == TextKind::invisible && c.value != emoji_selector) return;
    held_ += c.bytes;
    if (held_.size() <= max_row_bytes) return;
    const std::string again = std::exchange(held_, {});
    in_table_ = false;
    mode_ = Mode::words;
    words_.speak_pipes();
    return take_again(again);
  }
  const bool rule = is_table_rule(held_);
  const bool row = is_row(held_) || (in_table_ && held_.find('|') != none);
  if (!rule && !row) {
    const std::string again = std::exchange(held_, {});
    // What only came after a table may begin with any mark; what looked like a row has none.
    mode_ = std::exchange(in_table_, false) ? Mode::line_begin : Mode::words;
    take_again(again);
    return take(c);
  }
  words_.end_block();
  if (row && !rule) speak_row(std::exchange(held_, {}));
  in_table_ = true;
  words_.vanish();
  take_newline();
}

void SpokenText::speak_row(std::string_view row) {
  row = trim(row);
  std::size_t begin = row.starts_with('|') ? 1 : 0;
  while (begin < row.size()) {
    const std::size_t end = cell_end(row, begin);
    words_.speak_cell(row.substr(begin, end - begin));
    begin = end + 1;
  }
}

/// The head of a table without | at its sides is known by the rule below it.
void SpokenText::take_pipe(const TextCharacter& c) {
  if (c.kind == TextKind::invisible && c.value != emoji_selector && c.value != keycap) return;
  const std::size_t line_end = held_.find('\n');
  const bool in_rule = c.value < 0x80 && std::string_view("|-: \t").find(c.bytes[0]) != none;
  const bool undecided = line_end == none || in_rule;
  if (undecided && held_.size() < max_pipe_bytes) {
    held_ += c.is_newline() ? "\n" : c.bytes;
    return;
  }
  const std::string again = std::exchange(held_, {});
  const bool table = c.is_newline() && line_end != none && is_table_rule(again.substr(line_end + 1));
  mode_ = Mode::words;
  if (table) {
    words_.end_cell();
    speak_row(again.substr(0, line_end));
    in_table_ = true;
    return take_newline();
  }
  words_.speak_pipes();
  take_again(again);
  take(c);
}

// ---- What is not spoken -------------------------------------------------------------------------------

void SpokenText::begin_fence(char sign, std::size_t length) {
  mode_ = Mode::fence;
  fence_sign_ = sign;
  fence_length_ = length;
  run_ = 0;
  only_run_ = true;
  after_run_ = false;
}

/// Models end code also at the end of its last line, and go on in the line of the fence.
void SpokenText::take_fence(const TextCharacter& c) {
  const bool long_enough = run_ >= fence_length_;
  if (c.is(fence_sign_)) {
    if (after_run_) run_ = 0;
    only_run_ = only_run_ && !after_run_;
    after_run_ = false;
    ++run_;
  } else if (c.is_newline()) {
    if (long_enough && (only_run_ || fence_sign_ == '`')) return take_newline();
    run_ = 0;
    only_run_ = true;
    after_run_ = false;
  } else if (c.is_blank()) {
    if (long_enough && only_run_) {
      mode_ = Mode::words;
      words_.vanish();
      return take(c);
    }
    after_run_ = run_ > 0;
  } else {
    run_ = 0;
    only_run_ = false;
    after_run_ = false;
  }
}

void SpokenText::take_comment(const TextCharacter& c) {
  if (c.is('>') && run_ >= 2) {
    mode_ = Mode::words;
    return;
  }
  run_ = c.is('-') ? run_ + 1 : 0;
}

void SpokenText::take_hidden(const TextCharacter& c) {
  constexpr std::size_t longest_end = 16;
  if (c.is('<')) held_.clear();
  if ((held_.empty() && !c.is('<')) || held_.size() >= longest_end) return;
  held_ += c.bytes;
  if (!c.is('>')) return;
  const std::string tag = std::exchange(held_, {});
  if (!tag.starts_with("</") || hidden_element(tag) != hidden_) return;
  mode_ = Mode::words;
  words_.vanish();
}

}  // namespace unmuted

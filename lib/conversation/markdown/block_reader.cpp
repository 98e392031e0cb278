#include "conversation/markdown/block_reader.hpp"

#include <utility>

#include "conversation/markdown/signs.hpp"
#include "conversation/markdown/table.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::size_t max_row_bytes = 1024;
constexpr std::size_t max_pipe_bytes = 256;  ///< a lone | is hardly ever a table's

}  // namespace

void BlockReader::take_outside_words(const TextCharacter& c) {
  switch (mode_) {
    case Mode::line_begin:
      return take_line_begin(c);
    case Mode::words:
      return;
    case Mode::row:
      return take_row(c);
    case Mode::pipe:
      return take_pipe(c);
    case Mode::definition:
      if (c.is_newline()) take_newline();
      return;
    case Mode::code:
      return take_code(c);
    case Mode::comment:
      if (comment_.take(c)) mode_ = Mode::words;
      return;
    case Mode::hidden:
      if (!hidden_.take(c)) return;
      mode_ = Mode::words;
      words_.vanish();
      return;
  }
}

void BlockReader::take_again(std::string_view text) {
  while (!text.empty()) {
    const TextCharacter c = character_at(text);
    take(c);
    text.remove_prefix(c.bytes.size());
  }
}

void BlockReader::take_newline() {
  words_.end_line();
  words_.add_space('\n');
  mode_ = Mode::line_begin;
  line_begin_.begin_line();
}

/// What was held is no mark, and `c` comes after it.
void BlockReader::take_as_words(std::string_view held, const TextCharacter& c) {
  mode_ = Mode::words;
  take_again(held);
  take(c);
}

void BlockReader::take_line_begin(const TextCharacter& c) {
  using Found = LineBegin::Found;
  const Found found = line_begin_.take(c, in_table_);
  switch (found) {
    case Found::undecided:
      return;
    case Found::blank:
      return words_.add_space(' ');
    case Found::empty_line:
      words_.end_block();
      in_table_ = false;
      return take_newline();
    case Found::words:
      return take_as_words(line_begin_.take_held(), c);
    case Found::row:
      line_ = line_begin_.take_held();
      mode_ = Mode::row;
      return take_row(c);
    default:
      words_.vanish();
      return take_mark(found, c);
  }
}

void BlockReader::take_mark(LineBegin::Found mark, const TextCharacter& c) {
  using Found = LineBegin::Found;
  const bool begins_block =
      mark == Found::item || mark == Found::heading || mark == Found::rule || mark == Found::fence;
  if (begins_block) words_.end_block();
  switch (mark) {
    case Found::mark:
    case Found::item:
      return take_line_begin(c);
    case Found::heading:
      words_.begin_heading();
      mode_ = Mode::words;
      return take_in_line(c);
    case Found::rule:
      return take_newline();
    case Found::definition:
      mode_ = Mode::definition;
      return take(c);
    case Found::fence: {
      const std::string fence = line_begin_.take_held();
      return begin_code(fence[0], run_length(fence, 0));
    }
    default:
      return;
  }
}

void BlockReader::take_in_line(const TextCharacter& c) {
  if (c.is_newline()) return end_line();
  switch (words_.take(c)) {
    case SpokenWords::Found::nothing:
      return;
    case SpokenWords::Found::comment:
      mode_ = Mode::comment;
      comment_ = HtmlComment();
      return;
    case SpokenWords::Found::pipe:
      mode_ = Mode::pipe;
      line_ = "| ";
      return;
  }
}

/// What has begun within the line may go on in the next.
void BlockReader::end_line() {
  const std::size_t ticks = words_.take_code_block();
  if (ticks > 0) return begin_code('`', ticks);
  const std::string_view element = words_.take_hidden_element();
  if (element.empty()) return take_newline();
  hidden_ = HiddenElement(element);
  mode_ = Mode::hidden;
}

// ---- Tables -------------------------------------------------------------------------------------------

void BlockReader::take_row(const TextCharacter& c) {
  if (c.is_newline()) return end_row(c);
  if (c.kind == TextKind::invisible && c.value != emoji_selector) return;
  line_ += c.bytes;
  if (line_.size() <= max_row_bytes) return;
  in_table_ = false;
  mode_ = Mode::words;
  words_.speak_pipes();
  take_again(std::exchange(line_, {}));
}

void BlockReader::end_row(const TextCharacter& c) {
  const std::string line = std::exchange(line_, {});
  const bool rule = is_table_rule(line);
  const bool row = is_table_row(line) || (in_table_ && line.find('|') != none);
  if (!rule && !row) {
    // What only came after a table may begin with any mark; what looked like a row has none.
    mode_ = std::exchange(in_table_, false) ? Mode::line_begin : Mode::words;
    take_again(line);
    return take(c);
  }
  words_.end_block();
  if (!rule) speak_row(line);
  in_table_ = true;
  words_.vanish();
  take_newline();
}

void BlockReader::speak_row(std::string_view row) {
  for (TableCells cells(row); !cells.empty();) words_.speak_cell(cells.take());
}

/// The head of a table without | at its sides is known by the rule below it.
void BlockReader::take_pipe(const TextCharacter& c) {
  if (c.kind == TextKind::invisible && c.value != emoji_selector && c.value != keycap) return;
  const std::size_t line_end = line_.find('\n');
  const bool in_rule = c.is_ascii() && is_one_of(c.bytes[0], "|-: \t");
  const bool undecided = line_end == none || in_rule;
  if (undecided && line_.size() < max_pipe_bytes) {
    line_ += c.is_newline() ? newline.bytes : c.bytes;
    return;
  }
  const std::string held = std::exchange(line_, {});
  const bool table =
      c.is_newline() && line_end != none && is_table_rule(std::string_view(held).substr(line_end + 1));
  if (!table) {
    words_.speak_pipes();
    return take_as_words(held, c);
  }
  words_.end_cell();
  speak_row(std::string_view(held).substr(0, line_end));
  in_table_ = true;
  take_newline();
}

// ---- What is not spoken -------------------------------------------------------------------------------

void BlockReader::begin_code(char sign, std::size_t length) {
  mode_ = Mode::code;
  code_ = FencedCode(sign, length);
}

void BlockReader::take_code(const TextCharacter& c) {
  switch (code_.take(c)) {
    case FencedCode::End::not_yet:
      return;
    case FencedCode::End::with_line:
      return take_newline();
    case FencedCode::End::before_words:
      mode_ = Mode::words;
      words_.vanish();
      return take(c);
  }
}

}  // namespace unmuted::markdown

#include "conversation/markdown/word_output.hpp"

#include <algorithm>
#include <cstddef>

#include "conversation/markdown/signs.hpp"
#include "conversation/markdown/word.hpp"
#include "core/ascii.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted::markdown {
namespace {

bool takes_comma(CodePoint last) {
  return kind_of(last.value) == TextKind::word;
}

}  // namespace

void WordOutput::push(std::string_view word) {
  spoke_ = true;
  vanished_ = false;
  last_ = word.substr(word.size() - std::min<std::size_t>(word.size(), 4));
  while (word.size() > max_word_bytes) {
    const std::string_view part = utf8_prefix(word, max_word_bytes);
    words_.push_back(std::exchange(space_, {}).append(part));
    word.remove_prefix(part.size());
  }
  space_ += word;
  words_.push_back(std::move(space_));
  space_.clear();
}

bool WordOutput::speak(std::string_view text) {
  const std::size_t before = words_.size();
  std::size_t begin = text.find_first_not_of(ascii_white_space);
  if (begin == none) {
    vanish();
    return false;
  }
  if (begin > 0) part_from_last();
  while (begin != none) {
    const std::size_t end = std::min(text.find_first_of(ascii_white_space, begin), text.size());
    if (words_.size() > before) space_ = ' ';
    push(text.substr(begin, end - begin));
    begin = text.find_first_not_of(ascii_white_space, end);
  }
  return true;
}

void WordOutput::part_from_last() {
  if (spoke_ && space_.empty()) space_ = ' ';
}

void WordOutput::speak_cell(std::string_view text) {
  part_from_last();
  if (!speak(text)) return;
  std::string& last = words_.back();
  if (takes_comma(last_code_point(last)) && without_space(last).size() < max_word_bytes) last += ',';
}

void WordOutput::end_cell() {
  const CodePoint last = last_code_point(last_);
  if (last.bytes == 0 || !takes_comma(last)) return;
  std::string space = std::exchange(space_, {});
  push(",");
  space_ = std::move(space);
}

}  // namespace unmuted::markdown

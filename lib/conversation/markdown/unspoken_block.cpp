#include "conversation/markdown/unspoken_block.hpp"

#include <utility>

#include "conversation/markdown/html.hpp"

namespace unmuted::markdown {

FencedCode::End FencedCode::take(const TextCharacter& c) {
  const bool long_enough = run_ >= length_;
  if (c.is(sign_)) {
    if (after_run_) run_ = 0;
    only_run_ = only_run_ && !after_run_;
    after_run_ = false;
    ++run_;
  } else if (c.is_newline()) {
    if (long_enough && (only_run_ || sign_ == '`')) return End::with_line;
    begin_line();
  } else if (c.is_blank()) {
    if (long_enough && only_run_) return End::before_words;
    after_run_ = run_ > 0;
  } else {
    run_ = 0;
    only_run_ = false;
    after_run_ = false;
  }
  return End::not_yet;
}

void FencedCode::begin_line() {
  run_ = 0;
  only_run_ = true;
  after_run_ = false;
}

bool HtmlComment::take(const TextCharacter& c) {
  if (c.is('>') && run_ >= 2) return true;
  run_ = c.is('-') ? run_ + 1 : 0;
  return false;
}

bool HiddenElement::take(const TextCharacter& c) {
  constexpr std::size_t longest_end = 16;
  if (c.is('<')) tag_.clear();
  if ((tag_.empty() && !c.is('<')) || tag_.size() >= longest_end) return false;
  tag_ += c.bytes;
  if (!c.is('>')) return false;
  const std::string tag = std::exchange(tag_, {});
  return tag.starts_with("</") && hidden_element(tag) == name_;
}

}  // namespace unmuted::markdown

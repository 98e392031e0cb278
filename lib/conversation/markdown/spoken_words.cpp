#include "conversation/markdown/spoken_words.hpp"

#include <optional>
#include <utility>

#include "conversation/markdown/signs.hpp"
#include "conversation/markdown/word.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::size_t max_cut_delay = 56;  ///< how much longer a word may get that ought not be cut here

}  // namespace

SpokenWords::Found SpokenWords::take(const TextCharacter& c) {
  if (word_.is_open() && word_.take_into_open(c)) {
    if (word_.is_too_long()) give_up_open();
    return word_.take_comment_begin() ? Found::comment : Found::nothing;
  }
  if (RawWord::is_text(c)) {
    cut_if_long(c);
    word_.add(c);
    return Found::nothing;
  }
  if (!c.is_blank()) {
    word_.add_beside_text(c);
    return Found::nothing;
  }
  if (!pipes_ && word_.text() == "|") {
    word_.clear();
    return Found::pipe;
  }
  end_word();
  add_space(c.is_ascii() ? static_cast<char>(c.value) : ' ');
  return Found::nothing;
}

/// A mark is not cut in two, nor from its word, unless there is nothing else.
void SpokenWords::cut_if_long(const TextCharacter& c) {
  if (word_.size() + c.bytes.size() <= max_word_bytes) return;
  const auto may_part = [](char byte) { return is_plain(byte) && byte != separator; };
  const bool here = may_part(word_.text().back()) && may_part(c.bytes[0]);
  if (here || word_.size() > max_word_bytes + max_cut_delay) end_word(true);
}

void SpokenWords::give_up_open() {
  std::optional<std::string> rest = word_.give_up();
  if (!rest) return;
  end_word();
  add_space(' ');
  word_.begin_again(std::move(*rest));
}

std::size_t SpokenWords::take_code_block() {
  const std::size_t ticks = word_.take_code_block();
  if (ticks == 0) return 0;
  end_word();
  vanish();
  return ticks;
}

std::string_view SpokenWords::take_hidden_element() {
  const std::string_view name = word_.take_hidden_element();
  if (name.empty()) return {};
  end_word();
  vanish();
  return name;
}

void SpokenWords::end_line() {
  if (word_.take_line_break() && word_.empty()) vanish();
  end_word();
  if (!hashes_.empty()) vanish();
  hashes_.clear();
  heading_ = pipes_ = false;
}

void SpokenWords::end_word(bool goes_on) {
  if (word_.empty()) return;
  if (heading_ && word_.text().find_first_not_of('#') == none) {
    hashes_ = word_.take_text();
    return;
  }
  if (!hashes_.empty()) {
    output_.push(std::exchange(hashes_, {}));
    output_.set_space(' ');
  }
  if (word_.is_plain()) {
    output_.push(word_.text());
  } else {
    output_.speak(markup_.spoken(word_.text(), cut(goes_on)));
  }
  word_.clear();
  goes_on_ = goes_on;
}

Cut SpokenWords::cut(bool goes_on) const {
  if (goes_on_) return goes_on ? Cut::both : Cut::before;
  return goes_on ? Cut::after : Cut::at_white_space;
}

}  // namespace unmuted::markdown

#include "conversation/spoken_words.hpp"

#include <algorithm>
#include <utility>

#include "conversation/words.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::size_t max_space_bytes = 8;
constexpr std::size_t max_tag_bytes = 1024;     ///< of one with attributes
constexpr std::size_t max_title_bytes = 512;    ///< of a link with a title
constexpr std::size_t max_hidden_bytes = 1024;  ///< of a script within a line
constexpr std::size_t max_cut_delay = 56;       ///< how much longer a word may get that ought not be cut here
constexpr char32_t citation_begin = 0x3010, citation_end = 0x3011;
constexpr char32_t marked_citation_begin = 0xE200, marked_citation_end = 0xE201;
constexpr char32_t first_joining_script = 0x590;
constexpr std::string_view blanks = " \t\r\v\f";

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool begins_tag(const TextCharacter& c) {
  const bool letter = c.value < 0x80 && is_letter_or_digit(c.bytes[0]) && c.bytes[0] > '9';
  return letter || c.is('/') || c.is('!') || c.is('?');
}

bool begins_address(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://", "HTTP://", "HTTPS://"}) {
    if (text.ends_with(scheme)) return true;
  }
  return false;
}

}  // namespace

std::string_view hidden_element(std::string_view tag) {
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  for (const std::string_view name : {"script", "style"}) {
    const bool same =
        tag.size() > name.size() && std::equal(name.begin(), name.end(), tag.begin(),
                                               [](char letter, char c) { return letter == (c | 0x20); });
    if (!same || tag.ends_with("/>")) continue;
    const char after = tag[name.size()];
    if (after == '>' || blanks.find(after) != std::string_view::npos) return name;
  }
  return {};
}

std::size_t SpokenWords::room_for_plain() const {
  return open_ != Open::nothing || raw_.size() > max_word_bytes ? 0 : max_word_bytes - raw_.size();
}

SpokenWords::Found SpokenWords::take(const TextCharacter& c) {
  if (open_ != Open::nothing && go_on(c)) {
    if (raw_.size() > limit_) give_up();
    if (open_ != Open::tag || !raw_.ends_with("<!--")) return Found::nothing;
    raw_.resize(open_at_);
    open_ = Open::nothing;
    return Found::comment;
  }
  if (!c.is_blank()) {
    take_part(c);
    return Found::nothing;
  }
  if (raw_ == "|" && !pipes_) {
    raw_.clear();
    plain_ = true;
    return Found::pipe;
  }
  take_blank(c);
  return Found::nothing;
}

void SpokenWords::take_blank(const TextCharacter& c) {
  end_word();
  add_space(c.value < 0x80 ? static_cast<char>(c.value) : ' ');
}

void SpokenWords::take_part(const TextCharacter& c) {
  switch (c.kind) {
    case TextKind::invisible:
    case TextKind::joiner:
      take_invisible(c);
      return;
    case TextKind::pictograph:
      if (c.value == marked_citation_begin) break;
      raw_ += separator;
      plain_ = false;
      return;
    default:
      break;
  }
  cut_if_long(c);
  append(c);
  if (!std::exchange(escaped_, false)) open_with(c);
}

/// Most of these are nothing. But U+FE0F makes an emoji of a sign, a keycap ends what it stands on, and the
/// scripts that join letters are spelled with joiners.
void SpokenWords::take_invisible(const TextCharacter& c) {
  if (c.value == keycap) {
    raw_ += separator;
    plain_ = false;
    return;
  }
  if (c.value != emoji_selector && c.kind != TextKind::joiner) return;
  const CodePoint last = last_code_point(raw_);
  const TextKind kind = kind_of(last.value);
  if (c.kind == TextKind::joiner) {
    if (last.value >= first_joining_script && kind == TextKind::word) append(c);
  } else if (kind == TextKind::text_pictograph) {
    raw_.resize(raw_.size() - last.bytes);
    raw_ += separator;
    plain_ = false;
  }
}

void SpokenWords::append(const TextCharacter& c) {
  if (const char quote = straight_quote(c.value); quote != 0) {
    raw_ += quote;
    return;
  }
  raw_ += c.bytes;
  if (c.value < 0x80 && !is_plain(static_cast<char>(c.value))) plain_ = false;
}

// ---- What must not be cut -----------------------------------------------------------------------------

/// After more bytes it is not what it seems. Addresses do not grow beyond theirs.
std::size_t SpokenWords::limit_of(Open open) {
  switch (open) {
    case Open::tag:
      return 64;
    case Open::citation:
      return 128;
    case Open::target:
    case Open::address:
      return max_held_bytes;
    default:
      return 256;
  }
}

void SpokenWords::begin(Open open, std::size_t bytes) {
  open_ = open;
  open_at_ = raw_.size() - bytes;
  depth_ = 1;
  title_ = 0;
  run_ = 0;
  limit_ = raw_.size() + limit_of(open);
  plain_ = false;
}

void SpokenWords::open_with(const TextCharacter& c) {
  switch (c.value) {
    case '\\':
      escaped_ = true;
      return;
    case '`':
      return begin(Open::ticks, 1);
    case '<':
      return begin(Open::less, 1);
    case '[':
      return begin(Open::bracket, 1);
    case '/':
      if (begins_address(raw_)) begin(Open::address, 0);
      return;
    case citation_begin:
    case marked_citation_begin:
      return begin(Open::citation, c.bytes.size());
    default:
      return;
  }
}

/// Whether `c` belongs to what is open; then it has been taken.
bool SpokenWords::go_on(const TextCharacter& c) {
  if (c.kind == TextKind::invisible) return true;
  if (c.kind == TextKind::pictograph && c.value != marked_citation_end) {
    raw_ += separator;
    return true;
  }
  switch (open_) {
    case Open::nothing:
      return false;
    case Open::ticks:
      return go_on_ticks(c);
    case Open::code:
      return go_on_code(c);
    case Open::less:
      return go_on_as(begins_tag(c) ? Open::tag : Open::nothing, c);
    case Open::tag:
      go_on_tag(c);
      return true;
    case Open::hidden:
      go_on_hidden(c);
      return true;
    case Open::bracket:
      go_on_nested(c, '[', ']', Open::bracketed);
      return true;
    case Open::bracketed:
      depth_ = 1;
      return go_on_as(c.is('(') ? Open::target : c.is('[') ? Open::label : Open::nothing, c);
    case Open::label:
      go_on_nested(c, '[', ']', Open::nothing);
      return true;
    case Open::target:
      go_on_target(c);
      return true;
    case Open::citation:
      append(c);
      if (c.value == citation_end || c.value == marked_citation_end) open_ = Open::nothing;
      return true;
    case Open::address:
      return go_on_address(c);
  }
  return false;
}

bool SpokenWords::go_on_as(Open open, const TextCharacter& c) {
  open_ = open;
  limit_ = raw_.size() + limit_of(open);
  if (open == Open::nothing) return false;
  append(c);
  return true;
}

void SpokenWords::go_on_tag(const TextCharacter& c) {
  if (c.is('=') || c.is(':')) limit_ = open_at_ + max_tag_bytes;  // <b and c> is none
  append(c);
  if (!c.is('>')) return;
  const std::string_view tag = std::string_view(raw_).substr(open_at_);
  const bool hides = !tag.starts_with("</") && !hidden_element(tag).empty();
  open_ = hides ? Open::hidden : Open::nothing;
  limit_ = raw_.size() + max_hidden_bytes;
}

void SpokenWords::go_on_hidden(const TextCharacter& c) {
  append(c);
  if (!c.is('>')) return;
  const std::string_view raw = raw_;
  const std::string_view tag = raw.substr(raw.rfind('<'));
  if (!tag.starts_with("</") || hidden_element(tag) != hidden_element(raw.substr(open_at_))) return;
  raw_.resize(open_at_);
  raw_ += separator;
  open_ = Open::nothing;
}

bool SpokenWords::go_on_ticks(const TextCharacter& c) {
  if (c.is('`')) {
    ++depth_;
    append(c);
    return true;
  }
  const bool apostrophe = depth_ == 1 && open_at_ > 0 && is_letter_or_digit(raw_[open_at_ - 1]);
  if (apostrophe || (depth_ == 1 && c.is_blank())) {
    open_ = Open::nothing;
    return false;
  }
  open_ = Open::code;
  return go_on_code(c);
}

bool SpokenWords::go_on_code(const TextCharacter& c) {
  if (c.is('`')) {
    ++run_;
  } else if (run_ == depth_) {
    open_ = Open::nothing;
    return false;
  } else {
    run_ = 0;
  }
  append(c);
  return true;
}

/// The title of a link is in quotation marks, and may hold parentheses.
void SpokenWords::go_on_target(const TextCharacter& c) {
  const bool after_blank = blanks.find(raw_.back()) != std::string_view::npos;
  if (title_ == 0) {
    go_on_nested(c, '(', ')', Open::nothing);
    if (open_ == Open::target && after_blank && depth_ == 1 && (c.is('"') || c.is('\''))) title_ = c.bytes[0];
    return;
  }
  append(c);
  const bool escaped = std::exchange(escaped_, c.is('\\') && !escaped_);
  if (!escaped && c.is(title_)) title_ = 0;
}

void SpokenWords::go_on_nested(const TextCharacter& c, char opens, char closes, Open then) {
  const bool escaped = std::exchange(escaped_, c.is('\\') && !escaped_);
  const bool target = open_ == Open::target;
  if (target && c.is_blank()) limit_ = open_at_ + max_title_bytes;
  // The address of a picture may be the picture: what is dropped anyhow need not be kept.
  const bool full = target && limit_ != open_at_ + max_title_bytes && raw_.size() + c.bytes.size() >= limit_;
  if (!full || c.is(closes)) append(c);
  if (escaped) return;
  if (c.is(opens)) ++depth_;
  if (c.is(closes) && --depth_ == 0) open_ = then;
}

/// An address may be very long, and is not spoken but for its host.
bool SpokenWords::go_on_address(const TextCharacter& c) {
  const bool ends = c.is_blank() || c.is('<') || c.is('>') || c.is('"') || c.is('`') || c.value >= 0x590;
  if (ends) {
    open_ = Open::nothing;
    return false;
  }
  if (raw_.size() + c.bytes.size() < limit_) append(c);
  return true;
}

/// It is words: those that are complete are spoken.
void SpokenWords::give_up() {
  open_ = Open::nothing;
  const std::size_t last = raw_.find_last_of(blanks);
  if (last == std::string::npos || last < open_at_) return;
  std::string rest = raw_.substr(last + 1);
  raw_.resize(last);
  end_word();
  add_space(' ');
  raw_ = std::move(rest);
  plain_ = false;
}

std::size_t SpokenWords::take_code_block() {
  const bool code = open_ == Open::ticks || (open_ == Open::code && run_ != depth_);
  if (!code || depth_ < 3) return 0;
  raw_.resize(open_at_);
  open_ = Open::nothing;
  end_word();
  vanish();
  return depth_;
}

std::string_view SpokenWords::take_hidden_element() {
  if (open_ != Open::hidden) return {};
  const std::string_view raw = std::string_view(raw_).substr(open_at_);
  const std::size_t after_tag = raw.find('>') + 1;
  if (raw.find_first_not_of(blanks, after_tag) != std::string_view::npos) return {};
  const std::string_view name = hidden_element(raw.substr(0, after_tag));
  raw_.resize(open_at_);
  open_ = Open::nothing;
  end_word();
  vanish();
  return name;
}

// ---- The way out --------------------------------------------------------------------------------------

/// A mark is not cut in two, nor from its word, unless there is nothing else.
void SpokenWords::cut_if_long(const TextCharacter& c) {
  if (raw_.size() + c.bytes.size() <= max_word_bytes) return;
  const auto may_part = [](char byte) { return is_plain(byte) && byte != separator; };
  const bool here = may_part(raw_.back()) && may_part(c.bytes[0]);
  if (here || raw_.size() > max_word_bytes + max_cut_delay) end_word(true);
}

void SpokenWords::end_line() {
  if (escaped_ && open_ == Open::nothing && raw_.ends_with('\\')) {  // it breaks the line
    raw_.pop_back();
    escaped_ = false;
    if (raw_.empty()) vanish();
  }
  end_word();
  if (!hashes_.empty()) vanish();
  hashes_.clear();
  heading_ = pipes_ = false;
}

void SpokenWords::end_word(bool goes_on) {
  using Cut = InlineMarkup::Cut;
  if (raw_.empty()) return;
  if (heading_ && raw_.find_first_not_of('#') == std::string::npos) {
    hashes_ = std::exchange(raw_, {});
    return;
  }
  if (!hashes_.empty()) {
    push(std::exchange(hashes_, {}));
    space_ = ' ';
  }
  if (plain_) {
    push(raw_);
  } else {
    const Cut if_ends = goes_on_ ? Cut::before : Cut::at_white_space;
    const Cut if_goes_on = goes_on_ ? Cut::both : Cut::after;
    speak(markup_.spoken(raw_, goes_on ? if_goes_on : if_ends));
  }
  raw_.clear();
  plain_ = true;
  goes_on_ = goes_on;
  escaped_ = false;
  open_ = Open::nothing;
}

bool SpokenWords::speak(std::string_view text) {
  constexpr std::string_view all_blanks = " \t\n\r\v\f";
  const std::size_t before = words_.size();
  std::size_t begin = text.find_first_not_of(all_blanks);
  if (begin == std::string_view::npos) {
    vanish();
    return false;
  }
  if (begin > 0 && spoke_ && space_.empty()) space_ = ' ';
  while (begin != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(all_blanks, begin), text.size());
    if (words_.size() > before) space_ = ' ';
    push(text.substr(begin, end - begin));
    begin = text.find_first_not_of(all_blanks, end);
  }
  return true;
}

void SpokenWords::push(std::string_view word) {
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

void SpokenWords::speak_cell(std::string_view text) {
  if (spoke_ && space_.empty()) space_ = ' ';
  if (!speak(markup_.spoken(text))) return;
  std::string& last = words_.back();
  const CodePoint end = last_code_point(last);
  if (kind_of(end.value) == TextKind::word && without_space(last).size() < max_word_bytes) last += ',';
}

void SpokenWords::end_cell() {
  const CodePoint last = last_code_point(last_);
  if (last.bytes == 0 || kind_of(last.value) != TextKind::word) return;
  std::string space = std::exchange(space_, {});
  push(",");
  space_ = std::move(space);
}

void SpokenWords::add_space(char c) {
  if (vanished_ && (!spoke_ || !space_.empty())) return;
  if (space_.size() < max_space_bytes) space_ += c;
}

}  // namespace unmuted

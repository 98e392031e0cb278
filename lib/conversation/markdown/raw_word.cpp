#include "conversation/markdown/raw_word.hpp"

#include "conversation/markdown/html.hpp"
#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::size_t max_tag_bytes = 1024;     ///< of one with attributes
constexpr std::size_t max_title_bytes = 512;    ///< of a link with a title
constexpr std::size_t max_hidden_bytes = 1024;  ///< of a script within a line
constexpr char32_t citation_begin = 0x3010, citation_end = 0x3011;
constexpr char32_t marked_citation_begin = 0xE200, marked_citation_end = 0xE201;

bool begins_tag(const TextCharacter& c) {
  const bool letter = c.is_ascii() && is_letter(c.bytes[0]);
  return letter || c.is('/') || c.is('!') || c.is('?');
}

bool begins_address(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://", "HTTP://", "HTTPS://"}) {
    if (text.ends_with(scheme)) return true;
  }
  return false;
}

}  // namespace

// ---- Words --------------------------------------------------------------------------------------------

bool RawWord::is_text(const TextCharacter& c) {
  switch (c.kind) {
    case TextKind::white_space:
    case TextKind::line_break:
    case TextKind::invisible:
    case TextKind::joiner:
      return false;
    case TextKind::pictograph:
      return c.value == marked_citation_begin;
    default:
      return true;
  }
}

void RawWord::add(const TextCharacter& c) {
  append(c);
  if (!std::exchange(escaped_, false)) open_with(c);
}

void RawWord::append(const TextCharacter& c) {
  if (const char quote = straight_quote(c.value); quote != 0) {
    text_ += quote;
    return;
  }
  text_ += c.bytes;
  if (c.is_ascii() && !markdown::is_plain(c.bytes[0])) plain_ = false;
}

void RawWord::add_separator() {
  text_ += separator;
  plain_ = false;
}

/// An emoji parts words, and most of the others are nothing. But U+FE0F makes an emoji of a sign, a keycap
/// ends what it stands on, and the scripts that join letters are spelled with joiners.
void RawWord::add_beside_text(const TextCharacter& c) {
  if (c.kind == TextKind::pictograph || c.value == keycap) return add_separator();
  if (c.value != emoji_selector && c.kind != TextKind::joiner) return;
  const CodePoint last = last_code_point(text_);
  const TextKind kind = kind_of(last.value);
  if (c.kind == TextKind::joiner) {
    if (last.value >= first_script_beyond_europe && kind == TextKind::word) append(c);
  } else if (kind == TextKind::text_pictograph) {
    text_.resize(text_.size() - last.bytes);
    add_separator();
  }
}

// ---- What is open -------------------------------------------------------------------------------------

/// After more bytes it is not what it seems. Addresses do not grow beyond theirs.
std::size_t RawWord::limit_of(Open open) {
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

void RawWord::begin(Open open, std::size_t bytes) {
  open_ = open;
  open_at_ = text_.size() - bytes;
  depth_ = 1;
  title_ = 0;
  run_ = 0;
  limit_ = text_.size() + limit_of(open);
  plain_ = false;
}

void RawWord::open_with(const TextCharacter& c) {
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
      if (begins_address(text_)) begin(Open::address, 0);
      return;
    case citation_begin:
    case marked_citation_begin:
      return begin(Open::citation, c.bytes.size());
    default:
      return;
  }
}

bool RawWord::take_into_open(const TextCharacter& c) {
  if (c.kind == TextKind::invisible) return true;
  if (c.kind == TextKind::pictograph && c.value != marked_citation_end) {
    text_ += separator;
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

bool RawWord::go_on_as(Open open, const TextCharacter& c) {
  open_ = open;
  limit_ = text_.size() + limit_of(open);
  if (open == Open::nothing) return false;
  append(c);
  return true;
}

bool RawWord::go_on_ticks(const TextCharacter& c) {
  if (c.is('`')) {
    ++depth_;
    append(c);
    return true;
  }
  const bool apostrophe = depth_ == 1 && open_at_ > 0 && is_letter_or_digit(text_[open_at_ - 1]);
  if (apostrophe || (depth_ == 1 && c.is_blank())) {
    open_ = Open::nothing;
    return false;
  }
  open_ = Open::code;
  return go_on_code(c);
}

bool RawWord::go_on_code(const TextCharacter& c) {
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

/// An address may be very long, and is not spoken but for its host.
bool RawWord::go_on_address(const TextCharacter& c) {
  const bool ends = c.is_blank() || c.is('<') || c.is('>') || c.is('"') || c.is('`') ||
                    c.value >= first_script_beyond_europe;
  if (ends) {
    open_ = Open::nothing;
    return false;
  }
  if (text_.size() + c.bytes.size() < limit_) append(c);
  return true;
}

/// The title of a link is in quotation marks, and may hold parentheses.
void RawWord::go_on_target(const TextCharacter& c) {
  const bool after_blank = is_one_of(text_.back(), blanks);
  if (title_ == 0) {
    go_on_nested(c, '(', ')', Open::nothing);
    if (open_ == Open::target && after_blank && depth_ == 1 && (c.is('"') || c.is('\''))) title_ = c.bytes[0];
    return;
  }
  append(c);
  const bool escaped = std::exchange(escaped_, c.is('\\') && !escaped_);
  if (!escaped && c.is(title_)) title_ = 0;
}

void RawWord::go_on_nested(const TextCharacter& c, char opens, char closes, Open then) {
  const bool escaped = std::exchange(escaped_, c.is('\\') && !escaped_);
  const bool target = open_ == Open::target;
  if (target && c.is_blank()) limit_ = open_at_ + max_title_bytes;
  // The address of a picture may be the picture: what is dropped anyhow need not be kept.
  const bool full = target && limit_ != open_at_ + max_title_bytes && text_.size() + c.bytes.size() >= limit_;
  if (!full || c.is(closes)) append(c);
  if (escaped) return;
  if (c.is(opens)) ++depth_;
  if (c.is(closes) && --depth_ == 0) open_ = then;
}

void RawWord::go_on_tag(const TextCharacter& c) {
  if (c.is('=') || c.is(':')) limit_ = open_at_ + max_tag_bytes;  // <b and c> is none
  append(c);
  if (!c.is('>')) return;
  const std::string_view tag = std::string_view(text_).substr(open_at_);
  const bool hides = !tag.starts_with("</") && !hidden_element(tag).empty();
  open_ = hides ? Open::hidden : Open::nothing;
  limit_ = text_.size() + max_hidden_bytes;
}

void RawWord::go_on_hidden(const TextCharacter& c) {
  append(c);
  if (!c.is('>')) return;
  const std::string_view text = text_;
  const std::string_view tag = text.substr(text.rfind('<'));
  if (!tag.starts_with("</") || hidden_element(tag) != hidden_element(text.substr(open_at_))) return;
  cut_open();
  text_ += separator;
}

void RawWord::cut_open() {
  text_.resize(open_at_);
  open_ = Open::nothing;
}

// ---- Its ends -----------------------------------------------------------------------------------------

std::optional<std::string> RawWord::give_up() {
  open_ = Open::nothing;
  const std::size_t last = text_.find_last_of(blanks);
  if (last == none || last < open_at_) return std::nullopt;
  std::string rest = text_.substr(last + 1);
  text_.resize(last);
  return rest;
}

void RawWord::begin_again(std::string text) {
  text_ = std::move(text);
  plain_ = false;
}

bool RawWord::take_comment_begin() {
  if (open_ != Open::tag || !text_.ends_with("<!--")) return false;
  cut_open();
  return true;
}

bool RawWord::take_line_break() {
  if (!escaped_ || is_open() || !text_.ends_with('\\')) return false;
  text_.pop_back();
  escaped_ = false;
  return true;
}

std::size_t RawWord::take_code_block() {
  const bool code = open_ == Open::ticks || (open_ == Open::code && run_ != depth_);
  if (!code || depth_ < 3) return 0;
  cut_open();
  return depth_;
}

std::string_view RawWord::take_hidden_element() {
  if (open_ != Open::hidden) return {};
  const std::string_view element = std::string_view(text_).substr(open_at_);
  const std::size_t after_tag = element.find('>') + 1;
  if (element.find_first_not_of(blanks, after_tag) != none) return {};
  const std::string_view name = hidden_element(element.substr(0, after_tag));
  cut_open();
  return name;
}

}  // namespace unmuted::markdown

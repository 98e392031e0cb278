#include "services/reply_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace unmuted {
namespace {

using Fit = Markup::Fit;
using Kind = MarkupMeaning::Kind;

constexpr std::string_view blank_characters = " \t\r\n";
constexpr std::size_t max_blanks = 4096;     ///< before the first word
constexpr std::size_t max_header = 256;      ///< bytes
constexpr std::size_t max_code = 256;        ///< bytes of inline code after a tag in it
constexpr std::size_t max_bare_begin = 256;  ///< bytes up to the first key of bare JSON

/// What a channel that is not for the listener holds, and one that speaks to a tool. Their closers are those
/// of every message in that format.
constexpr std::string_view end_of_message = "<|end|> <|call|> <|return|> <|start|> <|channel|>";
constexpr MarkupMeaning other_channel{"", end_of_message, Kind::thought};
constexpr MarkupMeaning channel_of_tool{"", end_of_message, Kind::call};
/// What a model makes up as somebody else's words.
constexpr MarkupMeaning other_role{"", "<|start|> <|im_start|> <|start_header_id|> <start_of_turn>",
                                   Kind::thought};

/// With one of these as its first key an object may be a tool call.
constexpr std::array<std::string_view, 12> call_keys{"name",          "tool_name",  "tool", "function",
                                                     "function_call", "type",       "id",   "arguments",
                                                     "parameters",    "tool_calls", "args", "input"};

bool is_blank(char c) {
  return blank_characters.find(c) != std::string_view::npos;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & '\x80') != 0;
}

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

std::string_view first_word(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blank_characters), text.size()));
  const auto* end = std::find_if_not(text.begin(), text.end(), is_word);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// The tool in "commentary to=functions.NAME json"; empty when nobody is spoken to.
std::string_view recipient_of(std::string_view header) {
  const std::size_t at = header.find("to=");
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + 3);
  return header.substr(0, header.find_first_of(" \t\r\n<"));
}

bool is_own_role(std::string_view role) {
  return role.empty() || role == "assistant" || role == "model" || role == "ai" || role == "bot";
}

bool same_kind_of_thought(const MarkupMeaning& a, const MarkupMeaning& b) {
  const std::string_view first = b.closers.substr(0, b.closers.find(' '));
  return a.kind == Kind::thought && b.kind == Kind::thought && a.closed_by(first);
}

/// The beginning of bare JSON: an optional fence, and an object up to its first key.
class BareBegin {
 public:
  explicit BareBegin(std::string_view text) : text_(text) {}

  Fit read() {
    if (const Fit fit = read_fence(); fit != Fit::whole) return fit;
    json_ = at_;
    if (at('[')) {
      ++at_;
      skip_blanks();
    }
    if (at_ >= text_.size()) return so_far();
    if (!at('{')) return Fit::none;
    ++at_;
    skip_blanks();
    if (at_ >= text_.size()) return so_far();
    if (!at('"')) return Fit::none;
    ++at_;
    return read_key();
  }

  /// Where the JSON begins, behind its fence.
  [[nodiscard]] std::size_t json() const { return json_; }

 private:
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  [[nodiscard]] Fit so_far() const { return text_.size() < max_bare_begin ? Fit::unsure : Fit::none; }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blank_characters, at_), text_.size()); }

  Fit read_fence() {
    constexpr std::string_view fence = "```";
    if (!at('`')) return Fit::whole;
    const std::string_view begin = text_.substr(0, fence.size());
    if (begin != fence) return fence.starts_with(begin) ? Fit::unsure : Fit::none;
    at_ = fence.size();
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '_')) ++at_;
    while (at(' ') || at('\r')) ++at_;
    if (at_ >= text_.size()) return so_far();
    if (!at('\n')) return Fit::none;
    skip_blanks();
    return at_ < text_.size() ? Fit::whole : so_far();
  }

  Fit read_key() {
    const std::size_t end = text_.find('"', at_);
    const std::string_view key = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    const bool known = std::any_of(call_keys.begin(), call_keys.end(), [&](std::string_view call_key) {
      return end == std::string_view::npos ? call_key.starts_with(key) : call_key == key;
    });
    if (!known) return Fit::none;
    return end == std::string_view::npos ? so_far() : Fit::whole;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t json_ = 0;
};

}  // namespace

ReplyTextReader::ReplyTextReader(std::span<const Tool> offered, bool begins_in_thought)
    : offered_(offered),
      state_(begins_in_thought ? State::held : State::spoken),
      bare_allowed_(!offered.empty()),
      began_in_thought_(begins_in_thought) {}

void ReplyTextReader::feed(std::string_view piece) {
  pending_ += piece;
  run();
}

void ReplyTextReader::run() {
  while (step()) {
  }
  pending_.erase(0, at_);
  at_ = 0;
}

void ReplyTextReader::end(bool complete) {
  if (ended_) return;
  run();
  if (state_ == State::held && complete && !held_too_much_) {
    began_in_thought_ = false;
    release_held();
  }
  ended_ = true;
  run();
  if (state_ == State::call) finish_call();
  if (state_ == State::bare) finish_bare();
  end_gap();
}

void ReplyTextReader::thoughts_are_apart() {
  if (state_ == State::held) release_held();
  run();
}

void ReplyTextReader::release_held() {
  pending_.replace(0, at_, std::exchange(held_, {}));
  at_ = 0;
  state_ = State::spoken;
}

std::vector<ReplyText> ReplyTextReader::take_text() {
  handed_out_ = handed_out_ || !texts_.empty();
  return std::exchange(texts_, {});
}

std::vector<ToolCall> ReplyTextReader::take_calls() {
  return std::exchange(calls_, {});
}

/// False when more is needed to go on.
bool ReplyTextReader::step() {
  if (at_ == pending_.size()) return false;
  switch (state_) {
    case State::held:
      return step_held();
    case State::spoken:
      return step_spoken();
    case State::thought:
    case State::call:
      return step_inside();
    case State::header:
      return step_header();
    case State::bare:
      return step_bare();
    case State::after_bare:
      return step_after_bare();
  }
  return false;
}

// ---- text

bool ReplyTextReader::begins_line(std::size_t at) const {
  while (at > at_) {
    --at;
    if (pending_[at] == '\n') return true;
    if (!is_blank(pending_[at])) return false;
  }
  return line_start_;
}

/// The first place from at_ on where something else than text may begin.
std::size_t ReplyTextReader::next_candidate() const {
  std::size_t at = at_;
  for (;;) {
    at = pending_.find_first_of("<[\xE2{`", at);
    if (at == std::string::npos) return pending_.size();
    const bool only_bare = pending_[at] == '{' || pending_[at] == '`';
    if (!only_bare || (bare_allowed_ && begins_line(at))) return at;
    ++at;
  }
}

bool ReplyTextReader::step_spoken() {
  const std::size_t candidate = next_candidate();
  const std::string text = pending_.substr(at_, candidate - at_);
  at_ = candidate;
  say(text);
  if (at_ == pending_.size()) return false;
  const bool is_markup = markup_begins.find(pending_[at_]) != std::string_view::npos;
  const Markup markup = is_markup ? markup_at(rest()) : Markup();
  if (markup.fit == Fit::whole) {
    const Fit code = in_code(markup.length);
    if (code == Fit::unsure) return false;
    if (code == Fit::none) {
      meet(markup);
      return true;
    }
    say(rest().substr(0, markup.length));
    at_ += markup.length;
    return true;
  }
  BareBegin bare(rest());
  const bool may_be_bare = bare_allowed_ && pending_[at_] != '<' && line_start_;
  const Fit fit = may_be_bare ? bare.read() : Fit::none;
  if (fit == Fit::whole) {
    before_bare_ = std::string(rest().substr(0, bare.json()));
    at_ += bare.json();
    body_.clear();
    extent_ = JsonExtent();
    state_ = State::bare;
    return true;
  }
  if (!ended_ && (fit == Fit::unsure || markup.fit == Fit::unsure)) return false;
  say(rest().substr(0, 1));
  ++at_;
  return true;
}

/// Whether the markup of that length, which comes next, is in inline code: the code must end on its line, for
/// a backtick may also stand alone.
Fit ReplyTextReader::in_code(std::size_t length) const {
  const std::size_t ticks = code_.closer();
  if (ticks == 0) return Fit::none;
  const std::string_view line = rest().substr(length, max_code);
  const bool all = line.size() == max_code || ended_;
  std::size_t at = line.find_first_of("`\n");
  while (at < line.size() && line[at] == '`') {
    const std::size_t end = std::min(line.find_first_not_of('`', at), line.size());
    if (end == line.size() && !all) return Fit::unsure;
    if (end - at == ticks) return Fit::whole;
    at = line.find_first_of("`\n", end);
  }
  return at == std::string_view::npos && !all ? Fit::unsure : Fit::none;
}

void ReplyTextReader::say(std::string_view text) {
  if (text.empty()) return;
  code_.take(text);
  const std::size_t word = std::min(text.find_first_not_of(blank_characters), text.size());
  if (!begun_) {
    if (!removed_ && blanks_.size() < max_blanks) blanks_ += text.substr(0, word);
    if (text.find('\n') < word) line_start_ = true;
    text.remove_prefix(word);
    if (text.empty()) return;
    begun_ = true;
    gap_ = false;
    put(std::exchange(blanks_, {}));
  }
  if (gap_) {
    after_gap_ += text;
    if (is_cut_off(after_gap_)) return;
    end_gap();
  } else {
    put(text);
  }
  const std::size_t last_break = text.rfind('\n');
  if (last_break != std::string_view::npos) line_start_ = true;
  const std::string_view line = last_break == std::string_view::npos ? text : text.substr(last_break + 1);
  if (line.find_first_not_of(blank_characters) != std::string_view::npos) line_start_ = false;
}

void ReplyTextReader::put(std::string_view text) {
  if (text.empty()) return;
  if (texts_.empty() || texts_.back().afresh) texts_.emplace_back();
  texts_.back().text += text;
  constexpr std::size_t longest_sign = 3;
  last_ += text.substr(text.size() - std::min(text.size(), longest_sign));
  if (last_.size() > longest_sign) last_.erase(0, last_.size() - longest_sign);
  for (const char c : text) quoted_ = c == '"' ? !quoted_ : quoted_ && c != '\n';
}

/// What was said before something that was removed, and what is said after it, are not one word.
void ReplyTextReader::end_gap() {
  if (after_gap_.empty()) return;
  gap_ = false;
  const std::string text = std::exchange(after_gap_, {});
  if (parts(text)) put(" ");
  put(text);
}

bool ReplyTextReader::parts(std::string_view text) const {
  if (last_.empty() || is_blank(last_.back()) || is_blank(text.front())) return false;
  if (text.front() == '"') return !quoted_;
  if (last_.back() == '"' && quoted_) return false;
  const auto ends = [this](std::string_view sign) { return last_.ends_with(sign); };
  const auto begins = [&](std::string_view sign) { return text.starts_with(sign); };
  return std::none_of(opening.begin(), opening.end(), ends) &&
         std::none_of(closing.begin(), closing.end(), begins);
}

/// What was here is no text: a reply does not begin with the blanks around it, and what is on its sides is
/// parted.
void ReplyTextReader::removed() {
  end_gap();
  blanks_.clear();
  if (begun_) gap_ = true;
  if (!begun_) removed_ = true;
  line_start_ = true;
}

// ---- markup

void ReplyTextReader::meet(const Markup& markup) {
  const std::string_view whole = rest().substr(0, markup.length);
  at_ += markup.length;
  const MarkupMeaning* meaning = meaning_of(markup.name);
  if (meaning == nullptr && closes_a_thought(markup.name)) {
    meet_stray_closer();
    return;
  }
  removed();
  if (meaning == nullptr || markup.closed) return;
  if (meaning->kind == Kind::thought) opened_ = true;
  enter(*meaning);
  if (meaning->opener_belongs) collect(whole);
}

void ReplyTextReader::enter(const MarkupMeaning& meaning) {
  inside_ = &meaning;
  depth_ = 0;
  body_.clear();
  too_long_ = false;
  if (meaning.kind == Kind::thought) state_ = State::thought;
  if (meaning.kind == Kind::call) state_ = State::call;
  if (meaning.kind == Kind::header) state_ = State::header;
}

void ReplyTextReader::leave() {
  state_ = State::spoken;
  inside_ = nullptr;
  removed();
}

/// The end of a thought that the reply has not opened: it began with it.
void ReplyTextReader::meet_stray_closer() {
  const bool began_with_it = !std::exchange(opened_, true);
  if (began_with_it && (begun_ || !calls_.empty())) {
    began_in_thought_ = true;
    texts_.clear();
    if (handed_out_) texts_.push_back({"", true});
    calls_.clear();
    begun_ = false;
    after_gap_.clear();
    quoted_ = false;
    code_ = CodeSpans();
  }
  removed();
}

/// In a thought, or in a call.
bool ReplyTextReader::step_inside() {
  const std::size_t candidate = std::min(pending_.find_first_of(markup_begins, at_), pending_.size());
  collect(std::string_view(pending_).substr(at_, candidate - at_));
  at_ = candidate;
  if (at_ == pending_.size()) return false;
  const Markup markup = markup_at(rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  const std::size_t length = markup.fit == Fit::whole ? markup.length : 1;
  const MarkupMeaning* meaning = markup.fit == Fit::whole ? meaning_of(markup.name) : nullptr;
  const bool closes = markup.fit == Fit::whole && inside_->closed_by(markup.name);
  if (closes && depth_ == 0) {
    if (meaning == nullptr) at_ += length;  // else it opens what comes next
    if (state_ == State::call) finish_call();
    leave();
    return true;
  }
  if (closes) --depth_;
  if (meaning != nullptr && !markup.closed && same_kind_of_thought(*inside_, *meaning)) ++depth_;
  collect(rest().substr(0, length));
  at_ += length;
  return true;
}

void ReplyTextReader::collect(std::string_view text) {
  if (state_ != State::call) return;
  too_long_ = too_long_ || body_.size() + text.size() > max_call;
  if (too_long_) body_.clear();
  if (!too_long_) body_ += text;
}

void ReplyTextReader::finish_call() {
  if (too_long_) {
    ++dropped_;
  } else {
    keep(read_written_calls(body_, offered_));
  }
  body_.clear();
}

void ReplyTextReader::keep(WrittenCalls written) {
  dropped_ += written.dropped;
  for (ToolCall& call : written.calls) {
    if (calls_.size() == max_calls) {
      ++dropped_;
    } else {
      calls_.push_back(std::move(call));
    }
  }
}

// ---- headers: whose words follow

bool ReplyTextReader::step_header() {
  const bool to_the_line = inside_->closers == "\n";
  const std::size_t end = std::min(pending_.find_first_of(to_the_line ? "<\n" : "<", at_), pending_.size());
  body_ += std::string_view(pending_).substr(at_, end - at_);
  at_ = end;
  if (body_.size() > max_header) {
    leave();
    return true;
  }
  if (at_ == pending_.size()) return false;
  if (pending_[at_] == '\n') {
    ++at_;
    end_header("\n");
    return true;
  }
  const Markup markup = markup_at(rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  if (markup.fit != Fit::whole) {
    body_ += pending_[at_++];
    return true;
  }
  const bool opens = meaning_of(markup.name) != nullptr;
  if (!opens) at_ += markup.length;
  if (opens || to_the_line || inside_->closed_by(markup.name)) end_header(markup.name);
  return true;  // else it is a word of the header, such as <|constrain|>
}

void ReplyTextReader::end_header(std::string_view terminator) {
  const std::string header = std::exchange(body_, {});
  const bool channel = inside_->opener == "<|channel|>";
  if (!channel) recipient_.clear();
  if (const std::string_view recipient = recipient_of(header); !recipient.empty()) recipient_ = recipient;
  const std::string word(first_word(header));
  leave();
  if (!channel && !is_own_role(word)) {
    enter(other_role);
  } else if (terminator == "<|channel|>") {
    return;  // which says more
  } else if (!recipient_.empty()) {
    enter(channel_of_tool);
    collect(std::exchange(recipient_, {}) + "\n");
  } else if (channel && word != "final" && word != "commentary") {
    opened_ = true;
    enter(other_channel);
  }
}

// ---- JSON without markup

bool ReplyTextReader::step_bare() {
  while (at_ < pending_.size()) {
    const char c = pending_[at_++];
    body_ += c;
    const bool whole = extent_.take(c);
    if (whole) {
      finish_bare();
      return true;
    }
    if (body_.size() > max_bare) {
      refuse_bare();
      return true;
    }
  }
  return false;
}

/// A call when it names an offered tool, however broken it is otherwise; else text.
void ReplyTextReader::finish_bare() {
  WrittenCalls written = read_written_calls(body_, offered_);
  const bool names_one = std::any_of(offered_.begin(), offered_.end(), [this](const Tool& tool) {
    return body_.find('"' + tool.name + '"') != std::string::npos;
  });
  if (written.calls.empty() && !names_one) {
    refuse_bare();
    return;
  }
  if (written.calls.empty()) written.dropped = 1;
  keep(std::move(written));
  body_.clear();
  state_ = State::after_bare;
  removed();
}

void ReplyTextReader::refuse_bare() {
  bare_allowed_ = false;
  pending_.replace(0, at_, before_bare_ + std::exchange(body_, {}));
  at_ = 0;
  state_ = State::spoken;
  if (ended_) run();
}

/// The end of the fence, and what separates calls.
bool ReplyTextReader::step_after_bare() {
  constexpr std::string_view fence = "```";
  at_ = std::min(pending_.find_first_not_of(" \t\r\n;,", at_), pending_.size());
  if (at_ == pending_.size()) return false;
  const std::string_view begin = rest().substr(0, fence.size());
  if (!before_bare_.empty() && begin != fence && fence.starts_with(begin) && !ended_) return false;
  if (!before_bare_.empty() && begin == fence) at_ += fence.size();
  before_bare_.clear();
  state_ = State::spoken;
  return true;
}

// ---- a reply that is expected to begin in a thought

bool ReplyTextReader::step_held() {
  const std::size_t candidate = std::min(pending_.find_first_of(markup_begins, at_), pending_.size());
  const auto hold = [this](std::size_t length) {
    held_too_much_ = held_too_much_ || held_.size() + length > max_held;
    if (held_too_much_) held_.clear();
    if (!held_too_much_) held_ += rest().substr(0, length);
    held_code_.take(rest().substr(0, length));
    at_ += length;
  };
  hold(candidate - at_);
  if (at_ == pending_.size()) return false;
  const Markup markup = markup_at(rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  const bool closes = markup.fit == Fit::whole && closes_a_thought(markup.name);
  // Thoughts have odd backticks: only a closer that is code all by itself is none.
  const bool after_backtick = closes && held_code_.begins();
  if (after_backtick && rest().size() == markup.length && !ended_) return false;
  const bool code = after_backtick && rest().substr(markup.length).starts_with('`');
  if (closes && !code) {
    at_ += markup.length;
    held_.clear();
    opened_ = true;
    state_ = State::spoken;
    removed();
    return true;
  }
  const bool first = held_.find_first_not_of(blank_characters) == std::string::npos && !held_too_much_;
  const MarkupMeaning* meaning = markup.fit == Fit::whole ? meaning_of(markup.name) : nullptr;
  if (first && meaning != nullptr && meaning->kind != Kind::call) {
    release_held();  // the reply says itself where it begins to think
    return true;
  }
  hold(markup.fit == Fit::whole ? markup.length : 1);
  return true;
}

}  // namespace unmuted

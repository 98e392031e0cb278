#include "services/reply_text.hpp"

#include <algorithm>
#include <utility>

#include "services/text_signs.hpp"

namespace unmuted {
namespace {

using Fit = Markup::Fit;
using Kind = MarkupMeaning::Kind;

/// What a channel that is not for the listener holds, and one that speaks to a tool. Their closers are those
/// of every message in that format.
constexpr std::string_view end_of_message = "<|end|> <|call|> <|return|> <|start|> <|channel|>";
constexpr MarkupMeaning other_channel{"", end_of_message, Kind::thought};
constexpr MarkupMeaning channel_of_tool{"", end_of_message, Kind::call};
/// What a model makes up as somebody else's words.
constexpr MarkupMeaning other_role{"", "<|start|> <|im_start|> <|start_header_id|> <start_of_turn>",
                                   Kind::thought};

bool same_kind_of_thought(const MarkupMeaning& a, const MarkupMeaning& b) {
  const std::string_view first = b.closers.substr(0, b.closers.find(' '));
  return a.kind == Kind::thought && b.kind == Kind::thought && a.closed_by(first);
}

}  // namespace

ReplyTextReader::ReplyTextReader(std::span<const Tool> offered, bool begins_in_thought)
    : offered_(offered),
      state_(begins_in_thought ? State::held : State::spoken),
      bare_allowed_(!offered.empty()),
      began_in_thought_(begins_in_thought) {}

void ReplyTextReader::feed(std::string_view piece) {
  pending_.feed(piece);
  run();
}

void ReplyTextReader::run() {
  while (step()) {
  }
  pending_.forget_taken();
}

void ReplyTextReader::end(bool complete) {
  if (ended_) return;
  run();
  if (state_ == State::held && complete && !held_.is_too_long()) {
    began_in_thought_ = false;
    release_held();
  }
  ended_ = true;
  run();
  if (state_ == State::call) finish_call();
  if (state_ == State::bare) finish_bare();
  said_.end();
}

void ReplyTextReader::thoughts_are_apart() {
  if (state_ == State::held) release_held();
  run();
}

/// False when more is needed to go on.
bool ReplyTextReader::step() {
  if (pending_.empty()) return false;
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

/// Whether only blanks stand before the byte `at` of what is pending, on its line.
bool ReplyTextReader::begins_line(std::size_t at) const {
  const std::string_view before = pending_.rest().substr(0, at);
  const std::size_t last = before.find_last_not_of(" \t\r");
  return last == std::string_view::npos ? said_.is_at_line_start() : before[last] == '\n';
}

/// How many bytes come before the first place where something else than text may begin.
std::size_t ReplyTextReader::next_candidate() const {
  const std::string_view text = pending_.rest();
  std::size_t at = text.find_first_of("<[\xE2{`");
  while (at < text.size()) {
    const bool only_bare = text[at] == '{' || text[at] == '`';
    if (!only_bare || (bare_allowed_ && begins_line(at))) return at;
    at = text.find_first_of("<[\xE2{`", at + 1);
  }
  return text.size();
}

bool ReplyTextReader::step_spoken() {
  said_.say(pending_.take(next_candidate()));
  if (pending_.empty()) return false;
  const bool is_markup = markup_begins.find(pending_.front()) != std::string_view::npos;
  const Markup markup = is_markup ? markup_at(pending_.rest()) : Markup();
  if (markup.fit == Fit::whole) return step_markup(markup);
  const bool may_be_bare = bare_allowed_ && pending_.front() != '<' && said_.is_at_line_start();
  const BareBegin bare = may_be_bare ? bare_begin(pending_.rest()) : BareBegin();
  if (bare.fit == Fit::whole) {
    bare_ = BareCall(pending_.take(bare.json));
    state_ = State::bare;
    return true;
  }
  if (!ended_ && (bare.fit == Fit::unsure || markup.fit == Fit::unsure)) return false;
  said_.say(pending_.take(1));
  return true;
}

bool ReplyTextReader::step_markup(const Markup& markup) {
  switch (said_.code().encloses_before(pending_.rest().substr(markup.length), ended_)) {
    case Fit::unsure:
      return false;
    case Fit::none:
      meet(markup);
      return true;
    case Fit::whole:
      said_.say(pending_.take(markup.length));
      return true;
  }
  return false;
}

void ReplyTextReader::meet(const Markup& markup) {
  const std::string_view whole = pending_.take(markup.length);
  const MarkupMeaning* meaning = meaning_of(markup.name);
  if (meaning == nullptr && closes_a_thought(markup.name)) {
    meet_stray_closer();
    return;
  }
  said_.remove();
  if (meaning == nullptr || markup.closed) return;
  if (meaning->kind == Kind::thought) opened_ = true;
  enter(*meaning);
  if (meaning->opener_belongs) collect(whole);
}

/// The end of a thought that the reply has not opened: it began with it.
void ReplyTextReader::meet_stray_closer() {
  const bool began_with_it = !std::exchange(opened_, true);
  if (began_with_it && (said_.has_begun() || !calls_.calls.empty())) {
    began_in_thought_ = true;
    calls_.calls.clear();
    said_.begin_afresh();
  }
  said_.remove();
}

// ---- thoughts and calls

void ReplyTextReader::enter(const MarkupMeaning& meaning) {
  inside_ = &meaning;
  depth_ = 0;
  call_.take();
  header_.clear();
  if (meaning.kind == Kind::thought) state_ = State::thought;
  if (meaning.kind == Kind::call) state_ = State::call;
  if (meaning.kind == Kind::header) state_ = State::header;
}

void ReplyTextReader::leave() {
  state_ = State::spoken;
  inside_ = nullptr;
  said_.remove();
}

bool ReplyTextReader::step_inside() {
  collect(pending_.take_up_to(markup_begins));
  if (pending_.empty()) return false;
  const Markup markup = markup_at(pending_.rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  const bool whole = markup.fit == Fit::whole;
  const std::size_t length = whole ? markup.length : 1;
  const MarkupMeaning* meaning = whole ? meaning_of(markup.name) : nullptr;
  const bool closes = whole && inside_->closed_by(markup.name);
  if (closes && depth_ == 0) {
    if (meaning == nullptr) pending_.take(length);  // else it opens what comes next
    if (state_ == State::call) finish_call();
    leave();
    return true;
  }
  if (closes) --depth_;
  if (meaning != nullptr && !markup.closed && same_kind_of_thought(*inside_, *meaning)) ++depth_;
  collect(pending_.take(length));
  return true;
}

void ReplyTextReader::collect(std::string_view text) {
  if (state_ == State::call) call_.append(text);
}

void ReplyTextReader::finish_call() {
  if (call_.is_too_long()) {
    ++calls_.dropped;
  } else {
    calls_.add(read_written_calls(call_.text(), offered_), max_calls);
  }
}

// ---- headers: whose words follow

bool ReplyTextReader::step_header() {
  const bool to_the_line = inside_->closers == "\n";
  header_ += pending_.take_up_to(to_the_line ? "<\n" : "<");
  if (header_.size() > MessageHeaders::max_bytes) {
    leave();
    return true;
  }
  if (pending_.empty()) return false;
  if (pending_.front() == '\n') {
    end_header(pending_.take(1));
    return true;
  }
  const Markup markup = markup_at(pending_.rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  if (markup.fit != Fit::whole) {
    header_ += pending_.take(1);
    return true;
  }
  const bool opens = meaning_of(markup.name) != nullptr;
  if (!opens) pending_.take(markup.length);
  if (opens || to_the_line || inside_->closed_by(markup.name)) end_header(markup.name);
  return true;  // else it is a word of the header, such as <|constrain|>
}

void ReplyTextReader::end_header(std::string_view terminator) {
  using Next = MessageHeaders::Next;
  const bool channel = inside_->opener == "<|channel|>";
  const Next next = headers_.read(header_, channel, terminator == "<|channel|>");
  leave();
  switch (next) {
    case Next::words:
    case Next::more:
      return;
    case Next::other_role:
      return enter(other_role);
    case Next::thought:
      opened_ = true;
      return enter(other_channel);
    case Next::call:
      enter(channel_of_tool);
      return collect(headers_.take_recipient() + "\n");
  }
}

// ---- JSON without markup

bool ReplyTextReader::step_bare() {
  while (!pending_.empty()) {
    switch (bare_.take(pending_.take(1).front())) {
      case BareCall::Found::unfinished:
        break;
      case BareCall::Found::whole:
        finish_bare();
        return true;
      case BareCall::Found::too_long:
        refuse_bare();
        return true;
    }
  }
  return false;
}

/// A call when it names an offered tool, however broken it is otherwise; else text.
void ReplyTextReader::finish_bare() {
  WrittenCalls written = read_written_calls(bare_.json(), offered_);
  const bool names_one = std::any_of(offered_.begin(), offered_.end(), [this](const Tool& tool) {
    return bare_.json().find('"' + tool.name + '"') != std::string::npos;
  });
  if (written.calls.empty() && !names_one) {
    refuse_bare();
    return;
  }
  if (written.calls.empty()) written.dropped = 1;
  calls_.add(std::move(written), max_calls);
  state_ = State::after_bare;
  said_.remove();
}

void ReplyTextReader::refuse_bare() {
  bare_allowed_ = false;
  pending_.put_back(bare_.text());
  state_ = State::spoken;
  if (ended_) run();
}

/// The end of the fence, and what separates calls.
bool ReplyTextReader::step_after_bare() {
  constexpr std::string_view fence = "```";
  pending_.take_all_of(" \t\r\n;,");
  if (pending_.empty()) return false;
  const std::string_view begin = pending_.rest().substr(0, fence.size());
  if (bare_.is_fenced() && begin != fence && fence.starts_with(begin) && !ended_) return false;
  if (bare_.is_fenced() && begin == fence) pending_.take(fence.size());
  state_ = State::spoken;
  return true;
}

// ---- a reply that is expected to begin in a thought

bool ReplyTextReader::step_held() {
  held_.hold(pending_.take_up_to(markup_begins));
  if (pending_.empty()) return false;
  const Markup markup = markup_at(pending_.rest());
  if (markup.fit == Fit::unsure && !ended_) return false;
  const bool whole = markup.fit == Fit::whole;
  if (whole && closes_a_thought(markup.name)) {
    const Fit closes = held_.closes_before(pending_.rest().substr(markup.length), ended_);
    if (closes == Fit::unsure) return false;
    if (closes == Fit::whole) {
      pending_.take(markup.length);
      held_.take();
      opened_ = true;
      leave();
      return true;
    }
  }
  const MarkupMeaning* meaning = whole ? meaning_of(markup.name) : nullptr;
  if (held_.is_blank() && meaning != nullptr && meaning->kind != Kind::call) {
    release_held();  // the reply says itself where it begins to think
    return true;
  }
  held_.hold(pending_.take(whole ? markup.length : 1));
  return true;
}

void ReplyTextReader::release_held() {
  pending_.put_back(held_.take());
  state_ = State::spoken;
}

}  // namespace unmuted

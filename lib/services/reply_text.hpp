#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/bare_call.hpp"
#include "services/bounded_text.hpp"
#include "services/held_reply.hpp"
#include "services/message_header.hpp"
#include "services/pending_text.hpp"
#include "services/reply.hpp"
#include "services/reply_markup.hpp"
#include "services/said_text.hpp"
#include "services/written_calls.hpp"

namespace unmuted {

/// Tells what a model says from what it thinks and from tool calls that it writes, in the text of a reply
/// that comes in pieces of any size. Text is passed on at once; only what could still become markup waits for
/// the next piece, and a tag in inline code, which is text, for the end of that code. Without I/O. The memory
/// that it takes is bounded.
///
/// Some prompt templates open the thought themselves, so that a reply begins in the middle of it. Only its
/// closer tells, and by then text has been passed on: it is taken back by ReplyText::afresh, and the caller,
/// who learns of it by began_in_thought(), says so at the next reply of that model. Then nothing is passed on
/// before the closer; a reply that ends well without one was ordinary text after all, and comes at its end.
class ReplyTextReader {
 public:
  static constexpr std::size_t max_call = 256U << 10U;  ///< bytes of one written call
  static constexpr std::size_t max_bare = BareCall::max_bytes;
  static constexpr std::size_t max_held = HeldReply::max_bytes;  ///< bytes that wait for a thought's closer
  static constexpr std::size_t max_calls = 128;

  /// `offered`: the tools of the request; they live longer.
  explicit ReplyTextReader(std::span<const Tool> offered = {}, bool begins_in_thought = false);

  void feed(std::string_view piece);
  /// The server keeps thoughts apart, so that the text has none that it does not open.
  void thoughts_are_apart();
  /// Nothing more comes. `complete`: the model had said all it wanted to.
  void end(bool complete);

  /// What is to be said, since the last time.
  std::vector<ReplyText> take_text() { return said_.take(); }
  /// The calls so far, once each; they have no ids.
  std::vector<ToolCall> take_calls() { return std::exchange(calls_.calls, {}); }
  [[nodiscard]] std::size_t dropped_calls() const { return calls_.dropped; }
  /// Whether this reply began in the middle of a thought, as far as is known.
  [[nodiscard]] bool began_in_thought() const { return began_in_thought_; }

 private:
  enum class State { held, spoken, thought, call, header, bare, after_bare };

  void run();
  bool step();
  bool step_held();
  bool step_spoken();
  bool step_markup(const Markup& markup);
  bool step_inside();
  bool step_header();
  bool step_bare();
  bool step_after_bare();

  [[nodiscard]] std::size_t next_candidate() const;
  [[nodiscard]] bool begins_line(std::size_t at) const;
  void meet(const Markup& markup);
  void meet_stray_closer();
  void enter(const MarkupMeaning& meaning);
  void leave();
  void collect(std::string_view text);
  void finish_call();
  void end_header(std::string_view terminator);
  void finish_bare();
  void refuse_bare();
  void release_held();

  std::span<const Tool> offered_;
  State state_;
  PendingText pending_;
  bool ended_ = false;
  SaidText said_;

  const MarkupMeaning* inside_ = nullptr;  ///< what a thought, a call or a header began with
  std::size_t depth_ = 0;                  ///< openers of its own kind within it
  BoundedText call_{max_call};
  std::string header_;
  MessageHeaders headers_;
  BareCall bare_;
  bool bare_allowed_;

  HeldReply held_;
  bool began_in_thought_;
  bool opened_ = false;  ///< the reply has opened a thought by itself, or has been taken back once

  WrittenCalls calls_;
};

}  // namespace unmuted

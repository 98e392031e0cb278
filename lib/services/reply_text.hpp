#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "conversation/chat_message.hpp"
#include "services/json_extent.hpp"
#include "services/language_model.hpp"
#include "services/reply_markup.hpp"
#include "services/written_calls.hpp"

namespace unmuted {

/// Finds inline code in a text that comes in pieces: from backticks to as many of them on the same line.
class CodeSpans {
 public:
  void take(std::string_view text) {
    for (const char c : text) {
      if (c == '`') {
        ++run_;
        continue;
      }
      open_ = closer();
      run_ = 0;
      if (c == '\n') open_ = 0;
    }
  }

  /// How many backticks close the code that goes on here; 0 when there is none.
  [[nodiscard]] std::size_t closer() const {
    if (run_ == 0 || (open_ != 0 && run_ != open_)) return open_;
    return open_ == 0 ? run_ : 0;
  }
  /// Whether the code begins here.
  [[nodiscard]] bool begins() const { return run_ != 0 && open_ == 0; }

 private:
  std::size_t open_ = 0;  ///< backticks that the code before the last ones began with
  std::size_t run_ = 0;   ///< backticks that the text ends with
};

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
  static constexpr std::size_t max_bare = 64U << 10U;   ///< bytes of a call that is JSON without markup
  static constexpr std::size_t max_held = 256U << 10U;  ///< bytes that wait for the closer of a thought
  static constexpr std::size_t max_calls = 128;

  /// `offered`: the tools of the request; they live longer.
  explicit ReplyTextReader(std::span<const Tool> offered = {}, bool begins_in_thought = false);

  void feed(std::string_view piece);
  /// The server keeps thoughts apart, so that the text has none that it does not open.
  void thoughts_are_apart();
  /// Nothing more comes. `complete`: the model had said all it wanted to.
  void end(bool complete);

  /// What is to be said, since the last time.
  std::vector<ReplyText> take_text();
  /// The calls so far, once each; they have no ids.
  std::vector<ToolCall> take_calls();
  [[nodiscard]] std::size_t dropped_calls() const { return dropped_; }
  /// Whether this reply began in the middle of a thought, as far as is known.
  [[nodiscard]] bool began_in_thought() const { return began_in_thought_; }

 private:
  enum class State { held, spoken, thought, call, header, bare, after_bare };

  void run();
  bool step();
  bool step_held();
  bool step_spoken();
  bool step_inside();
  bool step_header();
  bool step_bare();
  bool step_after_bare();

  [[nodiscard]] std::string_view rest() const { return std::string_view(pending_).substr(at_); }
  [[nodiscard]] std::size_t next_candidate() const;
  [[nodiscard]] bool begins_line(std::size_t at) const;

  [[nodiscard]] Markup::Fit in_code(std::size_t length) const;
  void meet(const Markup& markup);
  void enter(const MarkupMeaning& meaning);
  void leave();
  void meet_stray_closer();
  void end_header(std::string_view terminator);
  void collect(std::string_view text);
  void finish_call();
  void finish_bare();
  void refuse_bare();
  void keep(WrittenCalls written);
  void release_held();
  void removed();
  void say(std::string_view text);
  void put(std::string_view text);
  void end_gap();
  [[nodiscard]] bool parts(std::string_view text) const;

  std::span<const Tool> offered_;
  State state_;
  std::string pending_;  ///< not understood yet, from at_ on
  std::size_t at_ = 0;
  bool ended_ = false;

  const MarkupMeaning* inside_ = nullptr;  ///< what a thought, a call or a header began with
  std::size_t depth_ = 0;                  ///< openers of its own kind within it
  std::string body_;                       ///< of a call, a header or bare JSON
  bool too_long_ = false;
  std::string recipient_;  ///< of a header: the tool that is spoken to
  JsonExtent extent_;
  std::string before_bare_;  ///< the fence around it
  bool bare_allowed_;

  std::string held_;
  bool held_too_much_ = false;
  bool began_in_thought_;
  bool opened_ = false;  ///< the reply has opened a thought by itself, or has been taken back once

  std::vector<ReplyText> texts_;
  bool handed_out_ = false;  ///< some text has been taken
  std::vector<ToolCall> calls_;
  std::size_t dropped_ = 0;

  std::string blanks_;      ///< before the first word
  bool begun_ = false;      ///< a word has been said
  bool removed_ = false;    ///< something before the first word was no text
  bool gap_ = false;        ///< something after the last word was no text
  std::string after_gap_;   ///< less than one character
  std::string last_;        ///< the last bytes said
  bool quoted_ = false;     ///< a quotation in straight marks has begun on this line
  CodeSpans code_;          ///< of what was said
  CodeSpans held_code_;     ///< of what is held
  bool line_start_ = true;  ///< only blanks since the last line break
};

}  // namespace unmuted

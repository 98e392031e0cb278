#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "services/code_spans.hpp"
#include "services/reply.hpp"

namespace unmuted {

/// The text of a reply that is to be said, put together from what is on the sides of what was removed: it
/// does not begin with the blanks there, and two words do not become one.
class SaidText {
 public:
  void say(std::string_view text);
  /// Something stood here that is no text.
  void remove();
  /// Nothing more comes.
  void end() { end_gap(); }

  /// All that was said was none: it begins anew.
  void begin_afresh();

  /// What is to be said, since the last time.
  std::vector<ReplyText> take();

  [[nodiscard]] bool has_begun() const { return begun_; }
  /// Only blanks have come since the last line break, or since something was removed.
  [[nodiscard]] bool is_at_line_start() const { return line_start_; }
  [[nodiscard]] const CodeSpans& code() const { return code_; }

 private:
  bool say_begin(std::string_view& text);
  void put(std::string_view text);
  void end_gap();
  [[nodiscard]] bool parts(std::string_view text) const;

  std::vector<ReplyText> texts_;
  bool handed_out_ = false;  ///< some text has been taken

  std::string blanks_;     ///< before the first word
  bool begun_ = false;     ///< a word has been said
  bool removed_ = false;   ///< something before the first word was no text
  bool gap_ = false;       ///< something after the last word was no text
  std::string after_gap_;  ///< less than one character
  std::string last_;       ///< the last bytes said
  bool quoted_ = false;    ///< a quotation in straight marks has begun on this line
  bool line_start_ = true;
  CodeSpans code_;
};

}  // namespace unmuted

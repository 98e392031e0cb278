#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conversation/markdown/character_reader.hpp"
#include "conversation/markdown/word.hpp"

namespace unmuted::markdown {

/// The word that is coming, as it came. Knows what must not be cut: within a link, code, a tag or an address
/// it is open, and white space does not end it, until that is complete or too long to be what it began as.
class RawWord {
 public:
  static constexpr std::size_t max_held_bytes = 2048;  ///< of what is open longest: an address

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// It is spoken as it stands.
  [[nodiscard]] bool is_plain() const { return plain_; }

  /// How much add_plain() takes now.
  [[nodiscard]] std::size_t room_for_plain() const {
    return is_open() || text_.size() > max_word_bytes ? 0 : max_word_bytes - text_.size();
  }
  /// Printable ASCII, all of it is_plain(): the same as add() of each.
  void add_plain(std::string_view text) {
    text_ += text;
    escaped_ = false;
  }
  /// Whether words are made of such characters: they are seen, and no white space or emoji.
  static bool is_text(const TextCharacter& c);
  /// A character of text, of a word that is not open, or that it was not taken into.
  void add(const TextCharacter& c);
  /// The same for what is neither text nor white space.
  void add_beside_text(const TextCharacter& c);

  [[nodiscard]] bool is_open() const { return open_ != Open::nothing; }
  /// Takes a character into what is open; false: it does not belong there, and that has ended.
  bool take_into_open(const TextCharacter& c);
  /// What is open has become longer than it may be.
  [[nodiscard]] bool is_too_long() const { return text_.size() > limit_; }
  /// What was open is words: the last of them is cut off and given, when it holds several. It goes on with
  /// begin_again().
  std::optional<std::string> give_up();
  void begin_again(std::string text);

  // What ends the word in the middle of its line. Each is taken off the word when it is there.
  bool take_comment_begin();               ///< <!--
  bool take_line_break();                  ///< a backslash at the end of the line
  std::size_t take_code_block();           ///< how many backquotes an open block of code began with, or 0
  std::string_view take_hidden_element();  ///< "script" or "style" that is open and empty so far, or nothing

  /// The text alone is taken: the next word is of the same kind.
  std::string take_text() { return std::exchange(text_, {}); }
  /// The next word begins.
  void clear() {
    text_.clear();
    plain_ = true;
    escaped_ = false;
    open_ = Open::nothing;
  }

 private:
  enum class Open {
    nothing,
    ticks,      ///< `
    code,       ///< `text
    less,       ///< <
    tag,        ///< <name
    hidden,     ///< <script>text
    bracket,    ///< [text
    bracketed,  ///< [text]
    label,      ///< [text][label
    target,     ///< [text](address
    citation,   ///< 【
    address,    ///< https://
  };

  static std::size_t limit_of(Open open);
  void append(const TextCharacter& c);
  void add_separator();

  void open_with(const TextCharacter& c);
  void begin(Open open, std::size_t bytes);
  bool go_on_as(Open open, const TextCharacter& c);
  bool go_on_ticks(const TextCharacter& c);
  bool go_on_code(const TextCharacter& c);
  bool go_on_address(const TextCharacter& c);
  void go_on_target(const TextCharacter& c);
  void go_on_nested(const TextCharacter& c, char opens, char closes, Open then);
  void go_on_tag(const TextCharacter& c);
  void go_on_hidden(const TextCharacter& c);
  void cut_open();

  std::string text_;
  bool plain_ = true;
  bool escaped_ = false;  ///< a backslash came before
  Open open_ = Open::nothing;
  std::size_t open_at_ = 0;  ///< where in text_
  std::size_t limit_ = 0;    ///< how long text_ may get
  std::size_t depth_ = 0;    ///< of brackets; for code: how many backquotes
  char title_ = 0;           ///< the quotation mark that has begun the title of a link
  std::size_t run_ = 0;      ///< of backquotes that may close the code
};

}  // namespace unmuted::markdown

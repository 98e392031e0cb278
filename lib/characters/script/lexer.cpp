#include "characters/script/lexer.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/ascii.hpp"
#include "core/unicode.hpp"

namespace unmuted::script {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_line_break(char c) {
  return c == '\n' || c == '\r';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source), at_(preamble_length(source)) {}

  std::vector<Token> all() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != Token::Kind::end);
    return tokens;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  Token next() {
    if (const auto unfinished = skip_blank()) return {Token::Kind::end, *unfinished, 0, {}, false};
    begin_ = at_;
    if (at_ >= source_.size()) return {Token::Kind::end, at_, 0, {}, true};
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (is_word(peek())) return word();
    if (peek() == '"' || peek() == '\'') return quoted();
    if (peek() == '[' && long_bracket_level()) return long_text();
    return symbol();
  }

  [[nodiscard]] Token token(Token::Kind kind) const {
    return {kind, begin_, at_ - begin_, source_.substr(begin_, at_ - begin_), true};
  }

  /// Gives the place of a comment that does not end.
  std::optional<std::size_t> skip_blank() {
    while (at_ < source_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        const std::size_t comment = at_;
        at_ += 2;
        if (peek() != '[' || !long_bracket_level()) {
          at_ = std::min(source_.find_first_of("\r\n", at_), source_.size());
        } else if (!skip_long_bracket()) {
          return comment;
        }
      } else {
        break;
      }
    }
    return std::nullopt;
  }

  /// Whether a long bracket opens here, and with how many '='.
  [[nodiscard]] std::optional<std::size_t> long_bracket_level() const {
    std::size_t level = 0;
    while (peek(1 + level) == '=') ++level;
    return peek(1 + level) == '[' ? std::optional(level) : std::nullopt;
  }

  /// Whether it ends.
  bool skip_long_bracket() {
    const std::size_t level = *long_bracket_level();
    const std::string closing = "]" + std::string(level, '=') + "]";
    const std::size_t end = source_.find(closing, at_ + level + 2);
    at_ = end == std::string_view::npos ? source_.size() : end + closing.size();
    return end != std::string_view::npos;
  }

  Token long_text() {
    const std::size_t delimiter = *long_bracket_level() + 2;
    const bool ends = skip_long_bracket();
    Token text = token(Token::Kind::text);
    text.text.remove_prefix(delimiter);
    if (ends) text.text.remove_suffix(delimiter);
    text.is_finished = ends;
    return text;
  }

  Token quoted() {
    const char quote = source_[at_++];
    while (at_ < source_.size() && peek() != quote && !is_line_break(peek())) {
      if (peek() == '\\')
        skip_escape();
      else
        ++at_;
    }
    const bool ends = at_ < source_.size() && peek() == quote;
    if (ends) ++at_;
    Token text = token(Token::Kind::text);
    text.text.remove_prefix(1);
    if (ends) text.text.remove_suffix(1);
    text.is_finished = ends;
    return text;
  }

  void skip_escape() {
    ++at_;  // the backslash
    if (peek() == 'z') {
      ++at_;
      while (at_ < source_.size() && is_space(peek())) ++at_;
    } else if (at_ < source_.size()) {
      at_ += std::max<std::size_t>(1, line_break_at(source_, at_));
    }
  }

  Token number() {
    while (is_word(peek()) || peek() == '.') ++at_;
    return token(Token::Kind::number);
  }

  Token word() {
    while (is_word(peek())) ++at_;
    return token(Token::Kind::word);
  }

  Token symbol() {
    // `a == b` must not look like `a =`.
    const bool comparison = peek(1) == '=' && std::string_view("=~<>").find(peek()) != std::string_view::npos;
    at_ += comparison ? 2 : code_point_at(source_, at_).bytes;
    return token(Token::Kind::symbol);
  }

  std::string_view source_;
  std::size_t at_;
  std::size_t begin_ = 0;  ///< of the present token
};

}  // namespace

std::vector<Token> lex(std::string_view source) {
  return Lexer(source).all();
}

std::size_t preamble_length(std::string_view source) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const std::size_t begin = source.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  if (!source.substr(begin).starts_with('#')) return begin;
  return std::min(source.find_first_of("\r\n", begin), source.size());
}

std::size_t line_break_at(std::string_view source, std::size_t at) {
  if (at >= source.size() || !is_line_break(source[at])) return 0;
  const bool is_pair =
      at + 1 < source.size() && is_line_break(source[at + 1]) && source[at + 1] != source[at];
  return is_pair ? 2 : 1;
}

}  // namespace unmuted::script

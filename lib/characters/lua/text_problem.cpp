#include "characters/lua/text_problem.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "characters/lines.hpp"
#include "characters/lua/foreign_signs.hpp"
#include "characters/script/lexer.hpp"
#include "characters/script/syntax.hpp"
#include "core/text_encoding.hpp"
#include "core/unicode.hpp"

namespace unmuted {
namespace {

using script::Token;
using Kind = Token::Kind;
using Tokens = std::vector<Token>;

bool is_ascii_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Whether Lua knows no such sign, and people mean another by it.
bool is_foreign(std::string_view source, const Token& token) {
  if (token.kind != Kind::symbol) return false;
  const char32_t code = code_point_at(source, token.offset).value;
  return code >= 0x80 || code == '`' || code < ' ' || code == 0x7F;
}

/// The word around the letter at `offset`, and the same in Latin letters; empty when that is not possible.
std::string latin_word_around(std::string_view source, std::size_t offset) {
  std::size_t begin = offset;
  while (begin > 0 && is_ascii_word(source[begin - 1])) --begin;
  std::string word;
  for (std::size_t at = begin; at < source.size();) {
    const CodePoint point = code_point_at(source, at);
    if (point.value < 0x80 && !is_ascii_word(source[at])) break;
    const char letter = point.value < 0x80 ? source[at] : latin_lookalike(point.value);
    if (letter == '\0') return is_word_sign(point.value) ? std::string() : word;
    word += letter;
    at += point.bytes;
  }
  return word;
}

/// A dash is a minus, or begins a comment.
std::string dash_help(std::string_view source, std::size_t offset, std::string_view usual) {
  const std::size_t line = source.substr(0, offset).find_last_of("\r\n") + 1;
  const bool begins_line =
      source.substr(line, offset - line).find_first_not_of(" \t") == std::string_view::npos;
  if (begins_line || usual == "--") return "write -- for it before a comment, - for minus";
  return "write - for it, or -- before a comment";
}

TextProblem describe_sign(std::string_view source, std::size_t offset) {
  const char32_t code = code_point_at(source, offset).value;
  const ForeignSign sign = foreign_sign(code);
  TextProblem problem{position_of(source, offset), shown(code) + " is not a sign of Lua", {}};
  if (latin_lookalike(code) != '\0') {
    const std::string word = latin_word_around(source, offset);
    problem.message = shown(code) + " only looks like the letter " + sign.instead;
    problem.help = "write " + (word.empty() ? sign.instead : word) + " anew, in Latin letters";
  } else if (sign.look == ForeignSign::Look::blank) {
    problem.message = "the blank here is a " + shown(code) + ", which Lua does not know";
    problem.help = "write a plain blank for it";
  } else if (sign.look == ForeignSign::Look::invisible) {
    problem.message = "there is a sign here that cannot be seen: " + shown(code);
    problem.help = "delete it; if it cannot be found, type the line anew";
  } else if (sign.instead.starts_with('-')) {
    problem.help = dash_help(source, offset, sign.instead);
  } else if (sign.instead == "...") {
    problem.help = "write .. to join texts, or ... for it";
  } else if (!sign.instead.empty()) {
    problem.help = "write " + sign.instead + " for it";
  } else if (is_word_sign(code)) {
    problem.message = shown(code) + " cannot be in a name of Lua";
    problem.help =
        "names have the letters a to z, digits and _; as a key, write [\"...\"]; as a text, put it in quotes";
  } else {
    problem.help = "delete it, or put it in quotes when it belongs to a text";
  }
  return problem;
}

/// Whether what stands at `at` may follow a text in Lua.
bool goes_on_after_text(std::string_view source, std::size_t at) {
  const std::size_t next = source.find_first_not_of(" \t", at);
  return next >= source.size() || std::string_view(",;)}].\r\n").find(source[next]) != std::string_view::npos;
}

/// A typographic quote in `text` that was meant to end it. One within a word is an apostrophe, and in a text
/// that does end, the second of two belongs to a quotation.
std::optional<std::size_t> meant_end(std::string_view source, const Token& text) {
  const char quote = source[text.offset];
  if (text.kind != Kind::text || (quote != '"' && quote != '\'')) return std::nullopt;
  std::optional<std::size_t> first;
  bool after_word = false;
  for (std::size_t at = text.offset + 1; at < text.end();) {
    const CodePoint point = code_point_at(source, at);
    const std::size_t next = at + point.bytes;
    const bool before_word = next < source.size() && is_word_sign(code_point_at(source, next).value);
    if (quote_meant_by(point.value) == quote && !(after_word && before_word)) {
      if (text.is_finished && first) return std::nullopt;
      if (goes_on_after_text(source, next)) return at;
      if (!first) first = at;
    }
    after_word = is_word_sign(point.value);
    at = next;
  }
  return text.is_finished ? std::nullopt : first;
}

/// The sign that is to blame for a complaint at `at`: the first foreign one outside of texts, or a quote in a
/// text before it on its line that has made Lua take the wrong part of the line for the text.
std::optional<std::size_t> blamed_sign(std::string_view source, const Tokens& tokens, std::size_t at) {
  const auto sign = std::find_if(tokens.begin(), tokens.end(),
                                 [&](const Token& token) { return is_foreign(source, token); });
  const std::size_t line = source.substr(0, at).find_last_of("\r\n") + 1;
  for (const Token& token : tokens) {
    if (token.offset < line || token.kind != Kind::text) continue;
    if (token.offset > at) break;
    const auto quote = meant_end(source, token);
    if (quote && (sign == tokens.end() || *quote < sign->offset)) return quote;
  }
  if (sign == tokens.end()) return std::nullopt;
  // Lua may complain of the operator before a sign that it cannot read.
  constexpr std::string_view operators = "+-*/%^#&|~<>=.: \t";
  const bool is_before = sign->offset <= at;
  const bool is_next = !is_before && source.substr(at, sign->offset - at).find_first_not_of(operators) ==
                                         std::string_view::npos;
  return is_before || is_next ? std::optional(sign->offset) : std::nullopt;
}

std::string help_for_unfinished(std::string_view source, const Token& token) {
  const char first = source[token.offset];
  if (first == '"' || first == '\'') {
    return std::string("end it with ") + first + " on its line; longer texts stand between [[ and ]]";
  }
  const std::size_t opening = source.find('[', token.offset);
  const std::size_t level = source.find('[', opening + 1) - opening - 1;
  return "end it with ]" + std::string(level, '=') + "]";
}

/// For what other languages write otherwise.
std::string help_for(std::string_view source, const Tokens& tokens, std::size_t index,
                     std::string_view complaint) {
  const Token& token = tokens[index];
  const std::string_view rest = source.substr(token.offset);
  const char before = token.offset > 0 ? source[token.offset - 1] : '\0';
  if (rest.starts_with("!=")) return "write ~= for it";
  if (rest.starts_with("!")) return "write not for it";
  if (rest.starts_with("&&") || before == '&') return "write and for &&";
  if (rest.starts_with("||") || before == '|') return "write or for ||";
  if (rest.starts_with("//") && token.is("/")) return "write -- before a comment";
  if (rest.size() > 1 && rest[1] == '=' && std::string_view("+-*/").find(rest[0]) != std::string_view::npos) {
    return std::string("write it out: x = x ") + rest[0] + " ...";
  }
  const bool begins_entry =
      token.kind == Kind::word || token.kind == Kind::text || token.is("{") || token.is("[");
  if (complaint.starts_with("'}' expected") && begins_entry && index > 0)
    return "is a comma missing before it?";
  return {};
}

}  // namespace

TextProblem explain_syntax_error(std::string_view source, std::string_view complaint, int line) {
  const auto at = script::find_syntax_error(source);
  TextProblem problem{{line, 0}, std::string(complaint), {}};
  if (!at) return problem;  // too deeply nested, compiled, or too slow to parse
  const Tokens tokens = script::lex(source);
  if (const auto sign = blamed_sign(source, tokens, *at)) return describe_sign(source, *sign);
  problem.place = position_of(source, *at);
  const auto token =
      std::find_if(tokens.begin(), tokens.end(), [&](const Token& t) { return t.offset >= *at; });
  if (token == tokens.end()) return problem;
  problem.help = token->is_finished
                     ? help_for(source, tokens, static_cast<std::size_t>(token - tokens.begin()), complaint)
                     : help_for_unfinished(source, *token);
  return problem;
}

std::optional<TextProblem> explain_encoding(std::string_view source) {
  constexpr const char* help = "save the file as UTF-8";
  if (const auto wide = wide_encoding(source); !wide.empty()) {
    return TextProblem{{}, "the file is saved as " + std::string(wide) + ", not as UTF-8", help};
  }
  const auto at = script::find_foreign_byte(source);
  if (!at) return std::nullopt;
  const auto likely = likely_encoding(source, *at);
  char byte[8];
  std::snprintf(byte, sizeof byte, "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(source[*at])));
  TextProblem problem{position_of(source, *at), "the byte " + std::string(byte) + " is not UTF-8", help};
  if (likely == "UTF-8") {
    problem.message += ", as other letters of the file are";
    problem.help = "type this letter anew, and save the file as UTF-8";
  } else if (!likely.empty()) {
    problem.message += "; the file is probably saved as " + std::string(likely);
  }
  return problem;
}

std::optional<TextProblem> explain_emptiness(std::string_view source) {
  const Tokens tokens = script::lex(source);
  if (tokens.size() > 1) return std::nullopt;
  const bool is_blank = source.find_first_not_of(" \t\r\n\v\f", source.starts_with("\xEF\xBB\xBF") ? 3 : 0) ==
                        std::string_view::npos;
  return TextProblem{
      {},
      is_blank ? "the file is empty" : "there is nothing in the file but comments",
      "a character is what the file returns: return { name = ..., voice = ..., instructions = ... }"};
}

}  // namespace unmuted

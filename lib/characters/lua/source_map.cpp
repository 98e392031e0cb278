#include "characters/lua/source_map.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "characters/lines.hpp"
#include "characters/script/lexer.hpp"

namespace unmuted {
namespace {

using script::Token;
using Kind = Token::Kind;

template <std::size_t N>
bool is_any(const Token& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return token.is(w); });
}

/// +1 when `token` opens a bracket or a block, -1 when it closes one. `for` and `while` open with their `do`.
int nesting(const Token& token) {
  static constexpr std::array<std::string_view, 7> opening{"(", "[", "{", "function", "do", "if", "repeat"};
  static constexpr std::array<std::string_view, 5> closing{")", "]", "}", "end", "until"};
  if (is_any(token, opening)) return 1;
  return is_any(token, closing) ? -1 : 0;
}

class Reader {
 public:
  Reader(std::vector<Token> tokens, LuaFields& fields) : tokens_(std::move(tokens)), fields_(fields) {}

  void read_returned_table() {
    const std::size_t found = last_return();
    if (found == tokens_.size()) return;
    fields_.add_whole(tokens_[found].offset);
    at_ = found + 1;
    if (token().kind == Kind::word) at_ = assigned_table(token().text, found);
    if (token().is("{")) read_table(LuaFields::whole, 0);
  }

 private:
  static constexpr int max_depth = 32;

  [[nodiscard]] const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }

  /// The `return` that ends the file: the last one outside of all blocks.
  [[nodiscard]] std::size_t last_return() const {
    std::size_t found = tokens_.size();
    int depth = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (depth == 0 && tokens_[i].is("return")) found = i;
      depth += nesting(tokens_[i]);
    }
    return found;
  }

  /// The `{` of the last `name = {` outside of all blocks before `end`, else the end of the file.
  [[nodiscard]] std::size_t assigned_table(std::string_view name, std::size_t end) const {
    std::size_t found = tokens_.size() - 1;
    int depth = 0;
    for (std::size_t i = 0; i + 2 < end; ++i) {
      if (depth == 0 && tokens_[i].is(name) && tokens_[i + 1].is("=") && tokens_[i + 2].is("{"))
        found = i + 2;
      depth += nesting(tokens_[i]);
    }
    return found;
  }

  void read_table(std::size_t table, int depth) {
    ++at_;  // {
    std::size_t index = 1;
    while (token().kind != Kind::end && !token().is("}")) {
      read_entry(table, index, depth);
      if (token().is(",") || token().is(";")) ++at_;
    }
    ++at_;  // }
  }

  void read_entry(std::size_t table, std::size_t& index, int depth) {
    const std::size_t offset = token().offset;
    FieldStep step;
    if (token().kind == Kind::word && token(1).is("=")) {
      step.key = token().text;
      at_ += 2;
    } else if (token().is("[") && token(2).is("]") && token(3).is("=") && token(1).kind == Kind::text) {
      step.key = token(1).text;
      at_ += 4;
    } else if (token().is("[")) {
      skip_expression();  // a computed key: where it stands is not known
      return;
    } else {
      step.index = index++;
    }
    const std::size_t field = fields_.add(table, step, offset);
    if (token().is("{") && depth < max_depth) read_table(field, depth + 1);
    skip_expression();  // what follows a table in an expression, or all of another value
  }

  void skip_expression() {
    const std::size_t begin = at_;
    int depth = 0;
    while (token().kind != Kind::end) {
      const bool at_end = token().is(",") || token().is(";") || token().is("}");
      if (depth == 0 && at_end) return;
      depth += nesting(token());
      if (depth < 0 && at_ > begin) return;  // not Lua
      ++at_;
    }
  }

  std::vector<Token> tokens_;
  LuaFields& fields_;
  std::size_t at_ = 0;
};

void note_requires(const std::vector<Token>& tokens, std::map<std::string_view, std::size_t>& places) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!tokens[i].is("require")) continue;
    const std::size_t name = tokens[i + 1].is("(") && i + 2 < tokens.size() ? i + 2 : i + 1;
    if (tokens[name].kind == Kind::text) places.emplace(tokens[name].text, tokens[i].offset);
  }
}

}  // namespace

std::size_t LuaFields::add(std::size_t table, FieldStep step, std::size_t offset) {
  const auto [field, is_new] = numbers_.try_emplace({table, step}, offsets_.size());
  if (is_new) offsets_.push_back(offset);
  return field->second;
}

std::optional<std::size_t> LuaFields::find(std::string_view path) const {
  if (offsets_.empty()) return std::nullopt;
  std::size_t field = whole;
  while (!path.empty()) {
    const auto next = numbers_.find({field, take_step(path)});
    if (next == numbers_.end()) break;
    field = next->second;
  }
  return offsets_[field];
}

LuaSourceMap::LuaSourceMap(std::string_view source) : source_(source) {
  std::vector<Token> tokens = script::lex(source);
  note_requires(tokens, requires_);
  Reader(std::move(tokens), fields_).read_returned_table();
}

Position LuaSourceMap::find(std::string_view path) const {
  const auto offset = fields_.find(path);
  return offset ? at(*offset) : Position{1, 1};
}

Position LuaSourceMap::find_require(std::string_view name) const {
  const auto found = requires_.size() == 1 ? requires_.begin() : requires_.find(name);
  return found == requires_.end() ? Position{} : at(found->second);
}

Position LuaSourceMap::at(std::size_t offset) const {
  return position_of(source_, offset);
}

}  // namespace unmuted

#include "docs/source_codes.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

namespace unmuted::test {
namespace {

struct Token {
  enum class Kind { word, text, sign };
  Kind kind = Kind::sign;
  std::string value;  ///< of a text: what stands between the quotes
  int line = 0;
  std::size_t partner = 0;  ///< of a bracket: the index of the other one

  [[nodiscard]] bool is(std::string_view sign) const { return kind != Kind::text && value == sign; }
};
using Tokens = std::vector<Token>;

// ---- reading C++, as far as it matters here

class Lexer {
 public:
  explicit Lexer(const std::string& text) : text_(text) {}

  Tokens tokens() {
    while (at_ < text_.size()) step();
    pair_brackets();
    return std::move(tokens_);
  }

 private:
  static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  void step() {
    const char c = text_[at_];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      skip(at_ + 1);
    } else if (text_.compare(at_, 2, "//") == 0) {
      skip(text_.find('\n', at_));
    } else if (text_.compare(at_, 2, "/*") == 0) {
      skip(after("*/", at_ + 2));
    } else if (text_.compare(at_, 2, "R\"") == 0) {
      raw_text();
    } else if (c == '"' || c == '\'') {
      quoted(c);
    } else if (is_word(c)) {
      word();
    } else {
      const bool is_comparison = text_.compare(at_, 2, "==") == 0 || text_.compare(at_, 2, "!=") == 0;
      put(Token::Kind::sign, text_.substr(at_, is_comparison ? 2 : 1), at_ + (is_comparison ? 2 : 1));
    }
  }

  void skip(std::size_t to) {
    to = std::min(to, text_.size());
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }

  [[nodiscard]] std::size_t after(const std::string& end, std::size_t from) const {
    const std::size_t found = text_.find(end, from);
    return found == std::string::npos ? found : found + end.size();
  }

  void put(Token::Kind kind, std::string value, std::size_t end) {
    tokens_.push_back({kind, std::move(value), line_, 0});
    skip(end);
  }

  void word() {
    std::size_t end = at_;
    const bool is_number = std::isdigit(static_cast<unsigned char>(text_[at_])) != 0;
    while (end < text_.size() && (is_word(text_[end]) || (is_number && text_[end] == '\''))) ++end;
    put(Token::Kind::word, text_.substr(at_, end - at_), end);
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    put(quote == '"' ? Token::Kind::text : Token::Kind::sign, text_.substr(at_ + 1, end - at_ - 1), end + 1);
  }

  void raw_text() {
    const std::size_t open = text_.find('(', at_);
    const std::string end = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
    const std::size_t close = text_.find(end, open);
    put(Token::Kind::text, text_.substr(open + 1, close - open - 1), after(end, open));
  }

  void pair_brackets() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].is("(") || tokens_[i].is("{") || tokens_[i].is("[")) open.push_back(i);
      const bool closes = tokens_[i].is(")") || tokens_[i].is("}") || tokens_[i].is("]");
      if (!closes || open.empty()) continue;
      tokens_[i].partner = open.back();
      tokens_[open.back()].partner = i;
      open.pop_back();
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
  int line_ = 1;
  Tokens tokens_;
};

/// The half-open range of tokens between two others.
struct Range {
  std::size_t begin = 0, end = 0;
};

bool opens(const Token& token) {
  return (token.is("(") || token.is("{") || token.is("[")) && token.partner != 0;
}

/// What stands between the bracket at `open` and its partner, parted at `sign`. With `angles`, what stands
/// between < and > is not parted, as in declarations.
std::vector<Range> parts(const Tokens& tokens, std::size_t open, std::string_view sign, bool angles) {
  std::vector<Range> all;
  const std::size_t close = tokens[open].partner;
  Range part{open + 1, open + 1};
  int depth = 0;
  for (std::size_t i = open + 1; i < close; ++i) {
    if (opens(tokens[i])) {
      i = tokens[i].partner;
    } else if (angles && (tokens[i].is("<") || tokens[i].is(">"))) {
      depth += tokens[i].is("<") ? 1 : -1;
    } else if (depth == 0 && tokens[i].is(sign)) {
      all.push_back({part.begin, i});
      part.begin = i + 1;
    }
  }
  if (part.begin < close) all.push_back({part.begin, close});
  return all;
}

bool has(const Tokens& tokens, Range range, std::string_view word) {
  return std::any_of(tokens.begin() + static_cast<std::ptrdiff_t>(range.begin),
                     tokens.begin() + static_cast<std::ptrdiff_t>(range.end),
                     [&](const Token& token) { return token.is(word); });
}

/// `std::string code`, with or without a default: a declaration of a text of that name.
bool declares_code(const Tokens& tokens, Range range) {
  const bool is_text =
      has(tokens, range, "string") || has(tokens, range, "string_view") || has(tokens, range, "char");
  if (!is_text) return false;
  for (std::size_t i = range.begin + 1; i < range.end; ++i) {
    if (tokens[i].is("code")) return i + 1 == range.end || tokens[i + 1].is("=") || tokens[i + 1].is("{");
  }
  return false;
}

// ---- where codes stand

/// Positions of the code among the arguments or members, by the name of the function or type.
using Makers = std::map<std::string, std::set<std::size_t>>;

/// `name(…)`, and `name = [](…)`.
std::string function_name(const Tokens& tokens, std::size_t open) {
  if (open == 0) return {};
  std::size_t before = open - 1;
  if (tokens[before].is("]")) before = tokens[before].partner < 2 ? 0 : tokens[before].partner - 2;
  return tokens[before].kind == Token::Kind::word ? tokens[before].value : std::string();
}

void find_functions(const Tokens& tokens, Makers& makers) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (!tokens[i].is("(") || tokens[i].partner == 0) continue;
    const auto parameters = parts(tokens, i, ",", true);
    for (std::size_t n = 0; n < parameters.size(); ++n) {
      if (declares_code(tokens, parameters[n])) makers[function_name(tokens, i)].insert(n);
    }
  }
}

void find_structs(const Tokens& tokens, Makers& makers) {
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (!tokens[i].is("struct") || !tokens[i + 2].is("{")) continue;
    std::size_t index = 0;
    for (const Range member : parts(tokens, i + 2, ";", false)) {
      const bool is_member = !has(tokens, member, "(") && !has(tokens, member, "static") &&
                             !has(tokens, member, "using") && !has(tokens, member, "enum");
      if (!is_member) continue;
      if (declares_code(tokens, member)) makers[tokens[i + 1].value].insert(index);
      ++index;
    }
  }
}

bool looks_like_code(const std::string& text) {
  static const std::regex code("[a-z][a-z0-9]*([_-][a-z0-9]+)*");
  return std::regex_match(text, code);
}

bool has_several_words(const std::string& text) {
  return text.find_first_of("_-") != std::string::npos;
}

struct Source {
  std::string path;
  Tokens tokens;
  Makers own;  ///< functions and types that only this file sees
};

class Finder {
 public:
  explicit Finder(const std::vector<SourceFile>& files) {
    for (const SourceFile& file : files) {
      Source source{file.path, Lexer(file.text).tokens(), {}};
      Makers& makers = file.path.ends_with(".hpp") ? shared_ : source.own;
      find_functions(source.tokens, makers);
      find_structs(source.tokens, makers);
      sources_.push_back(std::move(source));
    }
  }

  std::vector<CodeUse> find() {
    for (const Source& source : sources_) {
      for (std::size_t i = 0; i < source.tokens.size(); ++i) look_at(source, i);
    }
    while (!named_.empty()) resolve(named_.extract(named_.begin()).value());
    return std::move(found_);
  }

 private:
  void look_at(const Source& source, std::size_t i) {
    const Tokens& tokens = source.tokens;
    if (tokens[i].is("(") && tokens[i].partner != 0) take_arguments(source, i, function_name(tokens, i));
    if (tokens[i].is("{") && tokens[i].partner != 0) look_at_braces(source, i);
    const bool is_code = tokens[i].kind == Token::Kind::word &&
                         (tokens[i].value == "code" || tokens[i].value.ends_with("_code"));
    if (!is_code || i + 1 >= tokens.size()) return;
    if (tokens[i + 1].is("=") || tokens[i + 1].is("==") || tokens[i + 1].is("!="))
      take(source, expression(tokens, i + 2));
  }

  /// `Type{…}`, `Type name{…}`, `Type name = {…}`, or braces whose type is not said.
  void look_at_braces(const Source& source, std::size_t open) {
    const Tokens& tokens = source.tokens;
    const std::size_t first = open >= 3 ? open - 3 : 0;
    for (std::size_t i = first; i < open; ++i) {
      if (tokens[i].kind != Token::Kind::word || (i > 0 && tokens[i - 1].is("struct"))) continue;
      take_arguments(source, open, tokens[i].value);
    }
    const auto values = parts(tokens, open, ",", false);
    if (values.size() != 3) return;
    const Range code = values.front();
    const Token& only = tokens[code.begin];
    const bool is_text = code.end == code.begin + 1 && only.kind == Token::Kind::text;
    if (is_text && has_several_words(only.value)) take(source, code);
  }

  void take_arguments(const Source& source, std::size_t open, const std::string& name) {
    const auto arguments = parts(source.tokens, open, ",", false);
    for (const Makers* makers : std::initializer_list<const Makers*>{&shared_, &source.own}) {
      const auto maker = makers->find(name);
      if (maker == makers->end()) continue;
      for (const std::size_t index : maker->second) {
        if (index < arguments.size()) take(source, arguments[index]);
      }
    }
  }

  /// From `begin` to where the expression ends.
  static Range expression(const Tokens& tokens, std::size_t begin) {
    std::size_t end = begin;
    while (end < tokens.size() && !tokens[end].is(";") && !tokens[end].is(",") && !tokens[end].is(")") &&
           !tokens[end].is("}")) {
      end = opens(tokens[end]) ? tokens[end].partner + 1 : end + 1;
    }
    return {begin, std::min(end, tokens.size())};
  }

  void take(const Source& source, Range range) {
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const Token& token = source.tokens[i];
      if (token.kind == Token::Kind::text && looks_like_code(token.value)) {
        CodeUse use{token.value, source.path + ":" + std::to_string(token.line)};
        if (known_.insert(use.place + use.code).second) found_.push_back(std::move(use));
      }
      if (token.kind == Token::Kind::word && resolved_.insert(token.value).second) named_.insert(token.value);
    }
  }

  /// What a name that stood for a code says, where it is a constant or a function.
  void resolve(const std::string& name) {
    if (name == "code" || name.ends_with("exit_code")) return;  // what is called so is looked at where it is
    for (const Source& source : sources_) {
      const Tokens& tokens = source.tokens;
      for (std::size_t i = 2; i + 1 < tokens.size(); ++i) {
        if (!tokens[i].is(name)) continue;
        if (name.ends_with("code") && tokens[i + 1].is("(")) take_returns(source, tokens[i + 1].partner + 1);
        const bool is_initialised = tokens[i + 1].is("=") || tokens[i + 1].is("{");
        if (is_constant(tokens, i) && is_initialised)
          take(source, expression(tokens, tokens[i + 1].is("=") ? i + 2 : i + 1));
      }
    }
  }

  static bool is_constant(const Tokens& tokens, std::size_t name) {
    const std::size_t first = name >= 6 ? name - 6 : 0;
    for (std::size_t i = name; i-- > first && !tokens[i].is(";") && !tokens[i].is("}");) {
      if (tokens[i].is("constexpr")) return true;
    }
    return false;
  }

  void take_returns(const Source& source, std::size_t body) {
    const Tokens& tokens = source.tokens;
    while (body < tokens.size() && (tokens[body].is("const") || tokens[body].is("noexcept"))) ++body;
    if (body >= tokens.size() || !tokens[body].is("{")) return;
    for (std::size_t i = body; i < tokens[body].partner; ++i) {
      if (tokens[i].is("return")) take(source, expression(tokens, i + 1));
    }
  }

  std::vector<Source> sources_;
  Makers shared_;
  std::vector<CodeUse> found_;
  std::set<std::string> known_, named_, resolved_;
};

}  // namespace

std::vector<CodeUse> codes_in(const std::vector<SourceFile>& files) {
  return Finder(files).find();
}

}  // namespace unmuted::test

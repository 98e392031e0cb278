#include "characters/script/syntax.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <lua5.4/lua.hpp>

#include "characters/script/lexer.hpp"
#include "characters/script/load_text.hpp"
#include "characters/script/watchdog.hpp"
#include "core/unicode.hpp"

namespace unmuted::script {
namespace {

constexpr std::size_t max_memory = 16U << 20U;  ///< many times what the longest source needs

/// For all parsing of one text together. An ordinary one of the greatest length needs a part of it.
constexpr std::chrono::milliseconds max_cpu{50};
constexpr std::chrono::seconds max_wall{2};

void* allocate(void* used, void* block, std::size_t old_size, std::size_t new_size) {
  auto& total = *static_cast<std::size_t*>(used);
  const std::size_t old = block == nullptr ? 0 : old_size;  // else it is a type
  if (new_size == 0) {
    std::free(block);
    total -= old;
    return nullptr;
  }
  if (new_size > old && total - old + new_size > max_memory) return nullptr;
  void* const moved = std::realloc(block, new_size);
  if (moved != nullptr) total = total - old + new_size;
  return moved;
}

/// A state that only parses, and that only for as long as one text may take.
class Parser {
 public:
  Parser() : state_(lua_newstate(allocate, &memory_)) { watchdog_.start(max_cpu, max_wall); }
  ~Parser() {
    if (state_ != nullptr) lua_close(state_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Whether the time is over, so that no verdict counts.
  [[nodiscard]] bool expired() const noexcept { return expired_; }

  enum class Verdict { fine, wants_more, wrong };

  Verdict parse(std::string_view source) {
    if (state_ == nullptr) return Verdict::fine;
    const int status = load_text(state_, source, "=text", [this](lua_State* L) { check(L); });
    std::size_t length = 0;
    const char* const text = status == LUA_OK ? "" : lua_tolstring(state_, -1, &length);
    const bool at_end = text != nullptr && std::string_view(text, length).ends_with("near <eof>");
    lua_settop(state_, 0);
    if (status == LUA_OK) return Verdict::fine;
    return status == LUA_ERRSYNTAX && at_end ? Verdict::wants_more : Verdict::wrong;
  }

 private:
  void check(lua_State* L) {
    expired_ = expired_ || watchdog_.look() != Watchdog::Breach::none;
    if (!expired_) return;
    lua_pushnil(L);
    lua_error(L);
  }

  Watchdog watchdog_;
  bool expired_ = false;
  std::size_t memory_ = 0;
  lua_State* state_;
};

}  // namespace

std::optional<std::size_t> find_syntax_error(std::string_view source) {
  const std::vector<Token> tokens = lex(source);
  const std::size_t begin = preamble_length(source);
  Parser parser;
  // At the latest it stops at what does not end; before, at the first token with which it does not want more.
  const auto last =
      std::find_if(tokens.begin(), tokens.end() - 1, [](const Token& token) { return !token.is_finished; });
  const auto is_readable = [&](const Token& token) {
    return parser.parse(source.substr(begin, token.end() - begin)) != Parser::Verdict::wrong;
  };
  const auto found = std::partition_point(tokens.begin(), last, is_readable);
  if (found == last && parser.parse(source.substr(begin)) == Parser::Verdict::fine) return std::nullopt;
  if (parser.expired()) return std::nullopt;
  return found->offset;
}

bool is_compiled(std::string_view source) {
  return source.substr(preamble_length(source)).starts_with(LUA_SIGNATURE[0]);
}

std::optional<std::size_t> find_foreign_byte(std::string_view source) {
  for (const Token& token : lex(source)) {
    for (std::size_t at = token.offset; at < token.end();) {
      const CodePoint point = code_point_at(source, at);
      if (point.value == U'\uFFFD' && point.bytes == 1) return at;
      at += point.bytes;
    }
  }
  return std::nullopt;
}

}  // namespace unmuted::script

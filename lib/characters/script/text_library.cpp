/// `text`: what characters need to look at what was said, without patterns. Texts are UTF-8; positions are
/// byte positions from 1, as everywhere in Lua.
///
///   contains(s, part)       whether `part` occurs in `s`; the empty part always does
///   starts(s, part), ends(s, part)
///   find(s, part [, from])  first and last byte of the first occurrence at or behind `from`, or nil
///   split(s, separator)     the pieces between the separators, empty ones too; an empty separator splits
///                           into characters, and a byte that is not UTF-8 is a piece by itself
///   trim(s)                 without blanks and line ends (space, \t \n \v \f \r) at both ends
///   lower(s)                small letters, for all scripts that have them; other bytes stay
///   words(s)                the words in order: runs of letters and digits; an apostrophe or hyphen between
///                           two of them belongs to the word ("don't", "l’heure", "twenty-one")
///   replace(s, part, by)    every occurrence replaced, from the left; `part` must not be empty
#include <array>
#include <clocale>
#include <cstring>
#include <cwctype>
#include <optional>

#include "characters/script/libraries.hpp"
#include "core/utf8.hpp"

namespace unmuted::script {
namespace {

/// Linear time whatever the texts are, which std::string_view::find is not.
std::size_t find_plain(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* const found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// One character of a text; a byte that does not belong to one stands for itself, without a code.
struct Character {
  std::string_view bytes;
  std::optional<char32_t> code;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view bytes = text.substr(at, length);
  if (bytes.size() < length || !is_utf8(bytes)) return {text.substr(at, 1), {}};
  char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  for (const char c : bytes.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return {bytes, code};
}

void append_utf8(std::string& out, char32_t code) {
  const auto continuation = [&](unsigned shift) {
    out += static_cast<char>(0x80U | (code >> shift & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | code >> 6U);
    continuation(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | code >> 12U);
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xF0U | code >> 18U);
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

/// Knows the letters of all scripts, whatever locale the process has. Comes with the C library.
locale_t unicode_letters() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) throw Fault(FailureKind::runtime, "this system has no locale C.UTF-8");
  return locale;
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void push_piece(lua_State* L, std::string_view piece, lua_Integer& count) {
  lua_pushlstring(L, piece.data(), piece.size());
  lua_rawseti(L, -2, ++count);
}

int contains(lua_State* L, Host&) {
  lua_pushboolean(
      L, find_plain(string_argument(L, 1), string_argument(L, 2), 0) != std::string_view::npos ? 1 : 0);
  return 1;
}

int starts(lua_State* L, Host&) {
  lua_pushboolean(L, string_argument(L, 1).starts_with(string_argument(L, 2)) ? 1 : 0);
  return 1;
}

int ends(lua_State* L, Host&) {
  lua_pushboolean(L, string_argument(L, 1).ends_with(string_argument(L, 2)) ? 1 : 0);
  return 1;
}

int find(lua_State* L, Host&) {
  const std::string_view text = string_argument(L, 1);
  const std::string_view part = string_argument(L, 2);
  const lua_Integer from = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, from >= 1, 3, "positions start at 1");
  const std::size_t found = find_plain(text, part, static_cast<std::size_t>(from) - 1);
  if (found == std::string_view::npos) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(found) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(found) + static_cast<lua_Integer>(part.size()));
  return 2;
}

int split(lua_State* L, Host&) {
  const std::string_view text = string_argument(L, 1);
  const std::string_view separator = string_argument(L, 2);
  lua_newtable(L);
  lua_Integer count = 0;
  if (separator.empty()) {
    for (std::size_t at = 0; at < text.size();) {
      const Character character = character_at(text, at);
      push_piece(L, character.bytes, count);
      at += character.bytes.size();
    }
    return 1;
  }
  std::size_t start = 0;
  for (std::size_t found = 0; (found = find_plain(text, separator, start)) != std::string_view::npos;) {
    push_piece(L, text.substr(start, found - start), count);
    start = found + separator.size();
  }
  push_piece(L, text.substr(start), count);
  return 1;
}

int trim(lua_State* L, Host& host) {
  std::string_view text = string_argument(L, 1);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  push_string(L, host, text);
  return 1;
}

int lower(lua_State* L, Host& host) {
  const std::string_view text = string_argument(L, 1);
  const locale_t letters = unicode_letters();
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (character.code) {
      append_utf8(result, static_cast<char32_t>(towlower_l(static_cast<wint_t>(*character.code), letters)));
    } else {
      result += character.bytes;
    }
    at += character.bytes.size();
  }
  push_string(L, host, result);
  return 1;
}

int words(lua_State* L, Host&) {
  const std::string_view text = string_argument(L, 1);
  const locale_t letters = unicode_letters();
  const auto in_word = [&](std::size_t at) {
    if (at >= text.size()) return false;
    const auto code = character_at(text, at).code;
    return code && iswalnum_l(static_cast<wint_t>(*code), letters) != 0;
  };
  const auto joins = [](std::string_view bytes) { return bytes == "'" || bytes == "-" || bytes == "\u2019"; };

  lua_newtable(L);
  lua_Integer count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    while (in_word(at)) {
      at += character_at(text, at).bytes.size();
      if (at >= text.size()) break;
      const std::string_view next = character_at(text, at).bytes;
      if (joins(next) && in_word(at + next.size())) at += next.size();
    }
    if (at > start) {
      push_piece(L, text.substr(start, at - start), count);
    } else {
      at += character_at(text, at).bytes.size();
    }
  }
  return 1;
}

int replace(lua_State* L, Host& host) {
  const std::string_view text = string_argument(L, 1);
  const std::string_view part = string_argument(L, 2);
  const std::string_view by = string_argument(L, 3);
  luaL_argcheck(L, !part.empty(), 2, "must not be empty");
  std::string result;
  std::size_t start = 0;
  for (std::size_t found = 0; (found = find_plain(text, part, start)) != std::string_view::npos;) {
    result += text.substr(start, found - start);
    result += by;
    check_string_length(host, result.size());
    start = found + part.size();
  }
  result += text.substr(start);
  push_string(L, host, result);
  return 1;
}

constexpr std::array<luaL_Reg, 10> text_functions = {{
    {"contains", guarded<contains>},
    {"ends", guarded<ends>},
    {"find", guarded<find>},
    {"lower", guarded<lower>},
    {"replace", guarded<replace>},
    {"split", guarded<split>},
    {"starts", guarded<starts>},
    {"trim", guarded<trim>},
    {"words", guarded<words>},
    {nullptr, nullptr},
}};

}  // namespace

void open_text(lua_State* L) {
  lua_createtable(L, 0, text_functions.size());
  luaL_setfuncs(L, text_functions.data(), 0);
  lua_setglobal(L, "text");
}

}  // namespace unmuted::script

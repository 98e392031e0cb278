#include <cmath>
#include <cstdio>

#include "characters/script/libraries.hpp"
#include "core/ascii.hpp"

namespace unmuted::script {
namespace {

/// One conversion such as "%-5.2f": what snprintf is given, and the letter it ends with.
struct Conversion {
  std::string specification;
  char letter;
};

/// Reads the conversion that starts at `format[at]`, a percent sign, and moves `at` behind it. Widths and
/// precisions have two digits at the most.
Conversion read_conversion(lua_State* L, std::string_view format, std::size_t& at) {
  const std::size_t start = at++;
  const auto skip_digits = [&] {
    for (int i = 0; i < 2 && at < format.size() && is_digit(format[at]); ++i) ++at;
  };
  while (at < format.size() && std::string_view("-+ #0").find(format[at]) != std::string_view::npos &&
         at - start < 6)
    ++at;
  skip_digits();
  if (at < format.size() && format[at] == '.') {
    ++at;
    skip_digits();
  }
  constexpr std::string_view letters = "cdiaAeEfFgGoxXqs";
  if (at >= format.size() || letters.find(format[at]) == std::string_view::npos) {
    const std::string shown(format.substr(start, at - start + 1));
    luaL_error(L, "invalid conversion '%s' to 'format'", shown.c_str());
  }
  ++at;
  return {std::string(format.substr(start, at - start - 1)), format[at - 1]};
}

template <class Value>
void append(std::string& out, const std::string& specification, const char* suffix, Value value) {
  // The longest: %.99f of the largest double has 309 digits before the point.
  char text[512];
  const int length = std::snprintf(text, sizeof text, (specification + suffix).c_str(), value);
  out.append(text, static_cast<std::size_t>(length));
}

void append_string(lua_State* L, std::string& out, const std::string& specification, int index) {
  luaL_checkany(L, index);
  const std::string_view text = push_as_string(L, index);
  if (specification == "%") {
    out += text;
  } else {
    luaL_argcheck(L, text.find('\0') == std::string_view::npos, index, "string contains zeros");
    const bool cut = specification.find('.') != std::string::npos;
    if (!cut && text.size() >= 100) {
      out += text;  // no width can matter
    } else {
      append(out, specification, "s", text.data());
    }
  }
  lua_pop(L, 1);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '\n') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7F) {
      const bool digit_follows = i + 1 < text.size() && is_digit(text[i + 1]);
      append(out, digit_follows ? "\\%03" : "\\%", "d", static_cast<int>(code));
    } else {
      out += c;
    }
  }
  out += '"';
}

/// %q: the value as Lua source.
void append_literal(lua_State* L, std::string& out, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return append_quoted(out, string_at(L, index));
    case LUA_TNUMBER:
      if (lua_isinteger(L, index) != 0) {
        const lua_Integer value = lua_tointeger(L, index);
        return append(out, value == LUA_MININTEGER ? "0x%ll" : "%ll", value == LUA_MININTEGER ? "x" : "d",
                      value);
      } else {
        const double value = lua_tonumber(L, index);
        if (std::isfinite(value)) return append(out, "%", "a", value);
        out += std::isnan(value) ? "(0/0)" : (value > 0 ? "1e9999" : "-1e9999");
        return;
      }
    case LUA_TNIL:
    case LUA_TBOOLEAN:
      out += push_as_string(L, index);
      lua_pop(L, 1);
      return;
    default:
      luaL_argerror(L, index, "value has no literal form");
  }
}

void append_conversion(lua_State* L, std::string& out, const Conversion& conversion, int index) {
  switch (conversion.letter) {
    case 'c':
      if (conversion.specification == "%") {
        out += static_cast<char>(luaL_checkinteger(L, index));
        return;
      }
      return append(out, conversion.specification, "c", static_cast<int>(luaL_checkinteger(L, index) & 0xFF));
    case 'd':
    case 'i':
      return append(out, conversion.specification, "lld", luaL_checkinteger(L, index));
    case 'o':
      return append(out, conversion.specification, "llo", luaL_checkinteger(L, index));
    case 'x':
      return append(out, conversion.specification, "llx", luaL_checkinteger(L, index));
    case 'X':
      return append(out, conversion.specification, "llX", luaL_checkinteger(L, index));
    case 'q':
      if (conversion.specification != "%") luaL_error(L, "specifier '%%q' cannot have modifiers");
      return append_literal(L, out, index);
    case 's':
      return append_string(L, out, conversion.specification, index);
    default: {
      const char letter[] = {conversion.letter, '\0'};
      return append(out, conversion.specification, letter, luaL_checknumber(L, index));
    }
  }
}

}  // namespace

int format(lua_State* L, Host& host) {
  const std::string_view pattern = string_argument(L, 1);
  std::string out;
  int argument = 1;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t percent = std::min(pattern.find('%', at), pattern.size());
    out += pattern.substr(at, percent - at);
    at = percent;
    if (pattern.substr(at).starts_with("%%")) {
      out += '%';
      at += 2;
    } else if (at < pattern.size()) {
      host.check(L);
      append_conversion(L, out, read_conversion(L, pattern, at), ++argument);
    }
    check_string_length(host, out.size());
  }
  push_string(L, host, out);
  return 1;
}

}  // namespace unmuted::script

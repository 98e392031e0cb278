#include <algorithm>
#include <array>

#include "characters/script/libraries.hpp"

namespace unmuted::script {
namespace {

/// A range of bytes as Lua writes it: from 1, negative from the end, cut to the string. `last` < `first` when
/// empty.
struct Range {
  lua_Integer first, last;
};

Range range(lua_State* L, std::string_view text, lua_Integer default_first, bool last_is_first) {
  const auto length = static_cast<lua_Integer>(text.size());
  const auto absolute = [length](lua_Integer i) {
    return i >= 0 ? i : std::max<lua_Integer>(length + i + 1, 0);
  };
  const lua_Integer first = std::max<lua_Integer>(absolute(luaL_optinteger(L, 2, default_first)), 1);
  const lua_Integer last = absolute(luaL_optinteger(L, 3, last_is_first ? first : -1));
  return {first, std::min(last, length)};
}

int byte(lua_State* L, Host&) {
  const std::string_view text = string_argument(L, 1);
  const auto [first, last] = range(L, text, 1, true);
  if (first > last) return 0;
  const int count = static_cast<int>(last - first + 1);
  luaL_checkstack(L, count, "string slice too long");
  for (lua_Integer i = first; i <= last; ++i) {
    lua_pushinteger(L, static_cast<unsigned char>(text[static_cast<std::size_t>(i - 1)]));
  }
  return count;
}

int character(lua_State* L, Host& host) {
  std::string result;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    const lua_Integer code = luaL_checkinteger(L, i);
    luaL_argcheck(L, code >= 0 && code <= 255, i, "value out of range");
    result += static_cast<char>(code);
  }
  push_string(L, host, result);
  return 1;
}

int length(lua_State* L, Host&) {
  lua_pushinteger(L, static_cast<lua_Integer>(string_argument(L, 1).size()));
  return 1;
}

template <char from, char to>
int shift_letters(lua_State* L, Host& host) {
  std::string result(string_argument(L, 1));
  for (char& c : result) {
    if (c >= from && c <= from + ('z' - 'a')) c = static_cast<char>(c - from + to);
  }
  push_string(L, host, result);
  return 1;
}

int repeat(lua_State* L, Host& host) {
  const std::string_view text = string_argument(L, 1);
  const lua_Integer count = luaL_checkinteger(L, 2);
  const std::string_view separator = lua_isnoneornil(L, 3) ? std::string_view() : string_argument(L, 3);
  const std::size_t step = text.size() + separator.size();
  std::string result;
  if (count > 0 && step > 0) {
    // Neither product can overflow: the count is compared with the limit first.
    const auto times = static_cast<std::size_t>(count);
    check_string_length(host, (times - 1) > host.environment.limits.string / step + 1
                                  ? host.environment.limits.string + 1
                                  : (times - 1) * step + text.size());
    result.reserve(times * step);
    for (std::size_t i = 0; i < times; ++i) {
      if (i > 0) result += separator;
      result += text;
    }
  }
  push_string(L, host, result);
  return 1;
}

int reverse(lua_State* L, Host& host) {
  std::string result(string_argument(L, 1));
  std::reverse(result.begin(), result.end());
  push_string(L, host, result);
  return 1;
}

int sub(lua_State* L, Host& host) {
  const std::string_view text = string_argument(L, 1);
  luaL_checkinteger(L, 2);
  const auto [first, last] = range(L, text, 1, false);
  if (first > last) {
    push_string(L, host, {});
  } else {
    push_string(L, host,
                text.substr(static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - first + 1)));
  }
  return 1;
}

constexpr std::array<luaL_Reg, 10> string_functions = {{
    {"byte", guarded<byte>},
    {"char", guarded<character>},
    {"format", guarded<format>},
    {"len", guarded<length>},
    {"lower", guarded<shift_letters<'A', 'a'>>},
    {"rep", guarded<repeat>},
    {"reverse", guarded<reverse>},
    {"sub", guarded<sub>},
    {"upper", guarded<shift_letters<'a', 'A'>>},
    {nullptr, nullptr},
}};

}  // namespace

void open_string(lua_State* L) {
  lua_createtable(L, 0, string_functions.size());
  luaL_setfuncs(L, string_functions.data(), 0);
  // The metatable of all strings: ("x"):upper(). No function of a script reaches it.
  lua_pushliteral(L, "");
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
  lua_setglobal(L, "string");
}

}  // namespace unmuted::script

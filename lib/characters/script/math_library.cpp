#include <array>

#include "characters/script/libraries.hpp"

namespace unmuted::script {
namespace {

/// As Lua's: a fraction, 1 … m, or m … n.
int random_number(lua_State* L, Host& host) {
  if (lua_gettop(L) == 0) {
    lua_pushnumber(L, host.random.fraction());
    return 1;
  }
  const bool has_low = lua_gettop(L) > 1;
  const lua_Integer low = has_low ? luaL_checkinteger(L, 1) : 1;
  const lua_Integer high = luaL_checkinteger(L, has_low ? 2 : 1);
  luaL_argcheck(L, low <= high, has_low ? 2 : 1, "interval is empty");
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t drawn = static_cast<std::uint64_t>(low) + host.random.below(count);
  lua_pushinteger(L, static_cast<lua_Integer>(drawn));
  return 1;
}

/// Lua's would seed from the time and an address when nothing is given, and tell both.
int seed(lua_State* L, Host& host) {
  host.random = Random(static_cast<std::uint64_t>(luaL_checkinteger(L, 1)));
  return 0;
}

constexpr std::array<luaL_Reg, 3> math_functions = {{
    {"random", guarded<random_number>},
    {"randomseed", guarded<seed>},
    {nullptr, nullptr},
}};

}  // namespace

void open_math(lua_State* L) {
  luaopen_math(L);
  luaL_setfuncs(L, math_functions.data(), 0);
  lua_setglobal(L, "math");
}

}  // namespace unmuted::script

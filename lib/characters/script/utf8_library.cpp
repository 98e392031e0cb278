#include "characters/script/libraries.hpp"

namespace unmuted::script {
namespace {

/// As Lua's, which would answer a lack of memory with an error that looks like any other.
int characters(lua_State* L, Host& host) {
  std::string result;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    const lua_Integer code = luaL_checkinteger(L, i);
    luaL_argcheck(L, code >= 0 && code <= 0x7FFFFFFF, i, "value out of range");
    lua_pushfstring(L, "%U", static_cast<unsigned long>(code));
    result += string_at(L, -1);
    lua_pop(L, 1);
  }
  push_string(L, host, result);
  return 1;
}

}  // namespace

void open_utf8(lua_State* L) {
  luaopen_utf8(L);
  lua_pushcfunction(L, guarded<characters>);
  lua_setfield(L, -2, "char");
  lua_setglobal(L, "utf8");
}

}  // namespace unmuted::script

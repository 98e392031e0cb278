#include <array>

#include "characters/script/libraries.hpp"

namespace unmuted::script {
namespace {

/// What is taken of Lua's own basic functions: all that neither load code nor reach a metatable.
constexpr std::array standard = {"assert", "error",  "ipairs", "next",   "pairs",    "rawequal",
                                 "rawget", "rawlen", "rawset", "select", "tonumber", "type"};

/// A line of the log is cut here. What keeps the log cuts further.
constexpr std::size_t max_log_line = 4'096;

/// As Lua's, but an ending cannot be caught.
int protected_call(lua_State* L, Host& host) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  if (status == LUA_ERRMEM) host.note_out_of_memory();
  if (host.ending()) Host::raise_ending(L);
  if (status == LUA_OK) return lua_gettop(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

int to_string(lua_State* L, Host&) {
  luaL_checkany(L, 1);
  push_as_string(L, 1);
  return 1;
}

constexpr std::array<luaL_Reg, 5> base_functions = {{
    {"log", guarded<log>},
    {"pcall", guarded<protected_call>},
    {"print", guarded<log>},
    {"tostring", guarded<to_string>},
    {nullptr, nullptr},
}};

}  // namespace

int log(lua_State* L, Host& host) {
  std::string line;
  const int count = lua_gettop(L);
  for (int i = 1; i <= count && line.size() < max_log_line; ++i) {
    if (i > 1) line += '\t';
    line += push_as_string(L, i).substr(0, max_log_line - line.size());
    lua_pop(L, 1);
  }
  if (host.environment.log) host.environment.log(line);
  return 0;
}

void open_base(lua_State* L) {
  luaopen_base(L);  // leaves the table of globals, filled with everything
  lua_createtable(L, 0, 24);
  for (const char* const name : standard) {
    lua_getfield(L, -2, name);
    lua_setfield(L, -2, name);
  }
  luaL_setfuncs(L, base_functions.data(), 0);
  lua_pushstring(L, LUA_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pop(L, 1);
}

void open_utf8(lua_State* L) {
  luaopen_utf8(L);
  lua_setglobal(L, "utf8");
}

}  // namespace unmuted::script

#include <array>
#include <numeric>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/script/libraries.hpp"
#include "characters/script/values.hpp"

namespace unmuted::script {
namespace {

/// ctx.random(n): 1 … n.
int context_random(lua_State* L, Host& host) {
  const lua_Integer bound = luaL_checkinteger(L, 1);
  luaL_argcheck(L, bound >= 1, 1, "must be at least 1");
  lua_pushinteger(L, static_cast<lua_Integer>(host.random.below(static_cast<std::uint64_t>(bound))) + 1);
  return 1;
}

int list_length(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const auto length = static_cast<lua_Integer>(lua_rawlen(L, 1));
  luaL_argcheck(L, length <= max_elements, 1, "list is too long");
  return static_cast<int>(length);
}

/// ctx.sample(list, k): k different elements in random order, all when there are not so many.
int sample(lua_State* L, Host& host) {
  const int length = list_length(L);
  const lua_Integer wanted = luaL_checkinteger(L, 2);
  luaL_argcheck(L, wanted >= 0, 2, "must not be negative");
  const int count = static_cast<int>(std::min<lua_Integer>(wanted, length));
  std::vector<int> indices(static_cast<std::size_t>(length));
  std::iota(indices.begin(), indices.end(), 1);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    std::swap(indices[at], indices[at + host.random.below(indices.size() - at)]);
    lua_rawgeti(L, 1, indices[at]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/// ctx.choice(list): one element.
int choice(lua_State* L, Host& host) {
  const int length = list_length(L);
  luaL_argcheck(L, length > 0, 1, "list is empty");
  lua_rawgeti(L, 1, static_cast<lua_Integer>(host.random.below(static_cast<std::uint64_t>(length))) + 1);
  return 1;
}

/// One of Environment.functions, which the upvalue points to.
int call_host_function(lua_State* L, Host& host) {
  const auto& function = *static_cast<const HostFunction*>(lua_touserdata(L, lua_upvalueindex(1)));
  const auto result = function(arguments_to_json(L, host, value_limits(host.environment.limits)));
  if (!result) throw Fault(FailureKind::runtime, result.error());
  push_json(L, host, *result, value_limits(host.environment.limits));
  return 1;
}

constexpr std::array<luaL_Reg, 5> functions = {{
    {"choice", guarded<choice>},
    {"log", guarded<log>},
    {"random", guarded<context_random>},
    {"sample", guarded<sample>},
    {nullptr, nullptr},
}};

void copy_members(lua_State* L, int from, int to) {
  for (lua_pushnil(L); lua_next(L, from) != 0; lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, to);
  }
}

void clear(lua_State* L, int table) {
  for (lua_pushnil(L); lua_next(L, table) != 0;) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, table);
  }
}

}  // namespace

void open_context(lua_State* L) {
  Host& host = host_of(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions.data(), 0);
  for (const auto& [name, function] : host.environment.functions) {
    lua_pushlstring(L, name.data(), name.size());
    lua_pushlightuserdata(L, const_cast<HostFunction*>(&function));
    lua_pushcclosure(L, guarded<call_host_function>, 1);
    lua_rawset(L, -3);
  }
  lua_rawseti(L, LUA_REGISTRYINDEX, slot_context_functions);

  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, slot_context);
  lua_setglobal(L, "ctx");
  reset_context(L, host, nullptr);
}

void reset_context(lua_State* L, Host& host, const nlohmann::json& members) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot_context);
  const int context = lua_gettop(L);
  clear(L, context);
  if (members.is_object()) {
    push_json(L, host, members, value_limits(host.environment.limits));
    copy_members(L, context + 1, context);
  } else if (!members.is_null()) {
    throw Fault(FailureKind::bad_value, "the members of ctx must be an object");
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot_context_functions);
  copy_members(L, lua_gettop(L), context);
  lua_settop(L, context - 1);
}

}  // namespace unmuted::script

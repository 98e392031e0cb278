#include <array>
#include <vector>

#include "characters/script/libraries.hpp"

namespace unmuted::script {
namespace {

lua_Integer checked_length(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  return static_cast<lua_Integer>(lua_rawlen(L, 1));
}

/// How many elements first … last are, bounded. Neither end need be near zero.
lua_Integer bounded_count(lua_Integer first, lua_Integer last, const char* what) {
  if (first > last) return 0;
  const auto count = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  if (count >= static_cast<std::uint64_t>(max_elements)) {
    throw Fault(FailureKind::runtime, std::string("too many elements to ") + what + " at once; at most " +
                                          std::to_string(max_elements) + " are allowed");
  }
  return static_cast<lua_Integer>(count) + 1;
}

int insert(lua_State* L, Host&) {
  const lua_Integer end = checked_length(L) + 1;
  lua_Integer position = end;
  if (lua_gettop(L) == 3) {
    position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, position >= 1 && position <= end, 2, "position out of bounds");
    bounded_count(position, end - 1, "move");
    for (lua_Integer i = end; i > position; --i) {
      lua_rawgeti(L, 1, i - 1);
      lua_rawseti(L, 1, i);
    }
  } else if (lua_gettop(L) != 2) {
    return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(L, 1, position);
  return 0;
}

int remove(lua_State* L, Host&) {
  const lua_Integer size = checked_length(L);
  lua_Integer position = luaL_optinteger(L, 2, size);
  if (!lua_isnoneornil(L, 2)) {
    const bool inside = size == 0 ? position == 0 || position == 1 : position >= 1 && position <= size + 1;
    luaL_argcheck(L, inside, 2, "position out of bounds");
  }
  bounded_count(position, size - 1, "move");
  lua_rawgeti(L, 1, position);
  for (; position < size; ++position) {
    lua_rawgeti(L, 1, position + 1);
    lua_rawseti(L, 1, position);
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, position);
  return 1;
}

int move(lua_State* L, Host&) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const lua_Integer first = luaL_checkinteger(L, 2);
  const lua_Integer last = luaL_checkinteger(L, 3);
  const lua_Integer to = luaL_checkinteger(L, 4);
  const int target = lua_isnoneornil(L, 5) ? 1 : 5;
  luaL_checktype(L, target, LUA_TTABLE);
  const lua_Integer count = bounded_count(first, last, "move");
  luaL_argcheck(L, to <= LUA_MAXINTEGER - count, 4, "destination wrap around");
  const bool forwards = to > last || to <= first || target != 1;
  for (lua_Integer i = 0; i < count; ++i) {
    const lua_Integer offset = forwards ? i : count - 1 - i;
    lua_rawgeti(L, 1, first + offset);
    lua_rawseti(L, target, to + offset);
  }
  lua_pushvalue(L, target);
  return 1;
}

int concat(lua_State* L, Host& host) {
  const lua_Integer length = checked_length(L);
  const std::string_view separator = lua_isnoneornil(L, 2) ? std::string_view() : string_argument(L, 2);
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  const lua_Integer last = luaL_optinteger(L, 4, length);
  std::string result;
  for (lua_Integer i = first; i <= last; ++i) {
    host.check(L);  // as many as there are, and all may be empty
    lua_rawgeti(L, 1, i);
    if (lua_isstring(L, -1) == 0) {
      return luaL_error(L, "invalid value (at index %I) in table for 'concat'", static_cast<LUAI_UACINT>(i));
    }
    result += string_at(L, -1);
    lua_pop(L, 1);
    if (i == last) break;  // the last index may be the largest integer
    result += separator;
    check_string_length(host, result.size());
  }
  push_string(L, host, result);
  return 1;
}

int pack(lua_State* L, Host&) {
  const int count = lua_gettop(L);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; --i) lua_rawseti(L, 1, i);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

int unpack(lua_State* L, Host&) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const lua_Integer first = luaL_optinteger(L, 2, 1);
  const lua_Integer last = lua_isnoneornil(L, 3) ? checked_length(L) : luaL_checkinteger(L, 3);
  const lua_Integer count = bounded_count(first, last, "unpack");
  luaL_checkstack(L, static_cast<int>(count), "too many results to unpack");
  for (lua_Integer i = 0; i < count; ++i) lua_rawgeti(L, 1, first + i);
  return static_cast<int>(count);
}

/// Whether element `a` of the list at index 3 comes before element `b`: by the function at index 2, or by <.
bool comes_before(lua_State* L, Host& host, int a, int b) {
  host.check(L);  // elements may be long strings, and comparing them takes no instruction
  const bool by_function = !lua_isnil(L, 2);
  if (by_function) lua_pushvalue(L, 2);
  lua_rawgeti(L, 3, a);
  lua_rawgeti(L, 3, b);
  if (by_function) lua_call(L, 2, 1);
  const bool before = by_function ? lua_toboolean(L, -1) != 0 : lua_compare(L, -2, -1, LUA_OPLT) != 0;
  lua_settop(L, 3);
  return before;
}

/// Stable, from the bottom up. Safe with a function that contradicts itself, which std::sort is not.
std::vector<int> sorted_order(lua_State* L, Host& host, int count) {
  std::vector<int> order;
  for (int i = 1; i <= count; ++i) order.push_back(i);
  std::vector<int> merged(order.size());
  const std::size_t size = order.size();
  for (std::size_t width = 1; width < size; width *= 2) {
    for (std::size_t start = 0; start < size; start += 2 * width) {
      const std::size_t middle = std::min(start + width, size);
      const std::size_t end = std::min(start + 2 * width, size);
      std::size_t left = start;
      std::size_t right = middle;
      for (std::size_t out = start; out < end; ++out) {
        const bool take_right =
            left == middle || (right < end && comes_before(L, host, order[right], order[left]));
        merged[out] = order[take_right ? right++ : left++];
      }
    }
    order.swap(merged);
  }
  return order;
}

int sort(lua_State* L, Host& host) {
  const lua_Integer length = checked_length(L);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  const int count = static_cast<int>(bounded_count(1, length, "sort"));
  // A copy, because the function may change the table meanwhile.
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  lua_Integer position = 0;
  for (const int index : sorted_order(L, host, count)) {
    lua_rawgeti(L, 3, index);
    lua_rawseti(L, 1, ++position);
  }
  return 0;
}

constexpr std::array<luaL_Reg, 8> table_functions = {{
    {"concat", guarded<concat>},
    {"insert", guarded<insert>},
    {"move", guarded<move>},
    {"pack", guarded<pack>},
    {"remove", guarded<remove>},
    {"sort", guarded<sort>},
    {"unpack", guarded<unpack>},
    {nullptr, nullptr},
}};

}  // namespace

void open_table(lua_State* L) {
  lua_createtable(L, 0, table_functions.size());
  luaL_setfuncs(L, table_functions.data(), 0);
  lua_setglobal(L, "table");
}

}  // namespace unmuted::script

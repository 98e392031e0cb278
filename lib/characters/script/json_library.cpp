#include <algorithm>
#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "characters/script/libraries.hpp"
#include "characters/script/values.hpp"
#include "core/json.hpp"

namespace unmuted::script {
namespace {

using nlohmann::json;

int encode(lua_State* L, Host& host) {
  luaL_checkany(L, 1);
  ValueLimits limits = value_limits(host.environment.limits);
  limits.bytes = std::min(limits.bytes, host.environment.limits.string);
  limits.functions = false;
  push_string(L, host, to_json(L, host, 1, limits).dump());
  return 1;
}

/// The value is the script's own, in its own memory: of the limits of values only the depth counts.
int decode(lua_State* L, Host& host) {
  constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
  const Limits& limits = host.environment.limits;
  const auto value = read_json(string_argument(L, 1), {limits.string, limits.value_depth, any});
  if (!value) throw Fault(FailureKind::runtime, value.error().message);
  push_json(L, host, *value, {any, any, limits.value_depth});
  return 1;
}

constexpr std::array<luaL_Reg, 3> json_functions = {{
    {"decode", guarded<decode>},
    {"encode", guarded<encode>},
    {nullptr, nullptr},
}};

}  // namespace

void open_json(lua_State* L) {
  lua_createtable(L, 0, json_functions.size());
  luaL_setfuncs(L, json_functions.data(), 0);
  lua_setglobal(L, "json");
}

}  // namespace unmuted::script

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "characters/script/libraries.hpp"
#include "characters/script/values.hpp"

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

/// Without the library's own prefix, such as "[json.exception.parse_error.101] ".
std::string plain(std::string_view message) {
  const std::size_t bracket = message.find("] ");
  return std::string(bracket == std::string_view::npos ? message : message.substr(bracket + 2));
}

int decode(lua_State* L, Host& host) {
  const std::string_view text = string_argument(L, 1);
  json value;
  try {
    // Without a callback: with one the parser takes quadratic time.
    value = json::parse(text);
  } catch (const json::parse_error& error) {
    throw Fault(FailureKind::runtime, "not JSON: " + plain(error.what()));
  }
  push_json(L, host, value);
  return 1;
}

constexpr std::array<luaL_Reg, 3> functions = {{
    {"decode", guarded<decode>},
    {"encode", guarded<encode>},
    {nullptr, nullptr},
}};

}  // namespace

void open_json(lua_State* L) {
  lua_createtable(L, 0, functions.size());
  luaL_setfuncs(L, functions.data(), 0);
  lua_setglobal(L, "json");
}

}  // namespace unmuted::script

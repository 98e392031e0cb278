#include <algorithm>
#include <string>
#include <vector>

#include "characters/script/libraries.hpp"
#include "core/utf8.hpp"

namespace unmuted::script {
namespace {

/// ^[%w_][%w_.-]*$
bool is_resource_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (name.empty() || !is_word(name.front())) return false;
  for (const char c : name) {
    if (!is_word(c) && c != '.' && c != '-') return false;
  }
  return true;
}

const std::string& find_resource(const Host& host, std::string_view name) {
  const std::string shown = shorten(printable(name.substr(0, 101)), 100);
  if (!is_resource_name(name)) {
    throw Fault(FailureKind::resource_not_found,
                "\"" + shown + "\" is not the name of a resource: letters, digits, _ . - and no folder");
  }
  const auto& resources = host.environment.resources;
  const auto found = resources ? resources->find(name) : Resources::const_iterator{};
  if (!resources || found == resources->end()) {
    throw Fault(FailureKind::resource_not_found, "there is no resource \"" + shown + "\" (" +
                                                     host.environment.resource_prefix + shown + ".lua)");
  }
  return found->second;
}

/// A module that is being loaded, as long as this lives.
class Loading {
 public:
  Loading(std::vector<std::string>& modules, std::string name) : modules_(modules) {
    modules_.push_back(std::move(name));
  }
  ~Loading() { modules_.pop_back(); }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

 private:
  std::vector<std::string>& modules_;
};

void check_cycle(const Host& host, std::string_view name) {
  if (std::find(host.loading.begin(), host.loading.end(), name) == host.loading.end()) return;
  std::string chain;
  for (const std::string& module : host.loading) chain += module + " -> ";
  throw Fault(FailureKind::resource_cycle, "resources that require each other: " + chain + std::string(name));
}

int require(lua_State* L, Host& host) {
  const std::string_view name = string_argument(L, 1);
  lua_settop(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot_modules);
  lua_pushvalue(L, 1);
  lua_rawget(L, 2);
  if (!lua_isnil(L, 3)) return 1;

  check_cycle(host, name);
  const std::string& source = find_resource(host, name);
  const Loading loading(host.loading, std::string(name));
  host.compile(L, host.environment.resource_prefix + std::string(name) + ".lua", source);
  lua_call(L, 0, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, 2);
  return 1;
}

}  // namespace

void open_require(lua_State* L) {
  lua_newtable(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, slot_modules);
  lua_pushcfunction(L, guarded<require>);
  lua_setglobal(L, "require");
}

}  // namespace unmuted::script

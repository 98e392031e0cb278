#include "services/voice_store.hpp"

#include "core/ascii.hpp"
#include "core/ids.hpp"

namespace unmuted {
namespace {

constexpr std::string_view pattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_hex_digit(char c) {
  const char lower = lower_ascii(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

}  // namespace

std::string new_voice_name() {
  return std::string(cloned_voice_prefix) + new_uuid();
}

bool is_cloned_voice(std::string_view name) {
  if (!name.starts_with(cloned_voice_prefix)) return false;
  name.remove_prefix(cloned_voice_prefix.size());
  if (name.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (pattern[i] == 'x' ? !is_hex_digit(name[i]) : name[i] != pattern[i]) return false;
  }
  return true;
}

}  // namespace unmuted

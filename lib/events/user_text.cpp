#include "events/user_text.hpp"

#include "events/fields.hpp"

namespace unmuted::events {
namespace {

/// U+0000 to U+001F without tab, line feed and carriage return, and U+007F to U+009F. `text` is UTF-8.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return true;
    if (byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

void check_user_text(std::string_view text, const std::string& path, Faults& faults) {
  if (text.size() > max_user_text) faults.bad_text(path, bytes_over(text.size(), max_user_text));
  if (has_control_character(text)) {
    faults.bad_text(path, "control characters are not allowed, except tab and line breaks");
  }
}

}  // namespace unmuted::events

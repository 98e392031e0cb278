#include "services/message_header.hpp"

#include <algorithm>

#include "services/text_signs.hpp"

namespace unmuted {
namespace {

bool is_word(char c) {
  return is_letter_or_digit(c) || (c & '\x80') != 0;
}

std::string_view first_word(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const auto* end = std::find_if_not(text.begin(), text.end(), is_word);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// The tool in "commentary to=functions.NAME json"; empty when nobody is spoken to.
std::string_view recipient_of(std::string_view header) {
  const std::size_t at = header.find("to=");
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + 3);
  return header.substr(0, header.find_first_of(" \t\r\n<"));
}

bool is_own_role(std::string_view role) {
  return role.empty() || role == "assistant" || role == "model" || role == "ai" || role == "bot";
}

}  // namespace

MessageHeaders::Next MessageHeaders::read(std::string_view header, bool channel, bool channel_follows) {
  if (!channel) recipient_.clear();
  if (const std::string_view recipient = recipient_of(header); !recipient.empty()) recipient_ = recipient;
  const std::string_view word = first_word(header);
  if (!channel && !is_own_role(word)) return Next::other_role;
  if (channel_follows) return Next::more;
  if (!recipient_.empty()) return Next::call;
  return channel && word != "final" && word != "commentary" ? Next::thought : Next::words;
}

}  // namespace unmuted

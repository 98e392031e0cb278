#include "conversation/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::string_view white_space = " \t\n\r\v\f";
constexpr std::size_t max_space_bytes = 8;

unsigned char first_byte(std::string_view text) {
  return static_cast<unsigned char>(text.front());
}

bool is_white_space(std::string_view character) {
  return character.size() == 1 && white_space.find(character.front()) != std::string_view::npos;
}

/// How many bytes the character that begins with `lead` has; 0 when none begins with it.
std::size_t expected_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

bool may_go_on(std::string_view bytes) {
  return std::all_of(bytes.begin() + 1, bytes.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
}

/// What a voice is given for one character.
std::string_view readable(std::string_view character) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> straight{{
      {"\u2018", "'"},
      {"\u2019", "'"},
      {"\u201A", "'"},
      {"\u201B", "'"},
      {"\u201C", "\""},
      {"\u201D", "\""},
      {"\u201E", "\""},
      {"\u201F", "\""},
  }};
  if (character == "*" || character == "_" || character == "`") return {};
  const unsigned char first = first_byte(character);
  if (first < 0x20 || first == 0x7F) return {};
  for (const auto& [curly, plain] : straight) {
    if (character == curly) return plain;
  }
  return character;
}

}  // namespace

std::vector<std::string> WordChunker::feed(std::string_view piece) {
  std::vector<std::string> complete;
  const std::string text = std::exchange(incomplete_, {}).append(piece);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = expected_length(first_byte(rest));
    if (length > rest.size() && may_go_on(rest)) {
      incomplete_ = rest;
      break;
    }
    const std::string_view character = rest.substr(0, length);
    if (length == 0 || !is_utf8(character)) {
      rest.remove_prefix(1);  // ill-formed
      continue;
    }
    take(character, complete);
    rest.remove_prefix(length);
  }
  return complete;
}

void WordChunker::take(std::string_view character, std::vector<std::string>& complete) {
  if (is_white_space(character)) {
    if (!word_.empty()) complete.push_back(release());
    if (space_.size() < max_space_bytes) space_ += character;
    return;
  }
  const std::string_view readable_character = readable(character);
  if (word_.size() + readable_character.size() > max_word_bytes) complete.push_back(release());
  word_ += readable_character;
}

std::string WordChunker::release() {
  std::string word = std::exchange(space_, {});
  word += std::exchange(word_, {});
  return word;
}

std::optional<std::string> WordChunker::finish() {
  std::optional<std::string> last;
  if (!word_.empty()) last = release();
  *this = WordChunker();
  return last;
}

std::string_view without_space(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of(white_space), word.size()));
}

bool is_farewell(std::string_view spoken) {
  constexpr std::string_view farewell = "Bye!";
  const std::size_t end = spoken.find_last_not_of(white_space);
  if (end == std::string_view::npos) return false;
  const std::string_view text = spoken.substr(0, end + 1);
  if (!text.ends_with(farewell)) return false;
  const std::string_view before = text.substr(0, text.size() - farewell.size());
  if (before.empty()) return true;
  const auto last = static_cast<unsigned char>(before.back());
  return last < 0x80 &&
         (last < '0' || (last > '9' && last < 'A') || (last > 'Z' && last < 'a') || last > 'z');
}

}  // namespace unmuted

#include "conversation/markdown/entity.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::size_t longest = 10;  ///< bytes of an entity

constexpr std::pair<std::string_view, char32_t> named_entities[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", 0xA0},    {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"laquo", 0xAB},   {"raquo", 0xBB},
    {"copy", 0xA9},    {"reg", 0xAE},      {"trade", 0x2122}, {"deg", 0xB0},     {"euro", 0x20AC},
    {"pound", 0xA3},   {"times", 0xD7},    {"divide", 0xF7},  {"plusmn", 0xB1},  {"frac12", 0xBD},
    {"middot", 0xB7},  {"bull", 0x2022},   {"ensp", 0x2002},  {"emsp", 0x2003},  {"thinsp", 0x2009},
    {"shy", 0xAD},     {"zwnj", 0x200C},   {"zwj", 0x200D},   {"rarr", 0x2192},  {"larr", 0x2190},
    {"ne", 0x2260},    {"le", 0x2264},     {"ge", 0x2265},    {"lbrack", '['},   {"rbrack", ']'},
    {"ast", '*'},      {"lowbar", '_'},    {"grave", '`'},    {"num", '#'},      {"vert", '|'},
    {"agrave", 0xE0},  {"acirc", 0xE2},    {"ccedil", 0xE7},  {"egrave", 0xE8},  {"eacute", 0xE9},
    {"ecirc", 0xEA},   {"iuml", 0xEF},     {"ocirc", 0xF4},   {"ugrave", 0xF9},  {"ucirc", 0xFB},
    {"auml", 0xE4},    {"ouml", 0xF6},     {"uuml", 0xFC},    {"szlig", 0xDF},   {"ntilde", 0xF1}};

std::optional<char32_t> number(std::string_view digits, unsigned base) {
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char low = static_cast<char>(c | 0x20);
    const bool hexadecimal = base == 16 && low >= 'a' && low <= 'f';
    if (!is_digit(c) && !hexadecimal) return std::nullopt;
    value = value * base + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value > 0x10FFFF || surrogate ? std::nullopt : std::optional<char32_t>(value);
}

std::optional<char32_t> value_of(std::string_view name) {
  if (name.starts_with("#x") || name.starts_with("#X")) return number(name.substr(2), 16);
  if (name.starts_with('#')) return number(name.substr(1), 10);
  for (const auto& [known, code_point] : named_entities) {
    if (name == known) return code_point;
  }
  return std::nullopt;
}

}  // namespace

Entity entity_at(std::string_view text) {
  const std::size_t end = text.substr(0, longest).find(';');
  if (end == none) return {};
  const std::optional<char32_t> value = value_of(text.substr(1, end - 1));
  return value ? Entity{*value, end + 1} : Entity{};
}

}  // namespace unmuted::markdown

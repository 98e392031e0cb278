#include "conversation/markdown/html.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

bool is_block_tag(std::string_view name) {
  static constexpr std::string_view names[] = {"br", "hr",    "p",   "div", "li", "ul", "ol", "td", "th",
                                               "tr", "table", "img", "pre", "h1", "h2", "h3", "h4"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
  return result;
}

/// `<b and c>` compares, `<a href="x">` is a tag.
bool are_attributes(std::string_view text) {
  text = trim(text, inline_blanks);
  if (text.ends_with('/')) text = trim(text.substr(0, text.size() - 1), inline_blanks);
  return text.empty() || text == "open" || text.find('=') != none;
}

}  // namespace

std::optional<HtmlTag> html_tag(std::string_view inside, bool in_word) {
  if (inside.starts_with('!') || inside.starts_with('?')) return HtmlTag{};
  const bool closes = inside.starts_with('/');
  if (closes) inside.remove_prefix(1);
  std::size_t end = 0;
  while (end < inside.size() && (is_letter_or_digit(inside[end]) || inside[end] == '-')) ++end;
  if (end == 0 || !is_letter(inside[0])) return std::nullopt;
  const std::string_view attributes = inside.substr(end);
  if (!attributes.empty() && !is_one_of(attributes[0], inline_blanks) && attributes[0] != '/')
    return std::nullopt;
  if (!are_attributes(attributes)) return std::nullopt;
  std::string name = lower(inside.substr(0, end));
  if (in_word && !closes && !is_inline_tag(name) && !is_block_tag(name)) return std::nullopt;
  return HtmlTag{std::move(name), attributes};
}

bool is_inline_tag(std::string_view name) {
  static constexpr std::string_view names[] = {
      "a",    "abbr",  "b",    "bdi",    "bdo",    "big", "cite", "code", "del", "dfn",  "em",
      "font", "i",     "ins",  "kbd",    "mark",   "q",   "rb",   "rp",   "rt",  "ruby", "s",
      "samp", "small", "span", "strike", "strong", "sub", "sup",  "tt",   "u",   "var",  "wbr"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_breaking_tag(std::string_view name) {
  return name == "br" || name == "p" || name == "li";
}

std::string_view alternative_text(std::string_view attributes) {
  const std::size_t at = attributes.find("alt=\"");
  if (at == none) return {};
  const std::string_view text = attributes.substr(at + 5);
  return text.substr(0, text.find('"'));
}

std::string_view hidden_element(std::string_view tag) {
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  for (const std::string_view name : {"script", "style"}) {
    const bool same =
        tag.size() > name.size() && std::equal(name.begin(), name.end(), tag.begin(),
                                               [](char letter, char c) { return letter == (c | 0x20); });
    if (!same || tag.ends_with("/>")) continue;
    const char after = tag[name.size()];
    if (after == '>' || is_one_of(after, blanks)) return name;
  }
  return {};
}

}  // namespace unmuted::markdown

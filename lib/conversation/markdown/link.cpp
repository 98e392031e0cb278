#include "conversation/markdown/link.hpp"

#include "conversation/markdown/address.hpp"
#include "conversation/markdown/signs.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::string_view spaces = " \t";

/// Where the bracket at `at` is closed.
std::size_t closing(std::string_view text, std::size_t at, char closes) {
  int open = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[at]) {
      ++open;
    } else if (text[i] == closes && --open == 0) {
      return i;
    }
  }
  return none;
}

/// An address, in < and > or without white space, and perhaps a title.
bool is_destination(std::string_view text) {
  text = trim(text, inline_blanks);
  if (text.starts_with('<')) return text.find('>') != none;
  const std::size_t blank = text.find_first_of(inline_blanks);
  if (blank == none) return true;
  const std::string_view title = trim(text.substr(blank), inline_blanks);
  return title.size() > 1 && (title.front() == '"' || title.front() == '\'' || title.front() == '(');
}

/// Where the parenthesis at `at` is closed, when a title in quotation marks comes before: it may hold more of
/// them.
std::size_t closing_after_title(std::string_view text, std::size_t at) {
  const std::size_t blank = text.find_first_of(spaces, at);
  const std::size_t title = text.find_first_not_of(spaces, blank);
  if (title == none || closing(text, at, ')') < title) return none;
  const char quote = text[title];
  if (quote != '"' && quote != '\'') return none;
  std::size_t last = title + 1;
  while (last < text.size() && text[last] != quote) last += text[last] == '\\' ? 2 : 1;
  const std::size_t close = text.find_first_not_of(spaces, last + 1);
  return last < text.size() && close != none && text[close] == ')' ? close : none;
}

/// Where what follows the text of a link and belongs to it ends: "(address)" or "[label]".
std::size_t destination_end(std::string_view text, std::size_t at, bool in_word) {
  if (at >= text.size()) return none;
  if (text[at] == '(') {
    const std::size_t titled = closing_after_title(text, at);
    const std::size_t close = titled != none ? titled : closing(text, at, ')');
    if (close == none) return none;
    const std::string_view inside = text.substr(at + 1, close - at - 1);
    const bool leads_somewhere =
        is_destination(inside) && (!in_word || is_address(trim(inside, inline_blanks)));
    return leads_somewhere ? close + 1 : none;
  }
  if (text[at] != '[' || in_word) return none;
  const std::size_t close = closing(text, at, ']');
  return close == none ? none : close + 1;
}

}  // namespace

std::optional<Link> link_at(std::string_view text, std::size_t at, bool in_word) {
  const std::size_t close = closing(text, at, ']');
  if (close == none) return std::nullopt;
  const std::size_t end = destination_end(text, close + 1, in_word);
  if (end == none) return std::nullopt;
  return Link{at + 1, close, end};
}

std::optional<std::size_t> footnote_mark_end(std::string_view text, std::size_t at) {
  if (!text.substr(at + 1).starts_with('^')) return std::nullopt;
  const std::size_t close = closing(text, at, ']');
  if (close == none || close <= at + 2) return std::nullopt;
  return close + 1;
}

}  // namespace unmuted::markdown

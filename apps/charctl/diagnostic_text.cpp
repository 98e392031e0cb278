#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "characters/lines.hpp"
#include "characters/lua/foreign_signs.hpp"
#include "command.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

constexpr std::size_t window = 100;  ///< columns of a terminal that a line of the source may take
constexpr std::size_t before_caret = 60;

/// One character of a line as it is shown.
struct Piece {
  std::string text;
  std::size_t cells;
};

/// A tab takes one place, as it does in the column; what cannot be seen is named.
std::vector<Piece> pieces_of(std::string_view line) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = code_point_at(line, at);
    std::string text = printable(line.substr(at, point.bytes));
    if (line[at] == '\t') text = " ";
    const bool is_control = point.value < 0xA0;
    if (!is_control && foreign_sign(point.value).look == ForeignSign::Look::invisible)
      text = "<" + shown(point.value) + ">";
    const std::size_t cells = cells_of(text);
    pieces.push_back({std::move(text), cells});
    at += point.bytes;
  }
  return pieces;
}

std::size_t width_of(const std::vector<Piece>& pieces, std::size_t begin, std::size_t end) {
  std::size_t cells = 0;
  for (std::size_t i = begin; i < end; ++i) cells += pieces[i].cells;
  return cells;
}

/// The part of a line around piece `at`, and which cell of it that is.
struct Excerpt {
  std::string text;
  std::size_t caret;
};

Excerpt excerpt_around(const std::vector<Piece>& pieces, std::size_t at) {
  std::size_t begin = 0, end = pieces.size();
  if (width_of(pieces, 0, end) > window) {
    while (begin < at && width_of(pieces, begin, at) > before_caret) ++begin;
    end = begin;
    for (std::size_t cells = 0; end < pieces.size() && cells + pieces[end].cells <= window - 2; ++end)
      cells += pieces[end].cells;
  }
  Excerpt excerpt{begin > 0 ? "…" : "", (begin > 0 ? 1U : 0U) + width_of(pieces, begin, at)};
  for (std::size_t i = begin; i < end; ++i) excerpt.text += pieces[i].text;
  if (end < pieces.size()) excerpt.text += "…";
  return excerpt;
}

/// The line with a caret below the column.
void print_excerpt(std::string_view line, const Diagnostic& diagnostic) {
  const std::vector<Piece> pieces = pieces_of(line);
  const auto column = static_cast<std::size_t>(std::max(diagnostic.column, 0));
  const bool has_caret = column > 0 && column <= pieces.size() + 1;
  const Excerpt excerpt = excerpt_around(pieces, has_caret ? column - 1 : 0);
  const std::string number = std::to_string(diagnostic.line);
  std::cout << "  " << number << " | " << excerpt.text << '\n';
  if (!has_caret) return;
  std::cout << "  " << std::string(number.size(), ' ') << " | " << std::string(excerpt.caret, ' ') << "^\n";
}

}  // namespace

void print_text(const Diagnostic& diagnostic, std::string_view source, bool color) {
  const bool is_error = diagnostic.severity == Severity::error;
  std::cout << diagnostic.file << ':';
  if (diagnostic.line > 0) std::cout << diagnostic.line << ':';
  if (diagnostic.column > 0) std::cout << diagnostic.column << ':';
  std::cout << ' ' << (color ? (is_error ? "\x1b[1;31m" : "\x1b[1;33m") : "")
            << (is_error ? "error" : "warning") << '[' << diagnostic.code << ']' << (color ? "\x1b[0m" : "")
            << ": " << diagnostic.message << '\n';
  if (const std::string_view line = line_of(source, diagnostic.line); diagnostic.line > 0 && !line.empty()) {
    print_excerpt(line, diagnostic);
  }
  if (!diagnostic.help.empty()) std::cout << "  help: " << diagnostic.help << '\n';
}

}  // namespace unmuted::charctl

#include <algorithm>
#include <iostream>

#include "command.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

constexpr std::size_t max_line_bytes = 160;

std::string_view line_of(std::string_view source, int number) {
  for (int line = 1; line < number; ++line) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  source = source.substr(0, source.find('\n'));
  if (source.ends_with('\r')) source.remove_suffix(1);
  return source;
}

/// The line with a caret below the column. A tab takes one place, as it does in the column.
void print_excerpt(std::string_view line, const Diagnostic& diagnostic) {
  std::string shown(line.substr(0, max_line_bytes));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  shown = printable(shown);
  const std::string number = std::to_string(diagnostic.line);
  std::cout << "  " << number << " | " << shown << '\n';
  const auto column = static_cast<std::size_t>(diagnostic.column);
  if (column == 0 || column > utf8_length(shown)) return;
  std::cout << "  " << std::string(number.size(), ' ') << " | " << std::string(column - 1, ' ') << "^\n";
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

#include "characters/formats/problems.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace unmuted::formats {

void Problems::add(std::string_view path, std::string_view code, std::string_view message,
                   std::string_view help) {
  if (!has_room(code)) return;
  ++(severity_of(code) == Severity::error ? errors_ : warnings_);
  std::string text;
  if (!path.empty()) text.append(path).append(" ");
  diagnostics_.push_back(make_diagnostic(file_, place_(path), code, text.append(message), help));
}

bool Problems::has_room(std::string_view code) const {
  return (severity_of(code) == Severity::error ? errors_ : warnings_) < max_kept;
}

std::vector<Diagnostic> Problems::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column, a.severity) < std::tie(b.line, b.column, b.severity);
  });
  return std::move(diagnostics_);
}

}  // namespace unmuted::formats

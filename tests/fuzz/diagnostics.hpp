#pragma once

#include <algorithm>
#include <string_view>

#include "characters/diagnostic.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace unmuted::fuzz {

/// What holds for every diagnostic of a file with the text `source`: it can be shown, and stands at a place.
inline void check_diagnostic(const Diagnostic& diagnostic, std::string_view source) {
  FUZZ_CHECK(!diagnostic.message.empty() && diagnostic.message.size() <= 300);
  FUZZ_CHECK(printable(diagnostic.message) == diagnostic.message);
  FUZZ_CHECK(is_utf8(diagnostic.help) && diagnostic.help.size() <= 300);
  FUZZ_CHECK(is_utf8(diagnostic.file));
  FUZZ_CHECK(metric_error_type(diagnostic.code).empty() == (diagnostic.severity == Severity::warning));
  const auto breaks =
      std::count_if(source.begin(), source.end(), [](char c) { return c == '\n' || c == '\r'; });
  FUZZ_CHECK(diagnostic.line >= 0 && diagnostic.column >= 0);
  FUZZ_CHECK(diagnostic.line <= breaks + 2);
}

}  // namespace unmuted::fuzz

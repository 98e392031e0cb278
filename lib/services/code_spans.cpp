#include "services/code_spans.hpp"

#include <algorithm>

namespace unmuted {
namespace {

constexpr std::size_t max_code = 256;  ///< bytes of code behind what is in it

}  // namespace

void CodeSpans::take(std::string_view text) {
  for (const char c : text) {
    if (c == '`') {
      ++run_;
      continue;
    }
    open_ = closer();
    run_ = 0;
    if (c == '\n') open_ = 0;
  }
}

Markup::Fit CodeSpans::encloses_before(std::string_view after, bool ended) const {
  using Fit = Markup::Fit;
  const std::size_t ticks = closer();
  if (ticks == 0) return Fit::none;
  const std::string_view line = after.substr(0, max_code);
  const bool all = line.size() == max_code || ended;
  std::size_t at = line.find_first_of("`\n");
  while (at < line.size() && line[at] == '`') {
    const std::size_t end = std::min(line.find_first_not_of('`', at), line.size());
    if (end == line.size() && !all) return Fit::unsure;
    if (end - at == ticks) return Fit::whole;
    at = line.find_first_of("`\n", end);
  }
  return at == std::string_view::npos && !all ? Fit::unsure : Fit::none;
}

}  // namespace unmuted

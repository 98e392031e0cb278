// Where things stand in a Lua text, for any text and any path: an answer within the text, in bounded time and
// memory.
//
// The input is a path, a byte 0, and the text.

#include "characters/lua/source_map.hpp"

#include <algorithm>
#include <string>

#include "characters/field_path.hpp"
#include "characters/lines.hpp"
#include "characters/lua/text_problem.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted;

void check(Position place, std::string_view text) {
  const auto breaks = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  FUZZ_CHECK(place.line >= 1 && place.line <= breaks + 1);
  FUZZ_CHECK(place.column >= 1 && static_cast<std::size_t>(place.column) <= text.size() + 1);
}

void check(const TextProblem& problem) {
  FUZZ_CHECK(!problem.message.empty());
  FUZZ_CHECK(is_utf8(problem.help));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view path = fuzz::take_text(text);
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t before = rest.size();
    take_step(rest);
    FUZZ_CHECK(rest.size() < before);
  }
  const LuaSourceMap map(text);
  check(map.find(path), text);
  check(map.find(field_path(path, path)), text);
  check(map.find(field_path(field_path("", path), 2)), text);
  check(map.at(size / 2), text);
  if (const Position place = map.find_require(path); place.line != 0) check(place, text);
  FUZZ_CHECK(line_begin(text, static_cast<int>(size)) <= text.size());

  // The explanations parse the text some times over, so the longest are left to the loader's own limit.
  if (text.size() > (64U << 10U)) return 0;
  check(explain_syntax_error(text, "'}' expected", 1));
  if (const auto problem = explain_encoding(text)) check(*problem);
  if (const auto problem = explain_emptiness(text)) check(*problem);
  return 0;
}

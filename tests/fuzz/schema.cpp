// The parameters of a tool, and arguments held against them: what is accepted is JSON Schema that means the
// same when it is read again, and no more is said of faults than is worth reading.
//
// The input is the parameters as JSON, a byte 0, and the arguments as JSON.

#include <string>

#include "characters/tool_schema.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted;

void check(const std::vector<SchemaProblem>& problems, std::size_t at_most) {
  FUZZ_CHECK(problems.size() <= at_most);
  for (const SchemaProblem& problem : problems) {
    FUZZ_CHECK(is_utf8(problem.path) && problem.path.size() <= 2'000);
    FUZZ_CHECK(is_utf8(problem.message) && !problem.message.empty() && problem.message.size() <= 1'000);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const auto given = read_json(fuzz::take_text(input), {.max_depth = 32});  // as a script gives it
  if (!given) return 0;
  const ToolSchema read = read_tool_schema(*given, "parameters");
  check(read.problems, 50);
  if (!read.problems.empty()) return 0;

  FUZZ_CHECK(read.schema.is_object());
  const ToolSchema again = read_tool_schema(read.schema, "parameters");
  FUZZ_CHECK(again.problems.empty() && again.schema == read.schema);
  const auto stored = read_json(write_json(read.schema));
  FUZZ_CHECK(stored && *stored == read.schema);
  if (const auto arguments = read_json(input)) check(check_arguments(*stored, *arguments), 10);
  return 0;
}

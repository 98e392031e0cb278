// wsprobe's scenarios, patterns and assertions: read or refused with a place, and bounded on any document.
// The first byte says which of them the rest is.

#include "probe/scenario.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "probe/assertion.hpp"
#include "probe/json_path.hpp"
#include "probe/metrics_text.hpp"
#include "probe/pattern.hpp"
#include "probe/regular_expression.hpp"

namespace {

using namespace unmuted;
using namespace unmuted::probe;

const Json& document() {
  static const Json value = Json::parse(R"({"type": "error", "n": 3, "text": "a long (text) with [things]",
    "error": {"code": "x", "details": [{"path": "a.b"}, {"path": "c"}]}, "list": [1, 2, "x", null, 1.5]})");
  return value;
}

void check_refusal(const Error& error, std::string_view code) {
  FUZZ_CHECK(error.code == code && !error.message.empty());
  FUZZ_CHECK(is_utf8(error.message));
}

void read_scenario(std::string_view text) {
  const auto scenario = parse_scenario(text, "scenario.yaml");
  if (scenario) return static_cast<void>(needs_in_process(scenario->steps));
  check_refusal(scenario.error(), "invalid_scenario");
  FUZZ_CHECK(!scenario.error().where.empty());
}

void read_pattern(std::string_view text) {
  const auto pattern = parse_pattern(text);
  if (!pattern) return check_refusal(pattern.error(), "invalid_scenario");
  describe(*pattern);
  mismatches(*pattern, document());
  const Json value = "value";
  const auto bound =
      bind_variables(*pattern, [&](std::string_view name) { return name == "unknown" ? nullptr : &value; });
  if (!bound) return check_refusal(bound.error(), "unknown_variable");
  mismatches(*bound, document());
}

void read_assertion(std::string_view text) {
  const auto assertion = parse_assertion(text);
  if (!assertion) return check_refusal(assertion.error(), "invalid_assertion");
  static_cast<void>(needs_scrape(*assertion));
  static_cast<void>(sessions_of(*assertion));
  Measurements measured;
  measured.latencies["a"] = {0.1, 0.2, 0.3};
  measured.scrapes[""] = {{"m", {{"x", "y"}}, 2}, {"m", {}, 3}};
  measured.scrapes["b"] = measured.scrapes[""];
  const auto voice = std::make_shared<VoiceLog>();
  voice->said = {{TimePoint{}, TimePoint{}, "one two"}};
  voice->transcript = {{TimePoint{}, "one"}};
  measured.voices["a"] = {voice};
  static_cast<void>(failure_of(*assertion, measured));
}

void search(std::string_view input) {
  const std::string expression(fuzz::take_text(input));
  const bool valid = check_expression(expression).has_value();
  FUZZ_CHECK(!finds(expression, std::string(input)) || valid);
}

void read_path(std::string_view text) {
  const auto path = JsonPath::parse(text);
  if (!path) return;
  FUZZ_CHECK(path->text() == text);
  static_cast<void>(path->of(document()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data, size).substr(1);
  switch (data[0] % 6) {
    case 0:
      read_scenario(text);
      break;
    case 1:
      read_pattern(text);
      break;
    case 2:
      read_assertion(text);
      break;
    case 3:
      search(text);
      break;
    case 4:
      read_path(text);
      break;
    default:
      static_cast<void>(parse_metrics(text));
  }
  return 0;
}

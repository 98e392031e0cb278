// The reader of all foreign JSON: within its limits whatever the text holds, and what it gives can be written
// and read again.

#include "core/json.hpp"

#include <algorithm>

#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using unmuted::fuzz::text_of;

std::size_t depth_of(const nlohmann::json& value) {
  if (!value.is_structured()) return 0;
  std::size_t deepest = 0;
  for (const auto& child : value) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

std::size_t values_in(const nlohmann::json& value) {
  std::size_t count = 1;
  if (!value.is_structured()) return count;
  for (const auto& child : value) count += values_in(child);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const unmuted::JsonLimits limits{1U << 20U, 12, 1000};
  const auto value = unmuted::read_json(text_of(data, size), limits);
  if (!value) {
    FUZZ_CHECK(value.error().code == "invalid_json");
    FUZZ_CHECK(value.error().message.size() < 1000);
    FUZZ_CHECK(unmuted::is_utf8(value.error().message));
    return 0;
  }
  FUZZ_CHECK(size <= limits.max_bytes);
  FUZZ_CHECK(depth_of(*value) <= limits.max_depth);
  FUZZ_CHECK(values_in(*value) <= limits.max_values);
  const auto again = unmuted::read_json(unmuted::write_json(*value), {1U << 20U, 12, 1000});
  FUZZ_CHECK(again && *again == *value);
  return 0;
}

#include "probe/metrics_text.hpp"

#include <cctype>
#include <cstdlib>
#include <optional>

#include "probe/label_reader.hpp"

namespace unmuted::probe {
namespace {

std::optional<double> read_value(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);  // knows +Inf and NaN as the format writes them
  if (end == text.c_str() || (*end != '\0' && *end != ' ')) return std::nullopt;
  return value;
}

std::optional<Sample> read_sample(std::string_view line) {
  Sample sample;
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == 0 || name_end == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, name_end);
  line.remove_prefix(name_end);
  if (line.front() == '{') {
    auto labels = take_labels(line);
    if (!labels) return std::nullopt;
    sample.labels = std::move(*labels);
  }
  if (line.empty() || line.front() != ' ') return std::nullopt;
  const auto value = read_value(std::string(line.substr(1)));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

}  // namespace

Result<std::vector<Sample>> parse_metrics(std::string_view text) {
  std::vector<Sample> samples;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    auto sample = read_sample(line);
    if (!sample) {
      return fail("invalid_metrics",
                  "line " + std::to_string(number) +
                      " of the metrics is not Prometheus text: " + std::string(line.substr(0, 200)));
    }
    samples.push_back(std::move(*sample));
  }
  return samples;
}

}  // namespace unmuted::probe

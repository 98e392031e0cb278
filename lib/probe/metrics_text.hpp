#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace unmuted::probe {

/// One line of Prometheus' text format.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// All samples of the text, comments left out. Errors: invalid_metrics, with the line.
Result<std::vector<Sample>> parse_metrics(std::string_view text);

}  // namespace unmuted::probe

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/runner.hpp"

namespace unmuted::probe {

enum class ReportFormat { text, tap, junit, json };

std::optional<ReportFormat> parse_report_format(std::string_view name);

/// What is shown of all runs, one after the other; ends with a line break. `colour` only touches text.
std::string report(const std::vector<RunResult>& results, ReportFormat format, bool colour);

/// 0 when all went through, 2 when one could not be made, else 1.
int exit_code(const std::vector<RunResult>& results);

}  // namespace unmuted::probe

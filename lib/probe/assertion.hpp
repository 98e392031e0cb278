#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "probe/metrics_text.hpp"

namespace unmuted::probe {

/// What assertions speak of.
struct Measurements {
  std::map<std::string, std::vector<double>> latencies;  ///< by label, seconds
  std::map<std::string, std::vector<Sample>> scrapes;    ///< by name; "" is the newest
};

/// One number of a sum.
struct Term {
  enum class Kind { number, latency, metric };

  Kind kind = Kind::number;
  double sign = 1;
  double number = 0;                          ///< seconds where a unit was written
  std::string name;                           ///< the label, or the metric
  std::map<std::string, std::string> labels;  ///< only series with all of these
  std::string scrape;                         ///< "": one made for this assertion
  std::string statistic;                      ///< p50, p90, p99, max, count; series, value
};

/// `latency(reload).p99 < 200ms`, `metric(name{type="x"}).value == metric(name, before).value + 1`.
struct Assertion {
  std::string text;
  std::vector<Term> left, right;
  std::string comparison;  ///< < <= > >= == !=
};

/// Errors: invalid_assertion, which says what was expected and where the text stops making sense.
Result<Assertion> parse_assertion(std::string_view text);

/// Whether any term reads the metric of a scrape of its own.
bool needs_scrape(const Assertion& assertion);

/// Nothing when it holds, otherwise one sentence with the numbers.
std::optional<std::string> failure_of(const Assertion& assertion, const Measurements& measurements);

/// The smallest of `values` that at least `fraction` of them do not exceed; `values` is not empty.
double percentile(std::vector<double> values, double fraction);

}  // namespace unmuted::probe

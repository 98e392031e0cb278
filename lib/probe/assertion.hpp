#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "probe/metrics_text.hpp"
#include "probe/voice_measures.hpp"

namespace unmuted::probe {

/// What assertions speak of.
struct Measurements {
  std::map<std::string, std::vector<double>> latencies;  ///< by label, seconds
  std::map<std::string, std::vector<Sample>> scrapes;    ///< by name; "" is the newest
  /// What was said and heard, by session: one for each of its members.
  std::map<std::string, std::vector<std::shared_ptr<const VoiceLog>>> voices;
};

/// One number of a sum.
struct Term {
  enum class Kind { number, latency, metric, voice_times, voice_quantity, likeness, difference };

  Kind kind = Kind::number;
  double sign = 1;
  double number = 0;                          ///< seconds where a unit was written
  std::string name;                           ///< the label, the metric, or the session
  std::map<std::string, std::string> labels;  ///< only series with all of these
  std::string scrape;                         ///< "": one made for this assertion
  std::string statistic;                      ///< p50, p90, p99, max, count; series, value
  const VoiceTimes* times = nullptr;
  const VoiceQuantity* quantity = nullptr;
  std::optional<std::string> said;  ///< of likeness; none: what the session has said
  std::string other;                ///< of difference: the session that `name` is compared with
};

/// `latency(reload).p99 < 200ms`, `metric(name{type="x"}).value == metric(name, before).value + 1`,
/// `heard(a).seconds > 1`.
struct Assertion {
  std::string text;
  std::vector<Term> left, right;
  std::string comparison;  ///< < <= > >= == !=
};

/// Errors: invalid_assertion, which says what was expected and where the text stops making sense.
Result<Assertion> parse_assertion(std::string_view text);

/// Whether any term reads the metric of a scrape of its own.
bool needs_scrape(const Assertion& assertion);

/// The sessions that it speaks of.
std::vector<std::string> sessions_of(const Assertion& assertion);

/// Nothing when it holds, otherwise one sentence with the numbers.
std::optional<std::string> failure_of(const Assertion& assertion, const Measurements& measurements);

/// The smallest of `values` that at least `fraction` of them do not exceed; `values` is not empty.
double percentile(std::vector<double> values, double fraction);

}  // namespace unmuted::probe

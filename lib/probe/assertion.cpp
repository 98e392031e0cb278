#include "probe/assertion.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace unmuted::probe {
namespace {

/// p50, p90, p99, max or count of them; of none there is only a count.
std::optional<double> statistic_of(const std::string& statistic, std::vector<double> values) {
  if (statistic == "count") return static_cast<double>(values.size());
  if (values.empty()) return std::nullopt;
  if (statistic == "max") return percentile(std::move(values), 1);
  return percentile(std::move(values), std::stod(statistic.substr(1)) / 100);
}

std::optional<double> latency_value(const Term& term, const Measurements& measurements) {
  const auto found = measurements.latencies.find(term.name);
  return statistic_of(term.statistic,
                      found == measurements.latencies.end() ? std::vector<double>() : found->second);
}

std::optional<double> quantity_of(const Term& term, const VoiceLog& log) {
  return term.quantity != nullptr ? term.quantity->of(log) : likeness_of(log, term.said);
}

/// Times of all members of the session together; of a quantity the least.
std::optional<double> voice_value(const Term& term, const Measurements& measurements) {
  const auto session = measurements.voices.find(term.name);
  if (session == measurements.voices.end()) return std::nullopt;
  std::vector<double> values;
  for (const auto& log : session->second) {
    if (term.times != nullptr) {
      const auto more = term.times->of(*log);
      values.insert(values.end(), more.begin(), more.end());
    } else if (const auto value = quantity_of(term, *log)) {
      values.push_back(*value);
    } else {
      return std::nullopt;
    }
  }
  if (term.times != nullptr) return statistic_of(term.statistic, std::move(values));
  if (values.empty()) return std::nullopt;
  return *std::min_element(values.begin(), values.end());
}

/// The greatest: of each member of the one session and the member of the same number of the other.
std::optional<double> difference_value(const Term& term, const Measurements& measurements) {
  const auto one = measurements.voices.find(term.name);
  const auto other = measurements.voices.find(term.other);
  if (one == measurements.voices.end() || other == measurements.voices.end()) return std::nullopt;
  std::optional<double> greatest;
  for (std::size_t i = 0; i < std::min(one->second.size(), other->second.size()); ++i) {
    const auto difference = difference_of(*one->second[i], *other->second[i]);
    if (!difference) return std::nullopt;
    greatest = std::max(greatest.value_or(*difference), *difference);
  }
  return greatest;
}

bool has_labels(const Sample& sample, const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = sample.labels.find(label.first);
    return found != sample.labels.end() && found->second == label.second;
  });
}

std::optional<double> metric_value(const Term& term, const Measurements& measurements) {
  const auto scrape = measurements.scrapes.find(term.scrape);
  if (scrape == measurements.scrapes.end()) return std::nullopt;
  double series = 0;
  double sum = 0;
  for (const Sample& sample : scrape->second) {
    if (sample.name != term.name || !has_labels(sample, term.labels)) continue;
    ++series;
    sum += sample.value;
  }
  if (term.statistic == "series") return series;
  return sum;  // a series that was never touched is not written, and counts as nothing
}

std::optional<double> value_of(const Term& term, const Measurements& measurements) {
  switch (term.kind) {
    case Term::Kind::latency:
      return latency_value(term, measurements);
    case Term::Kind::metric:
      return metric_value(term, measurements);
    case Term::Kind::voice_times:
    case Term::Kind::voice_quantity:
    case Term::Kind::likeness:
      return voice_value(term, measurements);
    case Term::Kind::difference:
      return difference_value(term, measurements);
    case Term::Kind::number:
      break;
  }
  return term.number;
}

std::optional<double> sum_of(const std::vector<Term>& terms, const Measurements& measurements) {
  double sum = 0;
  for (const Term& term : terms) {
    const auto value = value_of(term, measurements);
    if (!value) return std::nullopt;
    sum += term.sign * *value;
  }
  return sum;
}

bool speaks_of_session(const Term& term) {
  return term.kind == Term::Kind::voice_times || term.kind == Term::Kind::voice_quantity ||
         term.kind == Term::Kind::likeness || term.kind == Term::Kind::difference;
}

bool compare(double left, const std::string& comparison, double right) {
  if (comparison == "<") return left < right;
  if (comparison == "<=") return left <= right;
  if (comparison == ">") return left > right;
  if (comparison == ">=") return left >= right;
  const bool equal = std::abs(left - right) <= 1e-9 * std::max(1.0, std::abs(right));
  return comparison == "==" ? equal : !equal;
}

std::string shown(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

bool needs_scrape(const Assertion& assertion) {
  const auto fresh = [](const Term& term) { return term.kind == Term::Kind::metric && term.scrape.empty(); };
  return std::any_of(assertion.left.begin(), assertion.left.end(), fresh) ||
         std::any_of(assertion.right.begin(), assertion.right.end(), fresh);
}

std::vector<std::string> sessions_of(const Assertion& assertion) {
  std::vector<std::string> sessions;
  for (const auto* terms : {&assertion.left, &assertion.right}) {
    for (const Term& term : *terms) {
      if (speaks_of_session(term)) sessions.push_back(term.name);
      if (!term.other.empty()) sessions.push_back(term.other);
    }
  }
  return sessions;
}

std::optional<std::string> failure_of(const Assertion& assertion, const Measurements& measurements) {
  const auto left = sum_of(assertion.left, measurements);
  const auto right = sum_of(assertion.right, measurements);
  if (!left || !right)
    return assertion.text + ": there is nothing measured, heard or scraped under that name";
  if (compare(*left, assertion.comparison, *right)) return std::nullopt;
  return assertion.text + ": it is " + shown(*left) + " against " + shown(*right);
}

double percentile(std::vector<double> values, double fraction) {
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  const std::size_t index = std::clamp<std::size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

}  // namespace unmuted::probe

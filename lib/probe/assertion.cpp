#include "probe/assertion.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>

#include "core/utf8.hpp"
#include "probe/label_reader.hpp"

namespace unmuted::probe {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

  Result<Assertion> assertion() {
    Assertion result;
    result.text = whole_;
    auto left = sum();
    if (!left) return tl::unexpected(left.error());
    result.left = std::move(*left);
    result.comparison = comparison();
    if (result.comparison.empty()) return wanted("one of < <= > >= == !=");
    auto right = sum();
    if (!right) return tl::unexpected(right.error());
    result.right = std::move(*right);
    skip_space();
    if (!rest_.empty()) return wanted("the end");
    return result;
  }

 private:
  Result<std::vector<Term>> sum() {
    std::vector<Term> terms;
    double sign = 1;
    while (true) {
      auto next = term();
      if (!next) return tl::unexpected(next.error());
      next->sign = sign;
      terms.push_back(std::move(*next));
      if (take("+")) {
        sign = 1;
      } else if (take("-")) {
        sign = -1;
      } else {
        return terms;
      }
    }
  }

  Result<Term> term() {
    if (take("latency(")) return times(of_kind(Term::Kind::latency), "a label");
    if (take("metric(")) return metric();
    if (take("heard(")) return heard();
    if (take("likeness(")) return likeness();
    for (const VoiceTimes& each : voice_times()) {
      if (!take(std::string(each.name) + "(")) continue;
      Term term = of_kind(Term::Kind::voice_times);
      term.times = &each;
      return times(std::move(term), "a session");
    }
    return number();
  }

  static Term of_kind(Term::Kind kind) {
    Term term;
    term.kind = kind;
    return term;
  }

  Result<Term> times(Term term, const std::string& of_what) {
    term.name = word();
    if (term.name.empty()) return wanted(of_what);
    if (!take(")") || !take(".")) return wanted("')' and '.p99'");
    term.statistic = word();
    static const std::set<std::string> known = {"p50", "p90", "p99", "max", "count"};
    if (!known.contains(term.statistic)) return wanted("p50, p90, p99, max or count");
    return term;
  }

  Result<Term> heard() {
    Term term = of_kind(Term::Kind::voice_quantity);
    term.name = word();
    if (term.name.empty()) return wanted("a session");
    if (!take(")") || !take(".")) return wanted("')' and '.seconds'");
    const std::string name = word();
    std::string names;
    for (const VoiceQuantity& each : voice_quantities()) {
      if (each.name == name) term.quantity = &each;
      names.append(names.empty() ? "" : ", ").append(each.name);
    }
    if (term.quantity == nullptr) return wanted("one of " + names);
    return term;
  }

  Result<Term> likeness() {
    Term term = of_kind(Term::Kind::likeness);
    term.name = word();
    if (term.name.empty()) return wanted("a session");
    if (take(",")) {
      skip_space();
      const char quote = rest_.empty() ? ' ' : rest_.front();
      const std::size_t end = quote == '"' || quote == '\'' ? rest_.find(quote, 1) : std::string_view::npos;
      if (end == std::string_view::npos) return wanted("a text in quotes");
      term.said = std::string(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
    }
    if (!take(")")) return wanted("')'");
    return term;
  }

  Result<Term> metric() {
    Term term;
    term.kind = Term::Kind::metric;
    term.name = word();
    if (term.name.empty()) return wanted("the name of a metric");
    if (rest_.starts_with('{')) {
      auto labels = take_labels(rest_);
      if (!labels) return wanted("labels, as in {error_type=\"SyntaxError\"}");
      term.labels = std::move(*labels);
    }
    if (take(",")) term.scrape = word();
    if (!take(")") || !take(".")) return wanted("')' and '.series' or '.value'");
    term.statistic = word();
    if (term.statistic != "series" && term.statistic != "value") return wanted("series or value");
    return term;
  }

  Result<Term> number() {
    skip_space();
    Term term;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), term.number);
    if (error != std::errc())
      return wanted("a number, latency(LABEL).p99, metric(NAME).value or heard(SESSION).seconds");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    const std::string unit = word();
    if (unit == "ms") {
      term.number /= 1e3;
    } else if (unit == "us") {
      term.number /= 1e6;
    } else if (!unit.empty() && unit != "s" && unit != "dB") {
      return fail("invalid_assertion",
                  "'" + unit + "' is no unit of '" + printable(whole_) + "': s, ms, us or dB");
    }
    return term;
  }

  std::string comparison() {
    for (const char* sign : {"<=", ">=", "==", "!=", "<", ">"}) {
      if (take(sign)) return sign;
    }
    return {};
  }

  std::string word() {
    skip_space();
    const auto end = std::find_if(rest_.begin(), rest_.end(), [](char c) {
      return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == ':');
    });
    std::string found(rest_.begin(), end);
    rest_.remove_prefix(found.size());
    return found;
  }

  bool take(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_space() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  [[nodiscard]] tl::unexpected<Error> wanted(const std::string& what) const {
    return fail("invalid_assertion", "'" + printable(whole_) + "' is no assertion: " + what +
                                         " must stand before '" + printable(rest_) + "'");
  }

  std::string_view whole_;
  std::string_view rest_;
};

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
         term.kind == Term::Kind::likeness;
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

Result<Assertion> parse_assertion(std::string_view text) {
  return Parser(text).assertion();
}

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

#include "probe/assertion.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

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
    if (take("latency(")) return latency();
    if (take("metric(")) return metric();
    return number();
  }

  Result<Term> latency() {
    Term term;
    term.kind = Term::Kind::latency;
    term.name = word();
    if (term.name.empty()) return wanted("a label");
    if (!take(")") || !take(".")) return wanted("')' and '.p99'");
    term.statistic = word();
    static const std::set<std::string> known = {"p50", "p90", "p99", "max", "count"};
    if (!known.contains(term.statistic)) return wanted("p50, p90, p99, max or count");
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
    if (error != std::errc()) return wanted("a number, latency(LABEL).p99 or metric(NAME).value");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    const std::string unit = word();
    if (unit == "ms") {
      term.number /= 1e3;
    } else if (unit == "us") {
      term.number /= 1e6;
    } else if (!unit.empty() && unit != "s") {
      return fail("invalid_assertion",
                  "'" + unit + "' is no unit of '" + printable(whole_) + "': s, ms or us");
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

std::optional<double> latency_value(const Term& term, const Measurements& measurements) {
  const auto found = measurements.latencies.find(term.name);
  if (term.statistic == "count")
    return found == measurements.latencies.end() ? 0.0 : static_cast<double>(found->second.size());
  if (found == measurements.latencies.end() || found->second.empty()) return std::nullopt;
  if (term.statistic == "max") return percentile(found->second, 1);
  return percentile(found->second, std::stod(term.statistic.substr(1)) / 100);
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

std::optional<double> value_of(const std::vector<Term>& terms, const Measurements& measurements) {
  double sum = 0;
  for (const Term& term : terms) {
    std::optional<double> value = term.number;
    if (term.kind == Term::Kind::latency) value = latency_value(term, measurements);
    if (term.kind == Term::Kind::metric) value = metric_value(term, measurements);
    if (!value) return std::nullopt;
    sum += term.sign * *value;
  }
  return sum;
}

bool compare(double left, const std::string& comparison, double right) {
  if (comparison == "<") return left < right;
  if (comparison == "<=") return left <= right;
  if (comparison == ">") return left > right;
  if (comparison == ">=") return left >= right;
  const bool equal = std::abs(left - right) <= 1e-9 * std::max(1.0, std::abs(right));
  return comparison == "==" ? equal : !equal;
}

std::string show(double value) {
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

std::optional<std::string> failure_of(const Assertion& assertion, const Measurements& measurements) {
  const auto left = value_of(assertion.left, measurements);
  const auto right = value_of(assertion.right, measurements);
  if (!left || !right) return assertion.text + ": there is nothing measured or scraped under that name";
  if (compare(*left, assertion.comparison, *right)) return std::nullopt;
  return assertion.text + ": it is " + show(*left) + " against " + show(*right);
}

double percentile(std::vector<double> values, double fraction) {
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  const std::size_t index = std::clamp<std::size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

}  // namespace unmuted::probe

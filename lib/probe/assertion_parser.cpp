#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/utf8.hpp"
#include "probe/assertion.hpp"
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
    if (take("difference(")) return difference();
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

  Result<Term> difference() {
    Term term = of_kind(Term::Kind::difference);
    term.name = word();
    const bool another = take(",");
    term.other = word();
    if (term.name.empty() || !another || term.other.empty()) return wanted("two sessions");
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
    } else if (!unit.empty() && unit != "s" && unit != "dB" && unit != "Hz") {
      return fail("invalid_assertion",
                  "'" + unit + "' is no unit of '" + printable(whole_) + "': s, ms, us, dB or Hz");
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

}  // namespace

Result<Assertion> parse_assertion(std::string_view text) {
  return Parser(text).assertion();
}

}  // namespace unmuted::probe

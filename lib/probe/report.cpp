#include "probe/report.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

std::string place_in_file(const RunResult& result) {
  const Place& place = result.failure->place;
  return result.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string milliseconds(double seconds) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(seconds < 0.01 ? 2 : 0) << seconds * 1000 << " ms";
  return out.str();
}

std::string count(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::size_t failures(const std::vector<RunResult>& results) {
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(),
                                                [](const RunResult& r) { return r.failure.has_value(); }));
}

/// The failure as lines that begin with `indent`.
std::string details(const RunResult& result, const std::string& indent) {
  const Failure& failure = *result.failure;
  std::string text = indent + place_in_file(result) + ": " + printable(failure.step) + "\n";
  text += indent + "  " + printable(failure.message) + "\n";
  if (failure.events.empty()) return text;
  text += indent + "  received, and taken by no step:\n";
  for (const std::string& event : failure.events) text += indent + "    " + printable(event) + "\n";
  return text;
}

// ---- text

std::string mark(const RunResult& result, bool colour) {
  const std::string word = !result.failure ? "ok  " : result.failure->environment ? "ERR " : "FAIL";
  if (!colour) return word;
  return (result.failure ? "\033[31m" : "\033[32m") + word + "\033[0m";
}

std::string latency_lines(const RunResult& result) {
  std::string text;
  for (const auto& [label, values] : result.latencies) {
    text += "        " + label + ": " + count(values.size(), "answer") + ", p50 " +
            milliseconds(percentile(values, 0.5)) + ", p99 " + milliseconds(percentile(values, 0.99)) +
            ", max " + milliseconds(percentile(values, 1)) + "\n";
  }
  return text;
}

std::string as_text(const std::vector<RunResult>& results, bool colour) {
  std::string text;
  std::size_t steps = 0;
  for (const RunResult& result : results) {
    steps += result.steps;
    text += mark(result, colour) + "  " + printable(result.name) + "  (" + count(result.steps, "step") +
            ", " + milliseconds(to_seconds(result.elapsed)) + ")\n" + latency_lines(result);
    if (result.failure) text += details(result, "      ");
  }
  const std::size_t failed = failures(results);
  return text + std::to_string(results.size() - failed) + " passed, " + std::to_string(failed) + " failed, " +
         count(steps, "step") + "\n";
}

// ---- TAP 13

std::string as_tap(const std::vector<RunResult>& results) {
  std::string text = "TAP version 13\n1.." + std::to_string(results.size()) + "\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const RunResult& result = results[i];
    std::string name = printable(result.name);
    std::replace(name.begin(), name.end(), '#', ' ');  // begins a directive
    text += std::string(result.failure ? "not ok " : "ok ") + std::to_string(i + 1) + " - " + name + "\n";
    if (result.failure) text += details(result, "# ");
  }
  return text;
}

// ---- JUnit XML

std::string escaped(std::string_view text) {
  return escape_markup(printable(text));
}

std::string seconds(Duration elapsed) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(3) << to_seconds(elapsed);
  return out.str();
}

std::string junit_case(const RunResult& result) {
  std::string text = "  <testcase classname=\"" + escaped(result.file) + "\" name=\"" + escaped(result.name) +
                     "\" time=\"" + seconds(result.elapsed) + "\"";
  if (!result.failure) return text + "/>\n";
  const std::string element = result.failure->environment ? "error" : "failure";
  std::string lines;
  std::istringstream all(details(result, ""));
  for (std::string line; std::getline(all, line);) lines += escaped(line) + "\n";
  return text + ">\n    <" + element + " message=\"" + escaped(result.failure->message) + "\">" + lines +
         "</" + element + ">\n  </testcase>\n";
}

std::string as_junit(const std::vector<RunResult>& results) {
  const auto errors = std::count_if(results.begin(), results.end(),
                                    [](const RunResult& r) { return r.failure && r.failure->environment; });
  const std::size_t failed = failures(results) - static_cast<std::size_t>(errors);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"wsprobe\" tests=\"" +
                     std::to_string(results.size()) + "\" failures=\"" + std::to_string(failed) +
                     "\" errors=\"" + std::to_string(errors) + "\">\n";
  for (const RunResult& result : results) text += junit_case(result);
  return text + "</testsuite>\n";
}

// ---- JSON

Json as_json(const RunResult& result) {
  Json json = {{"name", result.name},
               {"file", result.file},
               {"passed", !result.failure},
               {"steps", result.steps},
               {"seconds", to_seconds(result.elapsed)},
               {"latencies", Json::object()}};
  for (const auto& [label, values] : result.latencies) {
    json["latencies"][label] = {{"count", values.size()},
                                {"p50", percentile(values, 0.5)},
                                {"p90", percentile(values, 0.9)},
                                {"p99", percentile(values, 0.99)},
                                {"max", percentile(values, 1)}};
  }
  if (!result.failure) return json;
  const Failure& failure = *result.failure;
  json["failure"] = {{"line", failure.place.line}, {"column", failure.place.column},
                     {"step", failure.step},       {"message", failure.message},
                     {"events", failure.events},   {"environment", failure.environment}};
  return json;
}

std::string as_json(const std::vector<RunResult>& results) {
  Json scenarios = Json::array();
  for (const RunResult& result : results) scenarios.push_back(as_json(result));
  const Json whole = {{"scenarios", std::move(scenarios)},
                      {"passed", results.size() - failures(results)},
                      {"failed", failures(results)}};
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::optional<ReportFormat> parse_report_format(std::string_view name) {
  if (name == "text") return ReportFormat::text;
  if (name == "tap") return ReportFormat::tap;
  if (name == "junit") return ReportFormat::junit;
  if (name == "json") return ReportFormat::json;
  return std::nullopt;
}

std::string report(const std::vector<RunResult>& results, ReportFormat format, bool colour) {
  switch (format) {
    case ReportFormat::text:
      return as_text(results, colour);
    case ReportFormat::tap:
      return as_tap(results);
    case ReportFormat::junit:
      return as_junit(results);
    case ReportFormat::json:
      return as_json(results);
  }
  return {};
}

int exit_code(const std::vector<RunResult>& results) {
  int code = 0;
  for (const RunResult& result : results) {
    if (result.failure) code = std::max(code, result.failure->environment ? 2 : 1);
  }
  return code;
}

}  // namespace unmuted::probe

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace unmuted::bench {

/// Durations of one thing, in microseconds, for the percentiles that Google Benchmark does not keep.
class Samples {
 public:
  template <class Function>
  void time(Function&& function) {
    const auto begin = std::chrono::steady_clock::now();
    function();
    add(std::chrono::steady_clock::now() - begin);
  }
  void add(std::chrono::steady_clock::duration duration) {
    values_.push_back(std::chrono::duration<double, std::micro>(duration).count());
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] double percentile(double fraction) {
    if (values_.empty()) return 0;
    const auto rank = static_cast<std::size_t>(fraction * static_cast<double>(values_.size() - 1));
    std::nth_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(rank), values_.end());
    return values_[rank];
  }
  void report(benchmark::State& state, const std::string& name) {
    state.counters[name + "_p50_us"] = percentile(0.50);
    state.counters[name + "_p99_us"] = percentile(0.99);
  }

 private:
  std::vector<double> values_;
};

/// Both, and how many times the floor the other is: measured turn by turn, so that a machine that gets slower
/// slows both.
inline void report_ratio(benchmark::State& state, const std::string& name, Samples& samples, Samples& floor) {
  samples.report(state, name);
  floor.report(state, "floor");
  state.counters["ratio_p50"] = samples.percentile(0.50) / floor.percentile(0.50);
  state.counters["ratio_p99"] = samples.percentile(0.99) / floor.percentile(0.99);
}

}  // namespace unmuted::bench

// Runs a fuzz target over the inputs that are kept for it, where there is no libFuzzer: an ordinary test.
//
//   fuzz_<target> FILE-OR-DIRECTORY…
//
// Each input is bounded: in processor time, and in how much more memory the process takes while it runs.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/time.h>
#include <unistd.h>

#include "fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // takes many times as long, and memory of its own
#else
constexpr bool sanitized = false;
#endif
constexpr double max_seconds = sanitized ? 60 : 3;
constexpr long max_growth_kib = 128L << 10;

std::string running;  // the input under way, for the signal handler

extern "C" void on_signal(int signal) {
  const char* what = signal == SIGPROF ? "took too much processor time" : "ended the process";
  for (const char* part : {"input ", running.c_str(), ": ", what, "\n"}) {
    const ssize_t ignored = ::write(STDERR_FILENO, part, std::strlen(part));
    static_cast<void>(ignored);
  }
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

/// Ends an input that does not end by itself.
void set_alarm(double seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Begins to measure the peak of the resident memory anew.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// A line of /proc/self/status, in KiB.
long memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  return 0;
}

bool run(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  running = path.filename().string();
  forget_peak();
  const long before = memory("VmRSS");
  const double began = processor_seconds();
  set_alarm(max_seconds * 4);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  set_alarm(0);
  const double seconds = processor_seconds() - began;
  const long growth = memory("VmHWM") - before;
  const bool fine = seconds <= max_seconds && (sanitized || growth <= max_growth_kib);
  std::printf("%s %s: %zu bytes, %.3f s, +%ld KiB\n", fine ? "fine    " : "TOO MUCH", running.c_str(),
              input.size(), seconds, growth);
  return fine;
}

std::vector<fs::path> inputs(int argc, char** argv) {
  std::vector<fs::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      paths.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGPROF, SIGSEGV, SIGABRT}) std::signal(signal, on_signal);
  const std::vector<fs::path> paths = inputs(argc, argv);
  if (paths.empty()) {
    std::fprintf(stderr, "no inputs\n");
    return 2;
  }
  const auto failed =
      std::count_if(paths.begin(), paths.end(), [](const fs::path& path) { return !run(path); });
  return failed == 0 ? 0 : 1;
}

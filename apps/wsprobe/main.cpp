// wsprobe: runs scenarios of several sessions against a server, or against one it starts inside itself.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "core/standard_streams.hpp"
#include "core/utf8.hpp"
#include "probe/report.hpp"
#include "probe/runner.hpp"
#include "usage_error.hpp"

namespace {

using namespace unmuted;
using namespace unmuted::probe;

constexpr const char* examples = R"(
Examples:
  wsprobe run --in-process tests/scenarios/*.yaml
  wsprobe run --url ws://127.0.0.1:8000 --var DIR_A=/srv/casts/a my.yaml
  wsprobe run --in-process --repeat 20 --format junit my.yaml >report.xml
  wsprobe run --in-process --save-audio heard my.yaml
  wsprobe check my.yaml

Exit codes: 0 all expectations held, 1 one did not, 2 usage or environment.)";

struct Flags {
  std::vector<std::string> files;
  std::string url;
  std::string ca_file;
  bool in_process = false;
  std::vector<std::string> variables;
  std::string format = "text";
  std::string color = "auto";
  std::size_t repeat = 1;
  std::string audio_directory;
};

int complain(const std::string& message) {
  std::cerr << "wsprobe: " << message << '\n';
  return 2;
}

std::string line_of(const Error& error) {
  return (error.where.empty() ? "" : error.where + ": ") + error.message;
}

/// All files, of which there must be one, or nothing: what is wrong with each is said on stderr.
std::optional<std::vector<Scenario>> load_all(const std::vector<std::string>& files) {
  if (files.empty()) {
    complain("no file was given; name the scenarios, as in: wsprobe run --in-process tests/scenarios/*.yaml");
    return std::nullopt;
  }
  std::vector<Scenario> scenarios;
  for (const std::string& file : files) {
    auto scenario = load_scenario(file);
    if (scenario) {
      scenarios.push_back(std::move(*scenario));
    } else {
      complain(line_of(scenario.error()));
    }
  }
  if (scenarios.size() < files.size()) return std::nullopt;
  return scenarios;
}

tl::expected<std::map<std::string, std::string>, std::string> parse_variables(
    const std::vector<std::string>& given) {
  std::map<std::string, std::string> variables;
  for (const std::string& variable : given) {
    const std::size_t equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    if (equals == std::string::npos || !is_name(name)) {
      return tl::unexpected("--var needs NAME=VALUE, and got '" + variable + "'");
    }
    variables[name] = variable.substr(equals + 1);
  }
  return variables;
}

bool wants_colour(const std::string& flag) {
  if (flag != "auto") return flag == "always";
  return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

/// One line on a terminal that is written over as the run goes on.
class Progress {
 public:
  explicit Progress(std::size_t runs) : shown_(::isatty(STDERR_FILENO) == 1), runs_(runs) {}
  ~Progress() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }

  void begin(const std::string& name) {
    ++run_;
    name_ = name;
  }

  void step(const Step& step) {
    if (!shown_) return;
    const std::string line = "[" + std::to_string(run_) + "/" + std::to_string(runs_) + "] " + name_ + ":" +
                             std::to_string(step.place.line) + " " + step.source;
    std::cerr << '\r' << shorten(printable(line), 100) << "\033[K" << std::flush;
  }

 private:
  bool shown_;
  std::size_t runs_;
  std::size_t run_ = 0;
  std::string name_;
};

std::vector<RunResult> run_all_of(const std::vector<Scenario>& scenarios, RunOptions options,
                                  std::size_t repeat) {
  Progress progress(scenarios.size() * repeat);
  options.on_step = [&](const Step& step) { progress.step(step); };
  std::vector<RunResult> results;
  for (const Scenario& scenario : scenarios) {
    for (std::size_t i = 0; i < repeat; ++i) {
      progress.begin(scenario.name);
      options.audio_prefix = std::filesystem::path(scenario.file).stem().string();
      if (i > 0) options.audio_prefix += "-" + std::to_string(i + 1);
      results.push_back(run_scenario(scenario, options));
    }
  }
  return results;
}

int run(const Flags& flags) {
  if (flags.in_process == !flags.url.empty())
    return complain("run needs either --url ws://HOST:PORT or --in-process");
  const auto variables = parse_variables(flags.variables);
  if (!variables) return complain(variables.error());
  const auto scenarios = load_all(flags.files);
  if (!scenarios) return 2;
  for (const Scenario& scenario : *scenarios) {
    if (!flags.in_process && scenario.server) {
      std::cerr << "wsprobe: note: " << scenario.file << ": 'server' only counts with --in-process\n";
    }
  }
  if (!flags.audio_directory.empty()) {
    std::error_code fault;
    std::filesystem::create_directories(flags.audio_directory, fault);
    if (fault) return complain("--save-audio " + flags.audio_directory + ": " + fault.message());
  }
  const RunOptions options{flags.url, flags.in_process, *variables, {}, flags.ca_file, flags.audio_directory};
  const auto results = run_all_of(*scenarios, options, flags.repeat);
  std::cout << report(results, *parse_report_format(flags.format), wants_colour(flags.color));
  return exit_code(results);
}

int check(const Flags& flags) {
  const auto scenarios = load_all(flags.files);
  if (!scenarios) return 2;
  for (const Scenario& scenario : *scenarios) std::cout << scenario.file << ": " << scenario.name << '\n';
  return 0;
}

void add_run(CLI::App& app, Flags& flags) {
  CLI::App* command = app.add_subcommand("run", "Run scenario files");
  command->add_option("FILE", flags.files, "Scenario files");
  command->add_option("--url", flags.url,
                      "The server to run against, as ws://127.0.0.1:8000 or wss://example.org");
  command->add_option("--ca", flags.ca_file,
                      "PEM file with certificates to trust besides the system's, for wss://");
  command->add_flag("--in-process", flags.in_process,
                    "Run against a server started inside wsprobe, on a free port");
  command->add_option("--var", flags.variables, "A variable NAME=VALUE; may be given several times")
      ->allow_extra_args(false);
  command->add_option("--format", flags.format, "text, tap, junit or json")
      ->check(CLI::IsMember({"text", "tap", "junit", "json"}))
      ->capture_default_str();
  command->add_option("--repeat", flags.repeat, "How often each file is run")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--save-audio", flags.audio_directory,
                      "Write what each session has heard into this directory, as SCENARIO.SESSION.wav");
  command->add_option("--color", flags.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command->footer(examples);
}

void add_check(CLI::App& app, Flags& flags) {
  CLI::App* command = app.add_subcommand("check", "Validate scenario files without running them");
  command->add_option("FILE", flags.files, "Scenario files");
  command->footer(examples);
}

int dispatch(int argc, char** argv) {
  CLI::App app("Runs scenarios of several sessions against a server", "wsprobe");
  app.set_version_flag("--version", "wsprobe " UNMUTED_VERSION);
  app.footer(examples);
  app.require_subcommand(1);
  Flags flags;
  add_run(app, flags);
  add_check(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(usage_error(app, error) + " ('wsprobe --help' has examples)");
  }
  return app.got_subcommand("run") ? run(flags) : check(flags);
}

}  // namespace

int main(int argc, char** argv) {
  open_missing_streams();
  try {
    return exit_code_after_output("wsprobe", dispatch(argc, argv));
  } catch (const std::exception& error) {
    return complain(std::string("internal error: ") + error.what());
  }
}

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "core/standard_streams.hpp"
#include "core/utf8.hpp"
#include "log_format.hpp"
#include "options.hpp"
#include "server/server.hpp"
#include "usage_error.hpp"

namespace {

using namespace unmuted;

constexpr int usage_or_environment = 2;

/// Ten thousand sessions need as many descriptors; the usual soft limit is 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Blocks the signals that the main thread waits for; threads started later inherit it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void print_problem(const Diagnostic& problem) {
  std::cerr << "warning: " << problem.file << ":";
  if (problem.line > 0) std::cerr << problem.line << ":";
  std::cerr << " [" << problem.code << "] " << problem.message << "\n";
}

/// What an operator should know of the default cast before somebody else finds out.
void print_problems(const CharacterSet& cast) {
  for (const auto& error : cast.report().errors) print_problem(error);
  for (const auto& warning : cast.report().warnings) print_problem(warning);
  const auto speaks_english = [](const CharacterPtr& one) {
    return one->good.value_or(false) && one->instructions.language == "en";
  };
  if (cast.characters().empty()) return;  // which is said already
  if (std::none_of(cast.characters().begin(), cast.characters().end(), speaks_english)) {
    std::cerr
        << "warning: no character that is marked good has the language \"en\": Unmute's page, which begins "
           "with one, gets the first good character instead\n";
  }
}

std::string language_model(const Config& config) {
  if (config.llm_url.empty()) return "no language model (characters answer by script, or rehearse)";
  return "language model " + (config.llm_model.empty() ? "" : config.llm_model + " ") + "at " +
         config.llm_url.substr(0, config.llm_url.find('?'));  // a query may hold a secret
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + printable(word);
  return all;
}

std::string directories(const Server& server, const Config& config) {
  if (!config.character_roots.empty()) return "what lies beneath " + joined(config.character_roots);
  if (server.any_directory()) return "any for clients of this machine, the default cast's for others";
  return "the default cast's only";
}

std::string pages(const Config& config) {
  return joined(config.allowed_origins) + " and its own" +
         (config.behind_proxy ? ", by the name that the proxy tells" : "");
}

void print_start(const Server& server, const Config& config) {
  const CharacterSetPtr cast = server.default_cast();
  const LoadReport& report = cast->report();
  print_problems(*cast);
  std::cout << "unmuted " UNMUTED_VERSION " listens on " << server.url() << "\n"
            << "  characters  " << report.loaded << " of " << report.total_files << " from "
            << cast->directory()
            << (report.loaded == 0 ? " (none could be loaded: the default cast is empty)" : "") << "\n"
            << "  backends    " << language_model(config)
            << "; speech recognition off; speech synthesis off\n"
            << "  directories " << directories(server, config) << "\n"
            << "  origins     " << pages(config) << "\n"
            << "  page        " << server.url() << "/\n"
            << "  sessions    "
            << "ws" << server.url().substr(4) << "/v1/realtime\n"
            << std::flush;
}

/// Waits for signals until one ends the server.
void serve_until_signalled(Server& server, const sigset_t& signals, spdlog::logger& log) {
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) {
      log.info("server draining signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      server.drain();
      log.info("server stopped");
      return;
    }
    if (auto reloaded = server.reload_default(); !reloaded) log.warn("{}", reloaded.error().message);
  }
}

int check(const Config& config) {
  Config quiet = config;
  quiet.port = 0;
  Server server(std::move(quiet));
  if (auto started = server.start(); !started) {
    std::cerr << "unmuted: " << started.error().message << "\n";
    return usage_or_environment;
  }
  const CharacterSetPtr cast = server.default_cast();
  const LoadReport& report = cast->report();
  print_problems(*cast);
  std::cout << "configuration fine; default cast: " << report.loaded << " of " << report.total_files
            << " characters load" << (report.loaded == 0 ? ": sessions would begin with nobody" : "") << "\n";
  return report.errors.empty() && report.loaded > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  open_missing_streams();
  CLI::App app(
      "A server for spoken conversations with characters: every WebSocket session has a cast of its own.",
      "unmuted");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return exit_code_after_output("unmuted", app.exit(error));
    std::cerr << "unmuted: " << usage_error(app, error) << " (unmuted --help tells more)\n";
    return usage_or_environment;
  }
  auto config = to_config(options);
  if (!config) {
    std::cerr << "unmuted: " << config.error().message << "\n";
    return usage_or_environment;
  }
  if (options.check) return exit_code_after_output("unmuted", check(*config));

  const sigset_t signals = block_signals();
  raise_descriptor_limit();
  // Logging never waits: when stdout blocks, the oldest lines of a bounded queue give way.
  spdlog::init_thread_pool(8192, 1);
  auto log = std::make_shared<spdlog::async_logger>(
      "unmuted", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  configure(*log, options);
  config->log = log;
  {
    Server server(*config);
    if (auto started = server.start(); !started) {
      std::cerr << "unmuted: " << started.error().message << "\n";
      return usage_or_environment;
    }
    print_start(server, *config);
    serve_until_signalled(server, signals, *log);
  }
  config->log.reset();
  log.reset();
  spdlog::shutdown();
  return 0;
}

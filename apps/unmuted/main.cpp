#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "characters/character_set.hpp"
#include "core/clock.hpp"
#include "core/standard_streams.hpp"
#include "core/utf8.hpp"
#include "log_format.hpp"
#include "net/redis_address.hpp"
#include "options.hpp"
#include "server/config.hpp"
#include "server/descriptors.hpp"
#include "server/server.hpp"
#include "server/services.hpp"
#include "signals.hpp"
#include "usage_error.hpp"

namespace {

using namespace unmuted;

constexpr int usage_or_environment = 2;

/// Ten thousand sessions need as many descriptors; the usual soft limit is 1,024. How many there can be now.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void print_problem(std::ostream& out, const Diagnostic& problem) {
  out << "warning: " << problem.file << ":";
  if (problem.line > 0) out << problem.line << ":";
  out << " [" << problem.code << "] " << problem.message << "\n";
}

/// What an operator should know of the default cast before somebody else finds out.
void print_problems(std::ostream& out, const CharacterSet& cast) {
  for (const auto& error : cast.report().errors) print_problem(out, error);
  for (const auto& warning : cast.report().warnings) print_problem(out, warning);
  const auto speaks_english = [](const CharacterPtr& one) {
    return one->good.value_or(false) && one->instructions.language == "en";
  };
  if (cast.characters().empty()) return;  // which is said already
  if (std::none_of(cast.characters().begin(), cast.characters().end(), speaks_english)) {
    out << "warning: no character that is marked good has the language \"en\": Unmute's page, which begins "
           "with one, gets the first good character instead\n";
  }
}

void print_problems(std::ostream& out, const Server& server, const Config& config) {
  print_problems(out, *server.default_cast());
  for (const std::string& warning : speech_warnings(config)) out << "warning: " << warning << "\n";
  if (!server.certificate_expired()) return;
  out << "warning: the certificate in " << printable(config.tls_certificate) << " has expired ("
      << server.certificate_valid_until() << "): clients refuse it\n";
}

std::string language_model(const Config& config) {
  if (config.llm_url.empty()) return "no language model (characters answer by script, or rehearse)";
  return "language model " + (config.llm_model.empty() ? "" : config.llm_model + " ") + "at " +
         config.llm_url.substr(0, config.llm_url.find('?'));  // a query may hold a secret
}

/// A query may hold a secret.
std::string speech(const std::string& address) {
  return printable(address.substr(0, address.find('?')));
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

std::string voice_cloning(const Config& config) {
  if (config.voice_cloning.empty()) return "";
  const auto redis = net::RedisAddress::of(config.redis);  // which shows no password
  return "; voice cloning " + printable(config.voice_cloning) + ", kept in " +
         (redis ? redis->shown() : "memory");
}

std::string recordings(const Config& config) {
  if (config.recordings_dir.empty()) return "";
  return "  recordings  in " + printable(config.recordings_dir) + ", of sessions whose users allow it\n";
}

std::string certificate(const Server& server, const Config& config) {
  if (config.tls_certificate.empty()) return "";
  return "  certificate " + printable(config.tls_certificate) + ", valid until " +
         server.certificate_valid_until() + "\n";
}

std::string pages(const Config& config) {
  return joined(config.allowed_origins) + " and its own" +
         (config.behind_proxy ? ", by the name that the proxy tells" : "");
}

/// What is said at the start. It is said in a thread of its own: a terminal that is held up must not keep
/// signals from being heeded.
class Greeting {
 public:
  Greeting(const Server& server, const Config& config) {
    std::ostringstream warnings, greeting;
    print_problems(warnings, server, config);
    print_start(greeting, server, config);
    said_ = std::make_shared<std::promise<void>>();
    auto say = [said = said_, warnings = warnings.str(), greeting = greeting.str()] {
      std::cerr << warnings << std::flush;
      std::cout << greeting << std::flush;
      said->set_value();
    };
    std::thread(std::move(say)).detach();
  }

  /// Whether all has been said by then.
  [[nodiscard]] bool was_said_by(TimePoint deadline) {
    return said_->get_future().wait_until(deadline) == std::future_status::ready;
  }

 private:
  static void print_start(std::ostream& out, const Server& server, const Config& config) {
    const CharacterSetPtr cast = server.default_cast();
    const LoadReport& report = cast->report();
    out << "unmuted " UNMUTED_VERSION " listens on " << server.url() << "\n"
        << "  characters  " << report.loaded << " of " << report.total_files << " from " << cast->directory()
        << (report.loaded == 0 ? " (none could be loaded: the default cast is empty)" : "") << "\n"
        << "  backends    " << language_model(config) << "; speech in " << speech(config.stt)
        << "; speech out " << speech(config.tts) << voice_cloning(config) << "\n"
        << recordings(config) << certificate(server, config) << "  directories "
        << directories(server, config) << "\n"
        << "  origins     " << pages(config) << "\n"
        << "  page        " << server.url() << "/\n"
        << "  sessions    ws" << server.url().substr(4) << "/v1/realtime\n";
  }

  std::shared_ptr<std::promise<void>> said_;
};

/// Waits for signals until one ends the server. False when not all of it ended in time.
bool serve_until_signalled(Server& server, Signals& signals, spdlog::logger& log) {
  while (true) {
    const int signal = signals.wait();
    if (signal == SIGHUP) {
      server.request_default_reload();
      server.request_certificate_reload();
      continue;
    }
    log.info("server draining signal={} sessions={}", signal == SIGTERM ? "SIGTERM" : "SIGINT",
             server.session_count());
    // Who sends SIGTERM may be a load balancer's friend, which first has to see that /readyz says no.
    const auto lame_duck = std::chrono::seconds(signal == SIGTERM ? 1 : 0);
    const bool ended = server.drain(lame_duck);
    if (ended) {
      log.info("server stopped");
    } else {
      log.warn("server stopped although a job did not end: is there a file system that hangs?");
    }
    return ended;
  }
}

/// Ends logging, which writes what is left. False when that cannot be written by then.
bool end_logging_by(TimePoint deadline) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  std::thread([done] {
    spdlog::shutdown();
    done->set_value();
  }).detach();
  return ended.wait_until(deadline) == std::future_status::ready;
}

/// Opens no port: the server may run, or be meant for another machine.
int check(const Config& config) {
  Server server(config);
  if (auto loaded = server.load(); !loaded) {
    std::cerr << "unmuted: " << loaded.error().message << "\n";
    return usage_or_environment;
  }
  const CharacterSetPtr cast = server.default_cast();
  const LoadReport& report = cast->report();
  print_problems(std::cerr, server, config);
  if (const auto shortage = descriptor_shortage(config, raise_descriptor_limit())) {
    std::cerr << "warning: " << *shortage << "\n";
  }
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

  Signals signals;
  const std::size_t descriptors = raise_descriptor_limit();
  // Logging never waits: when stdout blocks, the oldest lines of a bounded queue give way.
  spdlog::init_thread_pool(8192, 1);
  auto log = std::make_shared<spdlog::async_logger>(
      "unmuted", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  configure(*log, options);
  if (const auto shortage = descriptor_shortage(*config, descriptors)) log->warn("{}", *shortage);
  config->log = log;
  auto server = std::make_unique<Server>(*config);
  if (auto started = server->start(); !started) {
    std::cerr << "unmuted: " << started.error().message << "\n";
    return usage_or_environment;
  }
  signals.heed();
  Greeting greeting(*server, *config);
  const bool all_ended = serve_until_signalled(*server, signals, *log);
  if (all_ended) server.reset();
  const TimePoint deadline = Clock::now() + std::chrono::milliseconds(400);
  const bool all_written = end_logging_by(deadline) && greeting.was_said_by(deadline);
  // What still hangs is left where it is: waiting for it would keep the process from ending.
  if (!all_ended || !all_written) std::_Exit(0);
  return 0;
}

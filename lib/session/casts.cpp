#include "session/casts.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <stop_token>
#include <utility>

#include "core/clock.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using events::Failure;

events::CharacterSummary summary_of(const Character& character) {
  return {character.name,
          character.good,
          character.comment,
          character.instructions.language,
          character.voice.path_on_server,
          character.tags};
}

std::vector<events::CharacterSummary> summaries_of(const CharacterSet& set) {
  std::vector<events::CharacterSummary> summaries;
  summaries.reserve(set.characters().size());
  for (const auto& character : set.characters()) summaries.push_back(summary_of(*character));
  return summaries;
}

std::vector<events::FileProblem> problems_of(const std::vector<Diagnostic>& diagnostics) {
  std::vector<events::FileProblem> problems;
  problems.reserve(diagnostics.size());
  for (const auto& d : diagnostics) problems.push_back({d.file, d.line, d.code, d.message});
  return problems;
}

events::Notice told(const CharacterSet& set) {
  return events::CastLoaded{set.directory(), summaries_of(set), problems_of(set.report().errors),
                            problems_of(set.report().warnings)};
}

events::Notice told(const ReloadFailure& refused) {
  Failure failure = events::failure_of(refused.error, Failure::Kind::server_error);
  if (refused.error.code == "no_valid_characters") failure.problems = problems_of(refused.report.errors);
  return failure;
}

/// Says `asked` where the message names a directory of the server's: what a client did not know already is no
/// business of one on another machine.
ReloadFailure without_path(ReloadFailure failure, const std::string& asked) {
  const std::string path = failure.error.where;
  const std::size_t at = path.empty() ? std::string::npos : failure.error.message.find(path);
  if (at != std::string::npos) failure.error.message.replace(at, path.size(), printable(asked));
  return failure;
}

ReloadFailure failed(std::string_view directory, std::string_view how) {
  return {{"character_reload_failed", "Loading " + shorten(printable(directory), 300) + std::string(how), ""},
          {}};
}

ReloadFailure busy() {
  return {{"service_at_capacity", "The server is too busy to load a directory; try again", ""}, {}};
}

constexpr std::string_view too_slow =
    " took too long and was given up: many load at a time, or its file system hangs";

/// A load on the pool. Owns all it needs, for it may outlive the session that wants it.
struct Load {
  const SessionEnvironment& environment;
  const DirectoryPolicy& policy;
  std::string directory, default_directory;
  std::string shown;  ///< the directory as the client may be told of it
  bool local;
  std::shared_ptr<events::Dialect> dialect;
  std::string answers;

  using Outcome = tl::expected<CharacterSetPtr, ReloadFailure>;
  struct Done {
    Outcome outcome;
    std::vector<std::string> frames;
  };

  /// What is said of it is put together here: a large cast's is not the business of a network thread.
  [[nodiscard]] Done run(const std::stop_token& stop) const { return told_of(load(stop)); }

  [[nodiscard]] Done told_of(Outcome outcome) const {
    std::vector<std::string> frames;
    dialect->write(outcome ? told(**outcome) : told(outcome.error()), answers, frames);
    return {std::move(outcome), std::move(frames)};
  }

 private:
  [[nodiscard]] Outcome load(const std::stop_token& stop) const {
    try {
      Outcome set = load_cast(environment.loader, policy, directory, default_directory, stop);
      if (!set && !local) set.error() = without_path(std::move(set.error()), shown);
      return set;
    } catch (const std::exception& bug) {
      return tl::unexpected(failed(shown, " failed: " + printable(bug.what())));
    }
  }
};

/// Whoever leaves the scope wants nothing of the load any more.
class Wanted {
 public:
  Wanted() = default;
  ~Wanted() { source_.request_stop(); }
  Wanted(const Wanted&) = delete;
  Wanted& operator=(const Wanted&) = delete;
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
};

}  // namespace

events::CastListed listing_of(const CharacterSet& set) {
  return {set.directory(), summaries_of(set), {}};
}

net::awaitable<std::optional<CastAnswer>> Casts::load(CastRequest request) const {
  const TimePoint started = Clock::now();
  const TimePoint deadline = started + environment_.load_patience;
  const bool local = request.peer.local;
  const auto [directory, default_directory] = directories_for(request.directory);
  const Load load{environment_,
                  local ? environment_.policy : environment_.remote_policy,
                  directory,
                  default_directory,
                  local ? directory : request.directory,
                  local,
                  std::move(request.dialect),
                  std::move(request.answers)};
  const Wanted wanted;
  auto job = [load, stop = wanted.token()] { return load.run(stop); };
  auto done = co_await net::offload(request.share, request.call, std::move(job), deadline);
  if (request.call.abandoned()) co_return std::nullopt;
  if (!done)
    done = load.told_of(tl::unexpected(Clock::now() < deadline ? busy() : failed(load.shown, too_slow)));
  Load::Outcome& set = done->outcome;
  if (!set) {
    count(set.error().report);
    environment_.log->info("session {} reload_failed directory={} code={}", request.session_id,
                           printable(directory), set.error().error.code);
    co_return CastAnswer{nullptr, std::move(done->frames)};
  }
  const LoadReport& report = (*set)->report();
  count(report);
  environment_.log->info("session {} reloaded directory={} characters={} errors={}", request.session_id,
                         printable((*set)->directory()), report.loaded, report.errors.size());
  environment_.metrics.reload_duration.Observe(to_seconds(Clock::now() - started));
  co_return CastAnswer{std::move(*set), std::move(done->frames)};
}

tl::expected<CharacterSetPtr, ReloadFailure> Casts::replace_default(const std::string& directory) const {
  const auto [wanted, present] = directories_for(directory);
  try {
    auto loaded = load_cast(environment_.loader, environment_.policy, wanted, present);
    if (!loaded) {
      count(loaded.error().report);
      environment_.log->warn("default_reload_failed directory={} code={}", printable(wanted),
                             loaded.error().error.code);
      return loaded;
    }
    make_default(*loaded);
    environment_.log->info("default_reloaded directory={} characters={} errors={}",
                           printable((*loaded)->directory()), (*loaded)->report().loaded,
                           (*loaded)->report().errors.size());
    return loaded;
  } catch (const std::exception& bug) {
    environment_.log->error("default_reload_failed directory={} error={}", printable(wanted),
                            printable(bug.what()));
    return tl::unexpected(ReloadFailure{{"character_reload_failed", bug.what(), ""}, {}});
  }
}

Result<void> Casts::load_default(const std::string& directory) const {
  auto real = DirectoryPolicy::allow_any().resolve(std::filesystem::absolute(directory).string());
  if (!real) return tl::unexpected(real.error());
  auto set = environment_.loader.load(*real);
  if (!set) return tl::unexpected(set.error());
  make_default(*set);
  return {};
}

/// Both of one moment: where the default cast is replaced meanwhile, the directory that it had then is
/// allowed.
Casts::Directories Casts::directories_for(const std::string& asked) const {
  std::string present = environment_.default_cast.get()->directory();
  return {asked == "default" ? present : asked, present};
}

/// Refused before it was read: nothing.
void Casts::count(const LoadReport& report) const {
  if (report.duration.count() == 0) return;
  Metrics& metrics = environment_.metrics;
  metrics.characters_loaded_count.Increment(static_cast<double>(report.loaded));
  metrics.character_load_duration.Observe(std::chrono::duration<double>(report.duration).count());
  for (const auto& error : report.errors) metrics.count_load_error(metric_error_type(error.code));
}

void Casts::make_default(const CharacterSetPtr& set) const {
  count(set->report());
  environment_.default_cast.replace(set);
  if (environment_.default_cast_replaced) environment_.default_cast_replaced();
  environment_.metrics.default_characters.Set(static_cast<double>(set->report().loaded));
}

}  // namespace unmuted

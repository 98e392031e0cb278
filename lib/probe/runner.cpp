#include "probe/runner.hpp"

#include <algorithm>
#include <concepts>
#include <exception>
#include <filesystem>
#include <memory>
#include <tuple>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "net/url.hpp"
#include "probe/connection.hpp"
#include "probe/http_client.hpp"
#include "probe/in_process_server.hpp"
#include "probe/work_directory.hpp"

namespace unmuted::probe {
namespace {

using net::awaitable;

constexpr Milliseconds default_within{10'000};
constexpr Milliseconds poll_interval{5};

/// What is wrong with a step.
struct Problem {
  std::string message;
  std::vector<std::string> events = {};
  bool environment = false;
};
using Outcome = tl::expected<void, Problem>;

tl::unexpected<Problem> problem(std::string message) {
  return tl::unexpected(Problem{std::move(message)});
}
tl::unexpected<Problem> environment_problem(const Error& error) {
  return tl::unexpected(Problem{error.message, {}, true});
}

std::string show(Milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

std::string show(const net::Closed& closed) {
  return "the connection closed with " + std::to_string(closed.code) +
         (closed.reason.empty() ? "" : " (" + closed.reason + ")");
}

std::string join(const std::vector<std::string>& parts) {
  std::string whole;
  for (const std::string& part : parts) whole += (whole.empty() ? "" : "; ") + part;
  return whole;
}

/// One session of the scenario; an entry with a count has several.
struct Member {
  std::string id;  ///< "a", or "a[3]"
  const SessionSpec* spec = nullptr;
  Json index;
  std::map<std::string, Json> captured;  ///< of the member of a group; else captures are everybody's
  std::shared_ptr<Connection> connection;
};

/// What a step sees beside the variables of the scenario.
struct Scope {
  Json round;  ///< null outside of a repetition
  const Member* member = nullptr;
};

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options) : scenario_(scenario), options_(options) {
    result_.name = scenario.name;
    result_.file = scenario.file;
  }

  RunResult execute() {
    const TimePoint start = Clock::now();
    Step whole;
    whole.place = scenario_.server ? scenario_.server->place : Place{1, 1};
    whole.source = "starting the scenario";
    if (auto ready = prepare(); !ready) {
      record(whole, std::move(ready.error()));
    } else {
      run_loop();
    }
    result_.elapsed = Clock::now() - start;
    result_.latencies = measurements_.latencies;
    return std::move(result_);
  }

 private:
  // ---- before the steps

  Outcome prepare() {
    auto directory = WorkDirectory::create();
    if (!directory) return environment_problem(directory.error());
    work_directory_.emplace(std::move(*directory));
    if (auto named = name_variables(); !named) return named;
    for (const auto& [name, spec] : scenario_.sessions) add_members(name, spec);
    for (const Step& step : scenario_.setup) {
      if (auto done = std::visit([&](const auto& what) { return set_up(what); }, step.what); !done)
        return done;
    }
    if (auto found = options_.in_process ? start_server() : use_server(); !found) return found;
    variables_["HOST"] = url_.authority();
    return {};
  }

  Outcome name_variables() {
    const auto directory = std::filesystem::absolute(scenario_.file).parent_path().lexically_normal();
    variables_["TMP"] = work_directory_->path().string();
    variables_["SCENARIO_DIR"] = directory.string();
    for (const auto& [name, value] : options_.variables) variables_[name] = value;
    Room room;
    for (const auto& [name, value] : scenario_.variables) {
      if (options_.variables.contains(name)) continue;
      auto resolved = substitute(value, lookup({}), room);
      if (!resolved) return environment_problem(resolved.error());
      variables_[name] = std::move(*resolved);
    }
    return {};
  }

  void add_members(const std::string& name, const SessionSpec& spec) {
    auto& members = members_[name];
    for (std::size_t i = 0; i < spec.count; ++i) {
      members.push_back({spec.group ? name + "[" + std::to_string(i) + "]" : name, &spec, i, {}, nullptr});
    }
  }

  Outcome set_up(const WriteFile& step) { return change_files(step, {}); }
  Outcome set_up(const CopyFiles& step) { return change_files(step, {}); }
  Outcome set_up(const RemoveFiles& step) { return change_files(step, {}); }
  template <class Other>
  Outcome set_up(const Other&) {
    return problem("only write, copy and remove may stand in 'setup'");
  }

  Outcome use_server() {
    if (needs_in_process(scenario_.steps)) {
      return tl::unexpected(
          Problem{"the scenario looks into the server: run it with --in-process", {}, true});
    }
    auto url = net::parse_url(options_.url);
    if (!url) return environment_problem(url.error());
    if (url->scheme != "ws")
      return tl::unexpected(Problem{"only ws:// is understood: " + options_.url, {}, true});
    url_ = std::move(*url);
    return {};
  }

  Outcome start_server() {
    Config config;
    if (scenario_.server) {
      if (auto configured = configure(*scenario_.server, config); !configured) return configured;
    }
    auto server = InProcessServer::start(std::move(config));
    if (!server) return environment_problem(server.error());
    server_.emplace(std::move(*server));
    auto url = net::parse_url(server_->websocket_url());
    if (!url) return environment_problem(url.error());
    url_ = std::move(*url);
    return {};
  }

  Outcome configure(const ServerSpec& spec, Config& config) const {
    if (spec.characters) {
      auto characters = text(*spec.characters, {});
      if (!characters) return tl::unexpected(characters.error());
      config.characters = std::move(*characters);
    }
    if (spec.roots) {
      for (const std::string& root : *spec.roots) {
        auto path = text(root, {});
        if (!path) return tl::unexpected(path.error());
        config.character_roots.push_back(std::move(*path));
      }
    }
    if (spec.origins) config.allowed_origins = *spec.origins;
    if (spec.max_sessions) config.max_sessions = *spec.max_sessions;
    if (spec.threads) config.threads = static_cast<unsigned>(*spec.threads);
    if (spec.ping_interval) config.ping_interval = *spec.ping_interval;
    if (spec.llm) {
      auto url = text(*spec.llm, {});
      if (!url) return tl::unexpected(url.error());
      config.llm_url = std::move(*url);
    }
    if (spec.llm_model) config.llm_model = *spec.llm_model;
    if (spec.llm_patience) config.llm_patience = *spec.llm_patience;
    if (spec.llm_idle_timeout) config.llm_idle_timeout = *spec.llm_idle_timeout;
    if (spec.pace) config.words_per_minute = static_cast<unsigned>(*spec.pace);
    return {};
  }

  void run_loop() {
    std::exception_ptr thrown;
    const auto on_end = [&](const std::exception_ptr& exception) {
      thrown = exception;
      end_everything();
    };
    net::asio::co_spawn(io_, run_steps(scenario_.steps, {}), on_end);
    io_.run();
    threads_.join();
    if (thrown) std::rethrow_exception(thrown);
  }

  void end_everything() {
    if (server_) server_->server().pool().open_gate();
    for (auto& [name, members] : members_) {
      for (Member& member : members) {
        if (member.connection) member.connection->vanish();
        member.connection.reset();
      }
    }
  }

  // ---- the steps

  awaitable<void> run_steps(const std::vector<Step>& steps, Scope scope) {
    for (const Step& step : steps) {
      if (result_.failure) co_return;
      ++result_.steps;
      if (options_.on_step) options_.on_step(step);
      auto task = std::visit([&](const auto& what) { return perform(step, what, scope); }, step.what);
      auto outcome = co_await std::move(task);
      if (!outcome) record(step, std::move(outcome.error()));
    }
  }

  /// The first failure ends the run: whoever still waits gives up.
  void record(const Step& step, Problem found) {
    if (result_.failure) return;
    result_.failure = Failure{step.place, step.source, std::move(found.message), std::move(found.events),
                              found.environment};
    stopped_.notify_all();
    for (auto& [name, members] : members_) {
      for (Member& member : members) {
        if (member.connection) member.connection->give_up();
      }
    }
  }

  awaitable<Outcome> perform(const Step&, const Parallel& parallel, Scope scope) {
    std::vector<awaitable<void>> branches;
    for (const auto& branch : parallel.branches) branches.push_back(run_steps(branch, scope));
    co_await run_all(std::move(branches));
    co_return Outcome();
  }

  awaitable<Outcome> perform(const Step&, const Repeat& repeat, Scope scope) {
    for (std::size_t round = 0; round < repeat.times && !result_.failure; ++round) {
      scope.round = round;
      co_await run_steps(repeat.steps, scope);
    }
    co_return Outcome();
  }

  awaitable<Outcome> perform(const Step&, const Sleep& sleep, Scope) {
    co_await pause_until(Clock::now() + sleep.time);
    co_return Outcome();
  }

  awaitable<void> pause_until(TimePoint end) {
    while (!result_.failure && Clock::now() < end) co_await stopped_.wait(end);
  }

  // -- measurements

  awaitable<Outcome> perform(const Step& step, const Scrape& scrape, Scope) {
    return read_metrics(scrape.into, scrape.path, deadline_of(step));
  }

  awaitable<Outcome> read_metrics(std::string into, std::string path, TimePoint deadline) {
    HttpRequest request;
    request.target = std::move(path);
    auto response = co_await request_http(url_, std::move(request), deadline);
    if (!response) co_return environment_problem(response.error());
    if (response->status != 200)
      co_return problem("the metrics answer with status " + std::to_string(response->status));
    auto samples = parse_metrics(response->body);
    if (!samples) co_return problem(samples.error().message);
    measurements_.scrapes[into] = std::move(*samples);
    co_return Outcome();
  }

  awaitable<Outcome> perform(const Step& step, const Assert& assertions, Scope scope) {
    const TimePoint deadline = deadline_of(step);
    while (true) {
      auto outcome = co_await evaluate(assertions, scope, deadline);
      if (outcome || !step.within || result_.failure || Clock::now() >= deadline) co_return outcome;
      co_await pause_until(std::min(deadline, Clock::now() + poll_interval));
    }
  }

  awaitable<Outcome> evaluate(const Assert& assertions, Scope scope, TimePoint deadline) {
    bool scraped = false;
    std::vector<std::string> failures;
    for (const std::string& written : assertions.assertions) {
      const auto resolved = text(written, scope);
      if (!resolved) co_return tl::unexpected(resolved.error());
      const auto assertion = parse_assertion(*resolved);
      if (!assertion) co_return problem(assertion.error().message);
      if (needs_scrape(*assertion) && !std::exchange(scraped, true)) {
        auto read = co_await read_metrics("", "/metrics", deadline);
        if (!read) co_return read;
      }
      if (auto failure = failure_of(*assertion, measurements_)) failures.push_back(std::move(*failure));
    }
    if (failures.empty()) co_return Outcome();
    co_return problem(join(failures));
  }

  // -- HTTP

  awaitable<Outcome> perform(const Step& step, const HttpStep& http, Scope scope) {
    auto request = resolve(http, scope);
    if (!request) co_return tl::unexpected(request.error());
    auto response = co_await request_http(url_, std::move(*request), deadline_of(step));
    if (!response) co_return environment_problem(response.error());
    const Json document = as_document(*response);
    auto checked = check(http.response, document, scope);
    if (!checked) {
      checked.error().events.push_back(one_line(document));
      co_return checked;
    }
    co_return capture(step, document, variables_);
  }

  tl::expected<HttpRequest, Problem> resolve(const HttpStep& http, const Scope& scope) const {
    HttpRequest request;
    request.method = http.method;
    Room room;
    auto path = line(http.path, "the path", scope, room);
    if (!path) return tl::unexpected(path.error());
    request.target = std::move(*path);
    auto body = text(http.body, scope);
    if (!body) return tl::unexpected(body.error());
    request.body = std::move(*body);
    auto headers = resolve(http.headers, scope);
    if (!headers) return tl::unexpected(headers.error());
    request.headers = std::move(*headers);
    return request;
  }

  static Json as_document(const HttpResponse& response) {
    Json document = {{"status", response.status}, {"headers", response.headers}, {"text", response.body}};
    Json body = Json::parse(response.body, nullptr, false);
    if (!body.is_discarded()) document["body"] = std::move(body);
    return document;
  }

  // -- the server inside this process

  awaitable<Outcome> perform(const Step&, const HoldPool&, Scope) {
    server_->server().pool().shut_gate();
    pool_held_ = true;
    co_return Outcome();
  }

  awaitable<Outcome> perform(const Step&, const ReleasePool&, Scope) {
    server_->server().pool().open_gate();
    pool_held_ = false;
    co_return Outcome();
  }

  awaitable<Outcome> perform(const Step& step, const WaitHeld& wait, Scope) {
    const auto within = step.within.value_or(default_within);
    WorkerPool& pool = server_->server().pool();
    std::function<Outcome()> work = [&pool, count = wait.count, within]() -> Outcome {
      if (pool.wait_for_held(count, within)) return {};
      return problem("the pool did not hold " + std::to_string(count) + " jobs within " + show(within));
    };
    return on_thread(std::move(work));
  }

  awaitable<Outcome> perform(const Step& step, const ServerHolds& expected, Scope) {
    const TimePoint deadline = deadline_of(step);
    std::string difference = difference_from(expected);
    while (!difference.empty() && Clock::now() < deadline && !result_.failure) {
      co_await pause_until(Clock::now() + poll_interval);
      difference = difference_from(expected);
    }
    if (difference.empty()) co_return Outcome();
    co_return problem(difference);
  }

  [[nodiscard]] std::string difference_from(const ServerHolds& expected) const {
    const Server& server = server_->server();
    const std::tuple<const char*, std::optional<std::size_t>, std::size_t> counts[] = {
        {"sessions", expected.sessions, server.session_count()},
        {"modules", expected.modules, server.modules().size()},
        {"characters", expected.characters, server.living_characters()}};
    std::vector<std::string> differences;
    for (const auto& [what, wanted, there] : counts) {
      if (!wanted || *wanted == there) continue;
      differences.push_back("the server holds " + std::to_string(there) + " " + what + " and should hold " +
                            std::to_string(*wanted));
    }
    return join(differences);
  }

  awaitable<Outcome> perform(const Step&, const ReloadDefault& reload, Scope scope) {
    // It blocks this thread, and only this thread could open the gate.
    if (pool_held_) co_return problem("release the pool before the default is reloaded");
    const auto reloaded = server_->server().reload_default();
    if (reload.outcome.fields.empty()) {
      if (!reloaded) co_return problem("reloading the default failed: " + reloaded.error().message);
      co_return Outcome();
    }
    Json outcome = {{"ok", reloaded.has_value()}};
    if (!reloaded) outcome.update({{"code", reloaded.error().code}, {"message", reloaded.error().message}});
    co_return check(reload.outcome, outcome, scope);
  }

  // -- files

  template <class FileStep>
  requires(std::same_as<FileStep, WriteFile> || std::same_as<FileStep, CopyFiles> ||
           std::same_as<FileStep, RemoveFiles>) awaitable<Outcome> perform(const Step&, const FileStep& files,
                                                                           Scope scope) {
    std::function<Outcome()> work = [this, &files, scope] { return change_files(files, scope); };
    return on_thread(std::move(work));
  }

  Outcome change_files(const WriteFile& write, const Scope& scope) const {
    const auto path = text(write.path, scope);
    if (!path) return tl::unexpected(path.error());
    const auto content = text(write.text, scope);
    if (!content) return tl::unexpected(content.error());
    return work_directory_->write(*path, *content).map_error(to_environment_problem);
  }

  Outcome change_files(const CopyFiles& copy, const Scope& scope) const {
    const auto from = text(copy.from, scope);
    if (!from) return tl::unexpected(from.error());
    const auto to = text(copy.to, scope);
    if (!to) return tl::unexpected(to.error());
    return work_directory_->copy(*from, *to).map_error(to_environment_problem);
  }

  Outcome change_files(const RemoveFiles& remove, const Scope& scope) const {
    const auto path = text(remove.path, scope);
    if (!path) return tl::unexpected(path.error());
    return work_directory_->remove(*path).map_error(to_environment_problem);
  }

  static Problem to_environment_problem(const Error& error) { return {error.message, {}, true}; }

  /// Runs what blocks beside the loop, so that other branches go on meanwhile.
  awaitable<Outcome> on_thread(std::function<Outcome()> work) {
    auto task = call(std::move(work));
    co_return co_await net::asio::co_spawn(threads_, std::move(task), net::asio::use_awaitable);
  }

  static awaitable<Outcome> call(std::function<Outcome()> work) { co_return work(); }

  // -- sessions

  awaitable<Outcome> perform(const Step& step, const SessionStep& session, Scope scope) {
    auto& members = members_.at(session.session);
    std::vector<Outcome> outcomes(members.size());
    std::vector<awaitable<void>> tasks;
    for (std::size_t i = 0; i < members.size(); ++i) {
      scope.member = &members[i];
      tasks.push_back(perform_member(step, session.action, members[i], scope, outcomes[i]));
    }
    co_await run_all(std::move(tasks));
    const auto failed = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o; });
    if (failed == outcomes.end()) co_return Outcome();
    co_return std::move(*failed);
  }

  awaitable<void> perform_member(const Step& step, const Action& action, Member& member, Scope scope,
                                 Outcome& outcome) {
    auto task = std::visit([&](const auto& what) { return act(step, what, member, scope); }, action);
    outcome = co_await std::move(task);
    if (!outcome) outcome.error().message = "session " + member.id + ": " + outcome.error().message;
  }

  awaitable<Outcome> act(const Step&, const Open& open, Member& member, Scope scope) {
    auto opened = co_await connect(member, scope);
    if (!opened) co_return environment_problem(opened.error());
    const Json agreed = {{"subprotocol", member.connection->subprotocol()}};
    co_return check(open.agreed, agreed, scope);
  }

  awaitable<Outcome> act(const Step&, const Refused& refused, Member& member, Scope scope) {
    auto opened = co_await connect(member, scope);
    if (opened) co_return problem("the server accepted the connection, which it should have refused");
    const Json error = {{"code", opened.error().code}, {"message", opened.error().message}};
    co_return check(refused.error, error, scope);
  }

  awaitable<Result<void>> connect(Member& member, Scope scope) {
    net::ConnectOptions options;
    options.subprotocol = member.spec->subprotocol;
    auto headers = resolve(member.spec->headers, scope);
    if (!headers) co_return fail("unknown_variable", headers.error().message);
    options.headers = std::move(*headers);
    if (member.connection) member.connection->vanish();
    member.connection = std::make_shared<Connection>(io_.get_executor());
    const auto connection = member.connection;
    co_return co_await connection->open("ws://" + url_.authority() + "/v1/realtime", std::move(options));
  }

  awaitable<Outcome> act(const Step& step, const Close& close, Member& member, Scope) {
    if (!member.connection) co_return not_open();
    const auto connection = member.connection;
    std::string reason = close.reason;
    co_await connection->close(close.code, std::move(reason), deadline_of(step));
    const auto ended = co_await connection->ended(deadline_of(step));
    if (!ended) co_return problem("the server did not answer the close");
    co_return Outcome();
  }

  awaitable<Outcome> act(const Step&, const Vanish&, Member& member, Scope) {
    if (!member.connection) co_return not_open();
    member.connection->vanish();
    co_return Outcome();
  }

  awaitable<Outcome> act(const Step& step, const Send& send, Member& member, Scope scope) {
    Room room;
    auto event = substitute(send.event, lookup(scope), room);
    if (!event) co_return environment_problem(event.error());
    auto payload = event->dump(-1, ' ', false, Json::error_handler_t::replace);
    co_return co_await transmit(step, member, std::move(payload), false);
  }

  awaitable<Outcome> act(const Step& step, const SendRaw& raw, Member& member, Scope scope) {
    if (raw.binary) co_return co_await transmit(step, member, raw.payload, true);
    auto payload = text(raw.payload, scope);
    if (!payload) co_return tl::unexpected(payload.error());
    co_return co_await transmit(step, member, std::move(*payload), false);
  }

  awaitable<Outcome> transmit(const Step& step, Member& member, std::string payload, bool binary) {
    if (!member.connection) co_return not_open();
    const auto connection = member.connection;
    auto sent = co_await connection->send(std::move(payload), binary, deadline_of(step));
    if (sent) co_return Outcome();
    co_await connection->ended(deadline_of(step));
    co_return problem(sent.error().message +
                      (connection->closed() ? ": " + show(*connection->closed()) : ""));
  }

  awaitable<Outcome> act(const Step& step, const Expect& expect, Member& member, Scope scope) {
    if (!member.connection) co_return not_open();
    auto pattern = bind_variables(expect.event, lookup(scope));
    if (!pattern) co_return environment_problem(pattern.error());
    const auto connection = member.connection;
    auto event = co_await connection->expect(*pattern, deadline_of(step));
    if (!event) co_return missing(step, *connection, "no event like " + describe(*pattern), *pattern);
    co_return received(step, member, *event);
  }

  awaitable<Outcome> act(const Step& step, const Next& next, Member& member, Scope scope) {
    if (!member.connection) co_return not_open();
    auto pattern = bind_variables(next.event, lookup(scope));
    if (!pattern) co_return environment_problem(pattern.error());
    const auto connection = member.connection;
    auto event = co_await connection->next(deadline_of(step));
    if (!event)
      co_return missing(step, *connection, "no event, where the next should be like " + describe(*pattern),
                        {});
    const auto missed = mismatches(*pattern, event->json);
    if (missed.empty()) co_return received(step, member, *event);
    Problem found{"the next event is another: " + join(missed), connection->events().excerpt()};
    found.events.insert(found.events.begin(), one_line(event->json));
    co_return tl::unexpected(std::move(found));
  }

  awaitable<Outcome> act(const Step&, const Absent& absent, Member& member, Scope scope) {
    if (!member.connection) co_return not_open();
    const auto pattern = bind_variables(absent.event, lookup(scope));
    if (!pattern) co_return environment_problem(pattern.error());
    const Event* event = member.connection->events().find(*pattern);
    if (event == nullptr) co_return Outcome();
    Problem found{"an event arrived that should not: " + one_line(event->json),
                  member.connection->events().excerpt()};
    co_return tl::unexpected(std::move(found));
  }

  awaitable<Outcome> act(const Step& step, const ExpectClosed& expected, Member& member, Scope scope) {
    if (!member.connection) co_return not_open();
    const auto connection = member.connection;
    const auto closed = co_await connection->ended(deadline_of(step));
    if (!closed) co_return missing(step, *connection, "the connection is still open", {});
    const Json end = {{"code", closed->code}, {"reason", closed->reason}, {"orderly", closed->orderly}};
    co_return check(expected.end, end, scope);
  }

  static Outcome not_open() { return problem("it is not open: 'open' comes first"); }

  static Outcome missing(const Step& step, const Connection& connection, std::string what,
                         const Pattern& wanted) {
    what += connection.closed() ? ": " + show(*connection.closed())
                                : " within " + show(step.within.value_or(default_within));
    const std::string nearest = connection.events().nearest_miss(wanted);
    if (!nearest.empty()) what += "; nearest: " + nearest;
    return tl::unexpected(Problem{std::move(what), connection.events().excerpt()});
  }

  Outcome received(const Step& step, Member& member, const Event& event) {
    if (!step.label.empty()) {
      measurements_.latencies[step.label].push_back(
          to_seconds(event.arrived - member.connection->asked_at(event.json)));
    }
    return capture(step, event.json, member.spec->group ? member.captured : variables_);
  }

  // ---- variables and patterns

  static Outcome capture(const Step& step, const Json& document, std::map<std::string, Json>& variables) {
    for (const auto& [name, path] : step.capture) {
      auto value = path.of(document);
      if (!value) return problem("there is no " + path.text() + " to capture in " + one_line(document));
      variables[name] = std::move(*value);
    }
    return {};
  }

  [[nodiscard]] Outcome check(const Pattern& pattern, const Json& document, const Scope& scope) const {
    const auto bound = bind_variables(pattern, lookup(scope));
    if (!bound) return environment_problem(bound.error());
    const auto missed = mismatches(*bound, document);
    if (missed.empty()) return {};
    return problem(join(missed));
  }

  /// The scope and the run must outlive it.
  [[nodiscard]] Lookup lookup(const Scope& scope) const {
    return [this, scope](std::string_view name) -> const Json* {
      const std::string key(name);
      if (key == "round" && !scope.round.is_null()) return &scope.round;
      if (scope.member != nullptr) {
        if (key == "index") return &scope.member->index;
        if (const auto found = scope.member->captured.find(key); found != scope.member->captured.end()) {
          return &found->second;
        }
      }
      const auto found = variables_.find(key);
      return found == variables_.end() ? nullptr : &found->second;
    };
  }

  [[nodiscard]] tl::expected<std::string, Problem> text(const std::string& written,
                                                        const Scope& scope) const {
    Room room;
    return text(written, scope, room);
  }

  [[nodiscard]] tl::expected<std::string, Problem> text(const std::string& written, const Scope& scope,
                                                        Room& room) const {
    return substitute_text(written, lookup(scope), room).map_error(to_environment_problem);
  }

  /// A text that is part of one line of a request.
  [[nodiscard]] tl::expected<std::string, Problem> line(const std::string& written, const std::string& what,
                                                        const Scope& scope, Room& room) const {
    auto resolved = text(written, scope, room);
    if (resolved && ends_line(*resolved)) {
      return tl::unexpected(
          Problem{what + " has a line break or a NUL in it, which came with a variable", {}, true});
    }
    return resolved;
  }

  [[nodiscard]] tl::expected<Headers, Problem> resolve(const Headers& written, const Scope& scope) const {
    Headers headers;
    Room room;
    for (const auto& [name, value] : written) {
      auto resolved = line(value, "the header '" + name + "'", scope, room);
      if (!resolved) return tl::unexpected(resolved.error());
      headers.emplace_back(name, std::move(*resolved));
    }
    return headers;
  }

  static TimePoint deadline_of(const Step& step) {
    return Clock::now() + step.within.value_or(default_within);
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  RunResult result_;
  Measurements measurements_;
  std::map<std::string, Json> variables_;
  std::optional<WorkDirectory> work_directory_;
  std::optional<InProcessServer> server_;
  bool pool_held_ = false;
  net::Url url_;
  net::asio::io_context io_{1};
  net::asio::thread_pool threads_{2};
  Condition stopped_{io_.get_executor()};
  std::map<std::string, std::vector<Member>> members_;
};

}  // namespace

RunResult run_scenario(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).execute();
}

}  // namespace unmuted::probe

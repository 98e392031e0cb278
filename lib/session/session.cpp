#include "session/session.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "conversation/prompt.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/utf8.hpp"
#include "events/encode.hpp"
#include "net/offload.hpp"

namespace unmuted {
namespace {

/// How often one looks whether a client still reads; and what it has when others are in need.
constexpr std::chrono::milliseconds reader_check{1'000};
constexpr std::size_t slowest_bytes_per_millisecond = 16;

using events::ErrorType;
using net::awaitable;
using namespace net::asio::experimental::awaitable_operators;

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

events::Error error_event(const Error& error, ErrorType type) {
  events::Error event;
  event.type = type;
  event.code = error.code;
  event.message = error.message;
  if (type == ErrorType::invalid_request_error && !error.where.empty()) event.param = error.where;
  return event;
}

/// What a load on the pool comes to: the new cast, or nothing, and the answer to the client, ready to send —
/// a large one is not put together on a network thread.
struct LoadedCast {
  CharacterSetPtr set;
  std::string answer;
  std::string error_code;
  LoadReport failed;  ///< of a load that found nothing valid
};

LoadedCast succeed(CharacterSetPtr set, std::string_view request_id) {
  events::SessionCharactersReloaded reloaded;
  reloaded.directory = set->directory();
  reloaded.characters = summaries_of(*set);
  reloaded.errors = problems_of(set->report().errors);
  reloaded.warnings = problems_of(set->report().warnings);
  std::string answer = events::encode(reloaded, request_id);
  return {std::move(set), std::move(answer), {}, {}};
}

LoadedCast refuse(ReloadFailure failure, std::string_view request_id) {
  events::Error event = error_event(failure.error, ErrorType::server_error);
  if (failure.error.code == "no_valid_characters") {
    event.details = events::details_of(problems_of(failure.report.errors));
  }
  return {nullptr, events::encode(event, request_id), failure.error.code, std::move(failure.report)};
}

/// Says `asked` where the message names a directory of the server's: what a client did not know already is no
/// business of one on another machine.
ReloadFailure without_path(ReloadFailure failure, const std::string& asked) {
  const std::string path = failure.error.where;
  const std::size_t at = path.empty() ? std::string::npos : failure.error.message.find(path);
  if (at != std::string::npos) failure.error.message.replace(at, path.size(), printable(asked));
  return failure;
}

LoadedCast refuse_busy(std::string_view request_id) {
  const Error error{"service_at_capacity", "The server is too busy to load a directory; try again", ""};
  return refuse({error, {}}, request_id);
}

LoadedCast refuse_slow(const std::string& directory, std::string_view request_id) {
  const Error error{"character_reload_failed",
                    "Loading " + shorten(printable(directory), 300) +
                        " took too long and was given up: many load at a time, or its file system hangs",
                    ""};
  return refuse({error, {}}, request_id);
}

LoadedCast refuse_unexpected(const std::string& directory, std::string_view why,
                             std::string_view request_id) {
  const Error error{"character_reload_failed",
                    "Loading " + shorten(printable(directory), 300) + " failed: " + printable(why), ""};
  return refuse({error, {}}, request_id);
}

}  // namespace

void count_cast_load(Metrics& metrics, const LoadReport& report) {
  if (report.duration.count() == 0) return;  // nothing was read
  metrics.characters_loaded_count.Increment(static_cast<double>(report.loaded));
  metrics.character_load_duration.Observe(std::chrono::duration<double>(report.duration).count());
  for (const auto& error : report.errors) metrics.count_load_error(metric_error_type(error.code));
}

Session::Session(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
                 std::string id, CharacterSetPtr cast, Peer peer)
    : environment_(environment),
      peer_(peer),
      characters_(std::move(id), cast ? std::move(cast) : environment.default_cast.get()),
      series_(environment.metrics, characters_.session_id()),
      outbox_(environment.outbox_bytes, environment.unread_events),
      outbox_changed_(executor),
      reader_watch_(executor),
      page_waits_(executor),
      input_waits_(executor),
      work_(executor),
      idle_(executor),
      loads_(environment.pool, WorkerPool::Lane::loads),
      scripts_(environment.pool, WorkerPool::Lane::scripts),
      dialogue_(executor, environment, scripts_, characters_, *this) {
  series_.set_character_count(characters_.set().characters().size());
}

Session::~Session() {
  end();
}

// --- what arrives ---------------------------------------------------------------------------------------

void Session::receive(std::string_view text, std::size_t pieces) {
  if (ended_) return;
  active_at_ = Clock::now();
  count_input(text.size(), pieces);
  auto message = events::parse(text);
  if (!message) return enqueue(std::move(message.error()));
  const auto& event = message->event;
  // Audio never waits behind control events; without speech recognition nobody listens to it.
  if (std::holds_alternative<events::InputAudioBufferAppend>(event)) return;
  if (std::holds_alternative<events::AdditionalOutputs>(event)) return;
  if (std::holds_alternative<events::ResponseCancel>(event))
    return dialogue_.cancel_requested(message->event_id);
  enqueue(std::move(*message));
}

void Session::receive_binary(std::size_t size, std::size_t pieces) {
  if (ended_) return;
  count_input(size, pieces);
  events::ParseFailure failure;
  failure.code = events::binary_frame;
  failure.message = "Events are text frames; this was a binary one";
  enqueue(std::move(failure));
}

void Session::enqueue(ControlEvent event) {
  if (waiting_.size() >= environment_.max_waiting_events) {
    const auto id_of = [](const auto& e) -> std::string_view { return e.event_id; };
    const Error error{"too_many_requests",
                      "More than " + std::to_string(environment_.max_waiting_events) +
                          " events are waiting; send the next ones when answers have arrived",
                      ""};
    return send_error(error, std::visit(id_of, event), ErrorType::invalid_request_error);
  }
  waiting_.push_back(std::move(event));
  work_.notify();
}

void Session::count_input(std::size_t bytes, std::size_t pieces) {
  if (!input_budget_.spend(bytes, pieces, Clock::now())) return;
  const Error warning{
      "input_too_fast",
      "More than 1 MiB a second has come from this client; it is read more slowly from here on", ""};
  send_error(warning, {}, ErrorType::warning);
}

awaitable<void> Session::input_wanted() {
  co_await room();
  while (!ended_ && Clock::now() < input_budget_.ready_at())
    co_await input_waits_.wait_until(input_budget_.ready_at());
}

awaitable<void> Session::room() {
  while (outbox_.full() && !ended_) co_await outbox_changed_.wait();
}

// --- what is done about it ------------------------------------------------------------------------------

awaitable<void> Session::execute() {
  co_await (to_the_end(execute_control()) && to_the_end(dialogue_.run_model()) &&
            to_the_end(dialogue_.run_tools()) && to_the_end(dialogue_.run_speaker()));
  if (bug_) std::rethrow_exception(bug_);
}

/// Runs one of the tasks. One that throws ends the session, so that the others return and nothing is
/// cancelled.
awaitable<void> Session::to_the_end(awaitable<void> task) {
  try {
    co_await std::move(task);
  } catch (...) {
    if (!bug_) bug_ = std::current_exception();
    close({1011, "internal error"});
  }
}

awaitable<void> Session::execute_control() {
  while (!ended_) {
    if (outbox_.full()) {
      co_await outbox_changed_.wait();
    } else if (waiting_.empty()) {
      co_await work_.wait();
    } else {
      ControlEvent event = std::move(waiting_.front());
      waiting_.pop_front();
      executing_ = true;
      co_await handle(std::move(event));
      executing_ = false;
    }
  }
}

awaitable<void> Session::handle(ControlEvent event) {
  if (auto* failure = std::get_if<events::ParseFailure>(&event)) {
    const std::string request_id = failure->event_id;
    send(events::to_error(std::move(*failure)), request_id);
    co_return;
  }
  auto& message = std::get<events::ClientMessage>(event);
  std::string request_id = std::move(message.event_id);
  if (auto* update = std::get_if<events::SessionUpdate>(&message.event)) {
    co_await handle(std::move(*update), std::move(request_id));
  } else if (auto* reload = std::get_if<events::SessionCharactersReload>(&message.event)) {
    co_await handle(std::move(*reload), std::move(request_id));
  } else if (std::holds_alternative<events::SessionCharactersList>(message.event)) {
    list_characters(request_id);
  } else if (auto* item = std::get_if<events::ConversationItemCreate>(&message.event)) {
    dialogue_.user_wrote(std::move(item->text), request_id);
  } else {
    dialogue_.reply_requested(request_id);
  }
}

awaitable<void> Session::handle(events::SessionUpdate update, std::string request_id) {
  const auto published_before = [this](const Character& character, std::string_view text) {
    return environment_.default_cast.published_before(character.name, text);
  };
  auto change = select(characters_.set(), selection_, update, published_before);
  if (!change) {
    send_error(change.error(), request_id, ErrorType::invalid_request_error);
    co_return;
  }
  std::optional<Role> role;
  if (change->restart) {
    role = co_await start_character(change->selection, request_id);
    if (!role) co_return;
  }
  for (const Error& warning : change->warnings) send_error(warning, request_id, ErrorType::warning);
  if (update.context && !role) dialogue_.set_context(*update.context);
  selection_ = std::move(change->selection);
  events::SessionUpdated updated;
  updated.id = id();
  updated.allow_recording = selection_.allow_recording;
  if (selection_.character) {
    updated.voice = selection_.character->voice.path_on_server;
    if (!selection_.ad_hoc) updated.character = selection_.character->name;
  }
  send(updated, request_id);
  if (role) dialogue_.begin(std::move(*role));
}

/// Makes the script of the character that was selected and asks it for its prompt; nothing, and an error
/// told, when it fails: then all is as it was. Otherwise the conversation before has ended.
awaitable<std::optional<Role>> Session::start_character(Selection selection, std::string request_id) {
  InstanceOptions options;
  options.module_name = characters_.module_name(*selection.character);
  options.seed = environment_.script_seed.value_or(random_seed());
  options.limits = environment_.loader.script_limits();
  options.budget = environment_.loader.budget();
  options.registry = environment_.modules;
  options.base_prompt = standard_prompt;
  options.log = script_log();
  options.instructions_override = selection.text;
  CallContext context;
  context.now = std::chrono::system_clock::now();
  context.llm_name = environment_.llm_name;
  context.timezone = environment_.timezone;
  context.default_instructions = default_instructions(selection.character->instructions.language);
  context.context = selection.context;

  struct Started {
    ScriptInstancePtr instance;
    std::string prompt;
  };
  using Outcome = tl::expected<Started, Diagnostic>;
  auto job = [character = selection.character, options, context]() mutable -> Outcome {
    auto instance = ScriptInstance::create(std::move(character), std::move(options));
    if (!instance) return tl::unexpected(instance.error());
    auto prompt = (*instance)->system_prompt(context);
    if (!prompt) return tl::unexpected(prompt.error());
    return Started{std::move(*instance), std::move(*prompt)};
  };
  std::optional<Outcome> outcome = co_await net::offload(scripts_, pool_call_, std::move(job));
  if (ended_) co_return std::nullopt;
  if (!outcome) {
    send_error({"service_at_capacity", "The server is too busy to start a character; try again", ""},
               request_id, ErrorType::server_error);
    co_return std::nullopt;
  }
  if (!*outcome) {
    const Error error = character_failure(*selection.character, outcome->error());
    environment_.log->warn("session {} character_failed message={}", id(), printable(error.message));
    send_error(error, request_id, ErrorType::server_error);
    co_return std::nullopt;
  }
  Started& started = **outcome;
  dialogue_.end();
  dialogue_.let_go_of_script(characters_.activate(std::move(started.instance)));
  co_return Role{std::move(options), std::move(context), std::move(started.prompt),
                 selection.character->voice.path_on_server, selection.ad_hoc};
}

awaitable<void> Session::handle(events::SessionCharactersReload reload, std::string request_id) {
  const TimePoint started = Clock::now();
  const CharacterSetPtr default_set = environment_.default_cast.get();
  const std::string directory = reload.directory == "default" ? default_set->directory() : reload.directory;
  const DirectoryPolicy& policy = peer_.local ? environment_.policy : environment_.remote_policy;
  load_ = std::stop_source();
  auto job = [&environment = environment_, &policy, directory, request_id, default_set, local = peer_.local,
              asked = reload.directory, stop = load_.get_token()]() -> LoadedCast {
    try {
      auto set = load_cast(environment.loader, policy, directory, default_set->directory(), stop);
      if (set) return succeed(std::move(*set), request_id);
      return refuse(local ? std::move(set.error()) : without_path(std::move(set.error()), asked), request_id);
    } catch (const std::exception& bug) {
      return refuse_unexpected(local ? directory : asked, bug.what(), request_id);
    }
  };
  const TimePoint deadline = started + environment_.load_patience;
  std::optional<LoadedCast> loaded = co_await net::offload(loads_, pool_call_, std::move(job), deadline);
  if (ended_) co_return;
  if (!loaded) {
    load_.request_stop();
    loaded = Clock::now() < deadline ? refuse_busy(request_id)
                                     : refuse_slow(peer_.local ? directory : reload.directory, request_id);
  }
  if (!loaded->set) {
    count_cast_load(environment_.metrics, loaded->failed);
    environment_.log->info("session {} reload_failed directory={} code={}", id(), printable(directory),
                           loaded->error_code);
    push(std::move(loaded->answer));
    co_return;
  }
  const LoadReport& report = loaded->set->report();
  count_cast_load(environment_.metrics, report);
  series_.add_loaded(report.loaded);
  environment_.log->info("session {} reloaded directory={} characters={} errors={}", id(),
                         printable(loaded->set->directory()), report.loaded, report.errors.size());
  adopt(std::move(loaded->set));
  environment_.metrics.reload_duration.Observe(to_seconds(Clock::now() - started));
  push(std::move(loaded->answer));
}

/// The new cast takes the place of the old one; nothing of the old conversation goes on. What the client said
/// about the session itself — recording, context — stays.
void Session::adopt(CharacterSetPtr set) {
  dialogue_.end();
  dialogue_.let_go_of_script(characters_.deactivate());
  environment_.pool.let_go(characters_.adopt(std::move(set)));
  series_.set_character_count(characters_.set().characters().size());
  selection_.character = nullptr;
  selection_.text.reset();
  selection_.ad_hoc = false;
}

void Session::list_characters(std::string_view request_id) {
  events::SessionCharactersListed listed;
  listed.directory = characters_.current_directory();
  listed.characters = summaries_of(characters_.set());
  if (selection_.character && !selection_.ad_hoc) listed.active = selection_.character->name;
  send(listed, request_id);
}

std::function<void(std::string_view)> Session::script_log() const {
  if (!environment_.script_log) return {};
  // Runs on the pool and may outlive the session: it owns all it needs.
  return [log = environment_.log, id = id(), limit = script_log_](std::string_view bytes) {
    std::unique_lock lock(limit->mutex);
    const std::optional<std::string> line = limit->log.accept(bytes, Clock::now());
    lock.unlock();
    if (line) log->info("session {} script {}", id, *line);
  };
}

// --- what is said ---------------------------------------------------------------------------------------

void Session::send(const events::ServerEvent& event, std::string_view request_id) {
  const bool word = std::holds_alternative<events::ResponseTextDeltaReady>(event) ||
                    std::holds_alternative<events::ResponseTextDelta>(event);
  push(events::encode(event, request_id), word);
}

void Session::send_error(const Error& error, std::string_view request_id, ErrorType type) {
  send(error_event(error, type), request_id);
}

void Session::push(std::string frame, bool word) {
  active_at_ = Clock::now();
  const Outbox::Pushed pushed = outbox_.push(std::move(frame), word);
  outbox_changed_.notify();
  if (pushed == Outbox::Pushed::full) reader_watch_.notify();
}

awaitable<Outbox::Frame> Session::next_frame() {
  sending_since_.reset();
  const bool was_full = outbox_.full();
  outbox_.sent();
  if (was_full && !outbox_.full()) outbox_changed_.notify();
  while (true) {
    const bool paced = peer_.browser && outbox_.word_is_next();
    const auto due = paced ? page_pace_.due(Clock::now()) : std::nullopt;
    if (due) {
      co_await page_waits_.wait_until(*due);
      continue;
    }
    if (auto frame = outbox_.pop()) {
      const TimePoint now = Clock::now();
      if (paced) page_pace_.sent(now);
      sending_since_ = now;
      outbox_changed_.notify();
      reader_watch_.notify();
      co_return std::move(*frame);
    }
    co_await outbox_changed_.wait();
  }
}

awaitable<void> Session::watch_slow_reader() {
  std::optional<TimePoint> full_since;
  while (!ended_) {
    const TimePoint now = Clock::now();
    if (!outbox_.full()) full_since.reset();
    if (outbox_.full() && !full_since) full_since = now;
    if (full_since && now >= *full_since + environment_.slow_reader) co_return;
    if (sending_since_ && now >= *sending_since_ + patience_with_reader()) co_return;
    if (!full_since && !sending_since_) {
      co_await reader_watch_.wait();
    } else {
      co_await reader_watch_.wait_until(now + std::min(environment_.slow_reader, reader_check));
    }
  }
}

/// How long one frame may be under way: as long as a bad connection needs for it. Whoever holds what others
/// need has less.
Duration Session::patience_with_reader() const {
  if (environment_.unread_events && environment_.unread_events->is_tight()) return reader_check;
  const std::chrono::milliseconds to_send(outbox_.under_way() / slowest_bytes_per_millisecond);
  return environment_.slow_reader + to_send;
}

void Session::give_up_on_reader() {
  environment_.log->warn("session {} slow_reader waiting_bytes={}", id(),
                         outbox_.bytes() + outbox_.under_way());
  outbox_.discard_and_close({1008, "slow reader: you did not read what you were sent"});
  end();
}

awaitable<void> Session::watch_idle() {
  while (!ended_) {
    const TimePoint now = Clock::now();
    if (executing_ || dialogue_.replying()) active_at_ = now;
    const bool limited = environment_.idle_timeout.count() > 0;
    const TimePoint deadline = limited ? active_at_ + environment_.idle_timeout : TimePoint::max();
    if (now >= deadline) co_return;
    co_await idle_.wait_until(deadline);
  }
}

void Session::close(CloseFrame frame) {
  outbox_.close(std::move(frame));
  end();
}

void Session::close_after_reply(CloseFrame frame) {
  if (!dialogue_.replying()) return close(std::move(frame));
  close_after_reply_ = std::move(frame);
}

void Session::reply_ended() {
  if (close_after_reply_) close(std::move(*close_after_reply_));
}

void Session::end_reply_and_close(CloseFrame frame) {
  if (ended_) return;
  close_after_reply_.reset();
  dialogue_.end();
  close(std::move(frame));
}

void Session::end() {
  if (ended_) return;
  ended_ = true;
  load_.request_stop();
  waiting_.clear();
  pool_call_.abandon();
  dialogue_.shut_down();
  environment_.pool.let_go(characters_.deactivate());
  if (!outbox_.closed()) outbox_.discard_and_close({1001, "the session has ended"});
  work_.notify();
  outbox_changed_.notify();
  reader_watch_.notify();
  page_waits_.notify();
  idle_.notify();
  input_waits_.notify();
}

}  // namespace unmuted

#include "session/session.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "core/utf8.hpp"

namespace unmuted {

using events::Failure;
using net::awaitable;
using namespace net::asio::experimental::awaitable_operators;

Session::Session(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
                 std::shared_ptr<events::Dialect> dialect, std::string id, CharacterSetPtr cast, Peer peer)
    : environment_(environment),
      peer_(peer),
      characters_(std::move(id), cast ? std::move(cast) : environment.default_cast.get()),
      series_(environment.metrics, characters_.session_id()),
      work_(executor),
      input_waits_(executor),
      idle_(executor),
      loads_(environment.pool, WorkerPool::Lane::loads),
      scripts_(environment.pool, WorkerPool::Lane::scripts),
      casts_(environment),
      recorder_(environment.recordings, dialect, characters_.session_id()),
      output_(executor, environment, peer, std::move(dialect), &recorder_),
      stage_(environment, scripts_, characters_),
      dialogue_(executor, environment, scripts_, stage_, output_, recorder_,
                [this](CloseFrame frame) { close(std::move(frame)); }) {
  series_.set_character_count(characters_.set().characters().size());
}

Session::~Session() {
  end();
}

// --- what arrives ---------------------------------------------------------------------------------------

void Session::receive(std::string_view text, std::size_t pieces) {
  if (ended_) return;
  count_input(text.size(), pieces);
  Read read = output_.dialect()->read(text);
  if (read) recorder_.client_said(text, read->request);
  take(std::move(read));
}

void Session::receive_binary(std::string_view bytes, std::size_t pieces) {
  if (ended_) return;
  count_input(bytes.size(), pieces);
  take(output_.dialect()->read_binary(bytes));
}

void Session::take(Read read) {
  if (read) return ask(std::move(*read));
  heard_at_ = Clock::now();
  enqueue(std::move(read));
}

/// Some requests do not wait: sound is heard as it comes, and who cancels means what is said now.
void Session::ask(events::ClientRequest request) {
  if (ended_) return;
  heard_at_ = Clock::now();
  recorder_.heed(request.request);
  if (const auto* append = std::get_if<events::AppendAudio>(&request.request))
    return dialogue_.sound_arrived(append->audio);
  if (std::holds_alternative<events::Ignored>(request.request)) return;
  if (std::holds_alternative<events::CancelReply>(request.request))
    return dialogue_.cancel_requested(request.id);
  enqueue(std::move(request));
}

void Session::enqueue(Read read) {
  if (waiting_.size() >= environment_.max_waiting_events) {
    const Failure failure{Failure::Kind::invalid_request, "too_many_requests",
                          "More than " + std::to_string(environment_.max_waiting_events) +
                              " events are waiting; send the next ones when answers have arrived"};
    return output_.tell(failure, read ? read->id : read.error().request_id);
  }
  waiting_.push_back(std::move(read));
  work_.notify();
}

void Session::count_input(std::size_t bytes, std::size_t pieces) {
  if (!input_budget_.spend(bytes, pieces, Clock::now())) return;
  output_.tell(
      Failure{Failure::Kind::warning, "input_too_fast",
              "More than 1 MiB a second has come from this client; it is read more slowly from here on"});
}

awaitable<void> Session::input_wanted() {
  co_await output_.room();
  while (!ended_ && Clock::now() < input_budget_.ready_at())
    co_await input_waits_.wait_until(input_budget_.ready_at());
}

// --- what is done about it ------------------------------------------------------------------------------

awaitable<void> Session::execute() {
  co_await (to_the_end(execute_requests()) && to_the_end(dialogue_.run_answers()) &&
            to_the_end(dialogue_.run_tools()) && to_the_end(dialogue_.run_speaker()) &&
            to_the_end(dialogue_.run_voice()) && to_the_end(dialogue_.run_listener()) &&
            to_the_end(dialogue_.run_hearing()));
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

awaitable<void> Session::execute_requests() {
  while (!ended_) {
    if (output_.full()) {
      co_await output_.room();
    } else if (waiting_.empty()) {
      co_await work_.wait();
    } else {
      Read next = std::move(waiting_.front());
      waiting_.pop_front();
      executing_ = true;
      co_await handle(std::move(next));
      executing_ = false;
    }
  }
}

awaitable<void> Session::handle(Read read) {
  if (!read) {
    const std::string answers = read.error().request_id;
    output_.tell(events::failure_of(std::move(read.error())), answers);
    co_return;
  }
  std::string answers = std::move(read->id);
  events::Request& request = read->request;
  if (auto* wanted = std::get_if<events::Configure>(&request)) {
    co_await configure(std::move(*wanted), std::move(answers));
  } else if (auto* cast = std::get_if<events::LoadCast>(&request)) {
    co_await load_cast(std::move(*cast), std::move(answers));
  } else if (std::holds_alternative<events::ListCast>(request)) {
    list_cast(answers);
  } else if (auto* message = std::get_if<events::AddUserMessage>(&request)) {
    dialogue_.user_wrote(std::move(message->text), answers);
  } else {
    dialogue_.reply_requested(answers);
  }
}

awaitable<void> Session::configure(events::Configure wanted, std::string answers) {
  const auto published_before = [this](const Character& character, std::string_view text) {
    return environment_.default_cast.published_before(character.name, text);
  };
  auto change = select(characters_.set(), selection_, wanted, published_before);
  if (!change) co_return tell_error(change.error(), answers, Failure::Kind::invalid_request);
  std::optional<LeftConversation> left;
  if (change->restart) {
    if (wanted.resume) left = left_.take(change->selection);
    if (!left) {
      auto entrance = co_await stage_.prepare(change->selection);
      if (ended_) co_return;
      if (!entrance) {
        environment_.log->warn("session {} {} message={}", id(), entrance.error().code,
                               printable(entrance.error().message));
        tell_error(entrance.error(), answers, Failure::Kind::server_error);
        co_return;
      }
      leave_conversation();
      if (auto former = left_.take(change->selection)) stage_.dismiss(std::move(former->entrance));
      stage_.enter(std::move(*entrance));
    } else {
      leave_conversation();
      stage_.enter(std::move(left->entrance));
      stage_.set_context(change->selection.context);
    }
  } else if (wanted.context) {
    stage_.set_context(*wanted.context);
  }
  for (const Error& warning : change->warnings) tell_error(warning, answers, Failure::Kind::warning);
  selection_ = std::move(change->selection);
  output_.tell(selection_.told(id(), recorder_.allowed()), answers);
  if (change->restart) dialogue_.begin(left ? std::move(left->history) : History());
}

awaitable<void> Session::load_cast(events::LoadCast wanted, std::string answers) {
  CastRequest request{id(),   peer_,   std::move(wanted.directory), output_.dialect(), std::move(answers),
                      loads_, loading_};
  std::optional<CastAnswer> answer = co_await casts_.load(std::move(request));
  if (!answer || ended_) co_return;
  if (answer->set) adopt(std::move(answer->set));
  output_.send(std::move(answer->frames));
}

/// The client may come back to it, unless scripts take much of the memory that there is for all.
void Session::leave_conversation() {
  std::optional<History> history = dialogue_.end();
  std::optional<Stage::Entrance> entrance = stage_.leave();
  if (!entrance) return;
  const MemoryBudget& memory = *environment_.loader.budget();
  if (!history || memory.used() > memory.total() / 2) {
    forget_left_conversations();
    return stage_.dismiss(std::move(*entrance));
  }
  auto gone = left_.keep({selection_, std::move(*entrance), std::move(*history)});
  if (gone) stage_.dismiss(std::move(gone->entrance));
}

void Session::forget_left_conversations() {
  for (LeftConversation& left : left_.take_all()) stage_.dismiss(std::move(left.entrance));
}

/// The new cast takes the place of the old one; nothing of the old conversation goes on.
void Session::adopt(CharacterSetPtr set) {
  series_.add_loaded(set->report().loaded);
  dialogue_.end();
  forget_left_conversations();
  stage_.adopt(std::move(set));
  series_.set_character_count(characters_.set().characters().size());
  selection_.forget_character();
}

void Session::list_cast(std::string_view answers) {
  events::CastListed listed = listing_of(characters_.set());
  listed.active = selection_.name();
  output_.tell(listed, answers);
}

void Session::tell_error(const Error& error, std::string_view answers, Failure::Kind kind) {
  output_.tell(events::failure_of(error, kind), answers);
}

// --- the end --------------------------------------------------------------------------------------------

awaitable<void> Session::watch_idle() {
  while (!ended_) {
    const TimePoint now = Clock::now();
    if (executing_ || dialogue_.replying()) heard_at_ = now;
    const bool limited = environment_.idle_timeout.count() > 0;
    const TimePoint active_at = std::max(heard_at_, output_.spoke_at());
    const TimePoint deadline = limited ? active_at + environment_.idle_timeout : TimePoint::max();
    if (now >= deadline) co_return;
    co_await idle_.wait_until(deadline);
  }
}

void Session::close(CloseFrame frame) {
  output_.close(std::move(frame));
  end();
}

void Session::end_reply_and_close(CloseFrame frame) {
  if (!ended_) dialogue_.end_and_close(std::move(frame));
}

void Session::give_up_on_reader() {
  environment_.log->warn("session {} slow_reader waiting_bytes={}", id(), output_.waiting_bytes());
  output_.discard_and_close({1008, "slow reader: you did not read what you were sent"});
  end();
}

void Session::end() {
  if (ended_) return;
  ended_ = true;
  waiting_.clear();
  loading_.abandon();
  dialogue_.shut_down();
  stage_.clear();
  forget_left_conversations();
  if (!output_.closed()) output_.discard_and_close({1001, "the session has ended"});
  recorder_.end();
  work_.notify();
  idle_.notify();
  input_waits_.notify();
}

}  // namespace unmuted

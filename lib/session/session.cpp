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

namespace {

/// Whether it says what becomes of sound that comes behind it. Who selects a character first is not heard
/// before.
bool waits_for(const events::Request& request) {
  const auto* configure = std::get_if<events::Configure>(&request);
  return (configure != nullptr && configure->stand_in) ||
         std::holds_alternative<events::EndUserTurn>(request) ||
         std::holds_alternative<events::DropUserSound>(request);
}

}  // namespace

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
  output_.tell(events::SessionBegan{this->id()});
  if (auto opening = output_.dialect()->opening()) ask({{}, std::move(*opening)});
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
  if (std::holds_alternative<events::AppendAudio>(request.request)) return hear(std::move(request));
  if (std::holds_alternative<events::Ignored>(request.request)) return;
  if (std::holds_alternative<events::CancelReply>(request.request))
    return dialogue_.cancel_requested(request.id);
  enqueue(std::move(request));
}

/// What was asked for before it and says what becomes of sound, it does not overtake.
void Session::hear(events::ClientRequest sound) {
  constexpr std::size_t most = 2'048, most_bytes = 1U << 20U;
  const auto& append = std::get<events::AppendAudio>(sound.request);
  const bool waits = sound_waits_for_ > 0 || waiting_sounds_ > 0;
  const bool fits = waiting_sounds_ < most && waiting_sound_bytes_ + append.audio.size() <= most_bytes;
  if (!waits || !fits) return dialogue_.sound_arrived(append);
  waiting_sound_bytes_ += append.audio.size();
  ++waiting_sounds_;
  waiting_.push_back(std::move(sound));
  work_.notify();
}

/// It does not wait any more.
void Session::began(const Read& next) {
  const auto* append = next ? std::get_if<events::AppendAudio>(&next->request) : nullptr;
  if (append == nullptr) return;
  waiting_sound_bytes_ -= append->audio.size();
  --waiting_sounds_;
}

void Session::enqueue(Read read) {
  if (waiting_.size() - waiting_sounds_ >= environment_.max_waiting_events) {
    const Failure failure{Failure::Kind::invalid_request, "too_many_requests",
                          "More than " + std::to_string(environment_.max_waiting_events) +
                              " events are waiting; send the next ones when answers have arrived"};
    return output_.tell(failure, read ? read->id : read.error().request_id);
  }
  if (read && waits_for(read->request)) ++sound_waits_for_;
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
      began(next);
      const bool sound_waits = next && waits_for(next->request);
      executing_ = true;
      co_await handle(std::move(next));
      executing_ = false;
      if (sound_waits) --sound_waits_for_;
    }
  }
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
  waiting_sounds_ = 0;
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

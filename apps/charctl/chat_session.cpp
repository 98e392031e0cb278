#include "chat_session.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/overloaded.hpp"
#include "core/unicode.hpp"
#include "events/fields.hpp"
#include "events/user_text.hpp"

namespace unmuted::charctl {

namespace asio = net::asio;
using net::awaitable;

namespace {

constexpr std::chrono::seconds second_interrupt{2};  ///< a second Ctrl-C within this time leaves

/// What is typed may be any bytes; what is asked for is UTF-8.
std::string utf8(const std::string& typed) {
  return nlohmann::json::parse(write_json(typed)).get<std::string>();
}

}  // namespace

ChatSession::ChatSession(ChatHost& host, ChatScreen& screen, std::string directory, std::string name,
                         bool interactive, std::unique_ptr<ChatVoice> voice)
    : io_(host.io),
      session_(io_.get_executor(), host.host.environment, dialect_, new_session_id()),
      screen_(screen),
      input_(io_.get_executor()),
      interrupts_(io_, SIGINT, SIGTERM, SIGHUP),
      changed_(io_.get_executor()),
      directory_(std::move(directory)),
      name_(std::move(name)),
      interactive_(interactive),
      voice_(std::move(voice)) {}

int ChatSession::run() {
  start(session_.execute());
  start(hear_session());
  start(hear_user());
  start(hear_interrupts());
  if (voice_) {
    start(voice_->run_output());
    start(voice_->run_input([this](events::AppendAudio audio) { ask(std::move(audio)); }));
  }
  io_.run();
  if (bug_) std::rethrow_exception(bug_);
  return exit_code_;
}

void ChatSession::start(awaitable<void> task) {
  ++running_;
  auto ended = [this](const std::exception_ptr& bug) {
    if (bug) {
      bug_ = bug;
      leave(Exit::usage);
    }
    if (--running_ == 0) io_.stop();  // idle connections are nothing to wait for
  };
  asio::co_spawn(io_, std::move(task), ended);
}

/// All the tasks return.
void ChatSession::leave(int exit_code) {
  if (left_) return;
  left_ = true;
  exit_code_ = exit_code == Exit::fine && voice_ && voice_->failed() ? Exit::usage : exit_code;
  session_.end();
  if (voice_) voice_->shut_down();
  input_.close();
  interrupts_.cancel();
  changed_.notify();
}

// ---- what the session says ----------------------------------------------------------------------------

awaitable<void> ChatSession::hear_session() {
  while (!left_) {
    const Outbox::Frame frame = co_await session_.next_frame();
    if (left_) break;
    if (const auto* close = std::get_if<CloseFrame>(&frame)) {
      if (voice_) co_await voice_->all_heard();
      closed(*close);
    } else {
      hear(dialect_->take(std::get<std::string>(frame)));
      changed_.notify();
      if (!ChatScreen::can_write()) give_up_writing();
    }
  }
}

void ChatSession::closed(const CloseFrame& close) {
  if (close.code == 1000) return leave(Exit::fine);
  screen_.complain("the session was closed: " + close.reason);
  leave(Exit::findings);
}

void ChatSession::give_up_writing() {
  screen_.complain("cannot write to stdout");
  leave(Exit::usage);
}

void ChatSession::hear(const ChatDialect::Told& told) {
  if (!told.answers.empty()) {  // only fences have an id
    passed_fence_ = told.answers;
    return;
  }
  const Overloaded notes{
      [&](const events::ReplyStarted&) {
        replying_ = true;
        answer_due_ = false;
      },
      [&](const events::ReplyEnded& reply) {
        replying_ = false;
        history_ = reply.history;
      },
      [&](const events::Configured& session) {
        name_ = session.character.value_or(name_);
        active_ = true;
        screen_.set_speaker(name_);
      },
      [&](const events::CastLoaded& cast) { loaded_ = cast; },
      [](const auto&) {},
  };
  std::visit(notes, told.notice);
  screen_.show(told.notice);
  if (voice_) voice_->hear(told.notice);
  const bool reply_ended = std::holds_alternative<events::ReplyEnded>(told.notice);
  if (reply_ended && talks_over() && !answer_due_) screen_.prompt();
}

// ---- what the user types ------------------------------------------------------------------------------

awaitable<void> ChatSession::hear_user() {
  select(name_);
  co_await settled();
  if (!active_) leave(Exit::findings);
  while (!left_) {
    if (!(talks_over() && replying_)) screen_.prompt();
    const std::optional<std::string> line = co_await input_.next();
    if (left_) break;
    if (!line) {
      co_await no_more_lines();
      leave(Exit::fine);
      break;
    }
    if (interactive_) screen_.typed();
    auto command = parse_chat_command(*line);
    if (!command) continue;
    std::visit([this](auto& one) { obey(std::move(one)); }, *command);
    co_await settled();
    if (loaded_) {
      go_on_after_reload();
      co_await settled();
    }
  }
}

/// What is still to be said and heard, where nobody waits to leave.
awaitable<void> ChatSession::no_more_lines() {
  if (interactive_) {
    screen_.typed();
    screen_.print("\n");
  } else if (voice_) {
    co_await voice_->all_said();
    co_await settled();
    co_await voice_->all_heard();
  }
}

void ChatSession::obey(Say say) {
  if (!active_) return screen_.complain("nobody is here to hear that: /select NAME, or /characters");
  events::AddUserMessage message{utf8(say.text)};
  events::Faults faults;
  events::check_user_text(message.text, "item.content[0].text", faults);
  if (!faults.empty()) return screen_.complain(std::move(faults).to_refusal({}, "invalid_text").message);
  ask(std::move(message));
  ask(events::StartReply{});
  answer_due_ = true;
}

void ChatSession::obey(ShowHelp) {
  screen_.print(chat_help());
}

void ChatSession::obey(ListCharacters) {
  ask(events::ListCast{});
}

void ChatSession::obey(Reload reload) {
  std::string directory = directory_;
  if (!reload.directory.empty()) directory = std::filesystem::absolute(reload.directory).string();
  ask(events::LoadCast{utf8(directory)});
}

void ChatSession::obey(Select wanted) {
  select(wanted.name);
}

void ChatSession::obey(ShowHistory) {
  screen_.show_history(history_);
}

void ChatSession::obey(Quit) {
  leave(Exit::fine);
}

void ChatSession::obey(Misunderstood line) {
  screen_.complain(line.why);
}

void ChatSession::select(const std::string& name) {
  events::Configure wanted;
  wanted.voice = utf8(name);
  ask(std::move(wanted));
}

/// The conversation has ended with the old cast: it begins anew with the new character of the same name.
void ChatSession::go_on_after_reload() {
  const events::CastLoaded loaded = std::move(*loaded_);
  loaded_.reset();
  directory_ = loaded.directory;
  history_.clear();
  active_ = false;
  for (const events::CharacterSummary& character : loaded.characters) {
    if (nfc(character.name) == nfc(name_)) return select(character.name);
  }
  screen_.complain("there is no '" + name_ + "' in this cast: /select NAME, or /characters");
}

void ChatSession::ask(events::Request request) {
  session_.ask({.request = std::move(request)});
}

/// Waits until all that was sent has been answered, and no reply is under way – unless the user may talk over
/// it. Answers come in order, so that the one to this last question stands behind all others.
awaitable<void> ChatSession::settled() {
  const std::string fence = std::to_string(++fences_);
  session_.ask({.id = fence, .request = events::ListCast{}});
  while (!left_ && (passed_fence_ != fence || (replying_ && !talks_over()))) co_await changed_.wait();
}

// ---- Ctrl-C -------------------------------------------------------------------------------------------

awaitable<void> ChatSession::hear_interrupts() {
  while (!left_) {
    const auto [error, signal] = co_await interrupts_.async_wait(net::as_result);
    if (error || left_) continue;
    if (signal == SIGINT) {
      interrupted();
    } else {
      leave(128 + signal);
    }
  }
}

/// A terminal does not tell whether something was typed before Ctrl-C, so that one at the prompt does not
/// leave yet.
void ChatSession::interrupted() {
  const TimePoint now = Clock::now();
  const bool again = interrupted_at_ && now - *interrupted_at_ < second_interrupt;
  interrupted_at_ = now;
  if (again || (!replying_ && !interactive_)) {
    leave(Exit::fine);
  } else if (replying_) {
    screen_.break_off();
    ask(events::CancelReply{});
  } else {
    screen_.typed();
    screen_.print("\n");
    screen_.remark("Ctrl-C again leaves; so does Ctrl-D");
    screen_.prompt();
  }
}

}  // namespace unmuted::charctl

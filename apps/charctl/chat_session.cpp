#include "chat_session.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>

#include "core/ids.hpp"
#include "core/unicode.hpp"
#include "events/unmute/dialect.hpp"

namespace unmuted::charctl {

namespace asio = net::asio;
using net::awaitable;
using nlohmann::json;

namespace {

constexpr std::chrono::seconds second_interrupt{2};  ///< a second Ctrl-C within this time leaves
constexpr std::string_view fence_prefix = "fence-";

std::string encode(const json& event) {
  return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

ChatSession::ChatSession(ChatHost& host, ChatScreen& screen, std::string directory, std::string name,
                         bool interactive)
    : io_(host.io),
      session_(io_.get_executor(), host.host.environment, events::unmute_dialect(), new_session_id()),
      screen_(screen),
      input_(io_.get_executor()),
      interrupts_(io_, SIGINT),
      changed_(io_.get_executor()),
      directory_(std::move(directory)),
      name_(std::move(name)),
      interactive_(interactive) {}

int ChatSession::run() {
  start(session_.execute());
  start(hear_session());
  start(hear_user());
  start(hear_interrupts());
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
  exit_code_ = exit_code;
  session_.end();
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
      closed(*close);
    } else {
      hear(json::parse(std::get<std::string>(frame)));
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

void ChatSession::hear(const json& event) {
  const auto& type = event["type"].get_ref<const std::string&>();
  const std::string request_id = event.value("request_id", "");
  if (type == "session.characters.listed" && request_id.starts_with(fence_prefix)) {
    passed_fence_ = request_id;
    return;
  }
  if (type == "response.created") {
    replying_ = true;
  } else if (type == "response.audio.done") {
    replying_ = false;
  } else if (type == "unmute.additional_outputs") {
    chat_history_ = event["args"]["chat_history"];
  } else if (type == "session.updated") {
    name_ = event["session"]["character"].get<std::string>();
    active_ = true;
    screen_.set_speaker(name_);
  } else if (type == "session.characters.reloaded") {
    reloaded_ = event;
  }
  screen_.show(event);
}

// ---- what the user types ------------------------------------------------------------------------------

awaitable<void> ChatSession::hear_user() {
  select(name_);
  co_await settled();
  if (!active_) leave(Exit::findings);
  while (!left_) {
    screen_.prompt();
    const std::optional<std::string> line = co_await input_.next();
    if (left_) break;
    if (!line) {
      if (interactive_) screen_.print("\n");
      leave(Exit::fine);
      break;
    }
    auto command = parse_chat_command(*line);
    if (!command) continue;
    std::visit([this](auto& one) { obey(std::move(one)); }, *command);
    co_await settled();
    if (reloaded_) {
      go_on_after_reload();
      co_await settled();
    }
  }
}

void ChatSession::obey(Say say) {
  if (!active_) return screen_.complain("nobody is here to hear that: /select NAME, or /characters");
  const json item{{"type", "message"},
                  {"role", "user"},
                  {"content", json::array({{{"type", "input_text"}, {"text", std::move(say.text)}}})}};
  // An event that is refused has no effect, and the character should not answer to nothing.
  const std::string event = encode({{"type", "conversation.item.create"}, {"item", item}});
  if (const auto parsed = events::unmute_dialect()->read(event); !parsed)
    return screen_.complain(parsed.error().message);
  session_.receive(event);
  send({{"type", "response.create"}});
}

void ChatSession::obey(ShowHelp) {
  screen_.print(chat_help());
}

void ChatSession::obey(ListCharacters) {
  send({{"type", "session.characters.list"}});
}

void ChatSession::obey(Reload reload) {
  std::string directory = directory_;
  if (!reload.directory.empty()) directory = std::filesystem::absolute(reload.directory).string();
  send({{"type", "session.characters.reload"}, {"directory", directory}});
}

void ChatSession::obey(Select wanted) {
  select(wanted.name);
}

void ChatSession::obey(ShowHistory) {
  screen_.show_history(chat_history_);
}

void ChatSession::obey(Quit) {
  leave(Exit::fine);
}

void ChatSession::obey(Misunderstood line) {
  screen_.complain(line.why);
}

void ChatSession::select(const std::string& name) {
  send({{"type", "session.update"}, {"session", {{"voice", name}}}});
}

/// The conversation has ended with the old cast: it begins anew with the new character of the same name.
void ChatSession::go_on_after_reload() {
  const json reloaded = std::move(*reloaded_);
  reloaded_.reset();
  directory_ = reloaded["directory"];
  chat_history_ = json::array();
  active_ = false;
  for (const json& character : reloaded["characters"]) {
    const std::string name = character["name"];
    if (nfc(name) == nfc(name_)) return select(name);
  }
  screen_.complain("there is no '" + name_ + "' in this cast: /select NAME, or /characters");
}

void ChatSession::send(const json& event) {
  session_.receive(encode(event));
}

/// Waits until all that was sent has been answered, and no reply is under way. Answers come in order, so
/// that the one to this last question stands behind all others.
awaitable<void> ChatSession::settled() {
  const std::string fence = std::string(fence_prefix) + std::to_string(++fences_);
  send({{"type", "session.characters.list"}, {"event_id", fence}});
  while (!left_ && (passed_fence_ != fence || replying_)) co_await changed_.wait();
}

// ---- Ctrl-C -------------------------------------------------------------------------------------------

awaitable<void> ChatSession::hear_interrupts() {
  while (!left_) {
    const auto [error, signal] = co_await interrupts_.async_wait(net::as_result);
    if (!error && !left_) interrupted();
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
    send({{"type", "response.cancel"}});
  } else {
    screen_.print("\n");
    screen_.remark("Ctrl-C again leaves; so does Ctrl-D");
    screen_.prompt();
  }
}

}  // namespace unmuted::charctl

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include "chat_command.hpp"
#include "chat_screen.hpp"
#include "command.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/timezone.hpp"
#include "core/unicode.hpp"
#include "events/unmute/dialect.hpp"
#include "line_input.hpp"
#include "services/openai_model.hpp"
#include "session/session.hpp"

namespace unmuted::charctl {
namespace {

namespace asio = net::asio;
using net::awaitable;
using nlohmann::json;

constexpr std::chrono::seconds second_interrupt{2};  ///< a second Ctrl-C within this time leaves
constexpr std::string_view fence_prefix = "fence-";

struct Arguments {
  std::string directory, name;
  std::string llm = "scripted", llm_model, llm_extra;
  double llm_patience = 180;  ///< seconds
  unsigned words_per_minute = 0;
  std::optional<std::uint64_t> seed;
};

/// Puts what characters log on the screen, and nothing else of a session's log.
class ScriptLines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ScriptLines(asio::io_context& io, ChatScreen& screen) : io_(io), screen_(screen) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    constexpr std::string_view session = "session ", script = " script ";
    const std::string_view line(message.payload.data(), message.payload.size());
    const std::size_t after_id = line.find(' ', session.size());
    if (!line.starts_with(session) || after_id == std::string_view::npos) return;
    if (!line.substr(after_id).starts_with(script)) return;
    auto show = [&screen = screen_, text = std::string(line.substr(after_id + script.size()))] {
      screen.remark("log: " + text);
    };
    asio::post(io_, std::move(show));  // scripts run on the pool
  }
  void flush_() override {}

  asio::io_context& io_;
  ChatScreen& screen_;
};

/// Puts what the language model has to say to an operator on the screen.
class ModelLines final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit ModelLines(ChatScreen& screen) : screen_(screen) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level < spdlog::level::warn) return;
    screen_.remark(std::string(message.payload.data(), message.payload.size()));  // on the loop's thread
  }
  void flush_() override {}

  ChatScreen& screen_;
};

/// What a server would have around its sessions. Destroyed from the bottom up: the pool's threads first, then
/// the loop with what they delivered, then what that refers to.
struct Surroundings {
  Surroundings(CharacterSetPtr set, std::unique_ptr<LanguageModel> language_model, Metrics& the_metrics,
               ChatScreen& screen, const Arguments& arguments)
      : model(std::move(language_model)),
        default_cast(std::move(set)),
        log(std::make_shared<spdlog::logger>("charctl", std::make_shared<ScriptLines>(io, screen))),
        environment(session_environment(the_metrics, arguments)) {}

  std::unique_ptr<LanguageModel> model;
  CharacterLoader loader = make_loader();
  DirectoryPolicy policy = DirectoryPolicy::allow_any();
  DefaultCast default_cast;
  std::shared_ptr<ModuleRegistry> modules = std::make_shared<ModuleRegistry>();
  asio::io_context io{1};
  std::shared_ptr<spdlog::logger> log;
  WorkerPool pool{{.threads = 2, .yielding = false}};
  SessionEnvironment environment;

 private:
  SessionEnvironment session_environment(Metrics& metrics, const Arguments& arguments) {
    SessionEnvironment session{loader, policy, default_cast, modules, pool, metrics, log};
    session.timezone = system_timezone();
    session.script_seed = arguments.seed;
    session.language_model = model.get();
    session.llm_name = arguments.llm_model;
    session.words_per_minute = arguments.words_per_minute;
    return session;
  }
};

/// One conversation between stdin and a session, by the events of the wire. All on the loop's thread.
class Chat {
 public:
  Chat(Surroundings& surroundings, ChatScreen& screen, std::string directory, std::string name,
       bool interactive)
      : io_(surroundings.io),
        session_(io_.get_executor(), surroundings.environment, events::unmute_dialect(), new_session_id()),
        screen_(screen),
        input_(io_.get_executor()),
        interrupts_(io_, SIGINT),
        changed_(io_.get_executor()),
        directory_(std::move(directory)),
        name_(std::move(name)),
        interactive_(interactive) {}

  /// Returns the exit code.
  int run() {
    start(session_.execute());
    start(hear_session());
    start(hear_user());
    start(hear_interrupts());
    io_.run();
    if (bug_) std::rethrow_exception(bug_);
    return exit_code_;
  }

 private:
  void start(awaitable<void> task) {
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
  void leave(int exit_code) {
    if (left_) return;
    left_ = true;
    exit_code_ = exit_code;
    session_.end();
    input_.close();
    interrupts_.cancel();
    changed_.notify();
  }

  // --- what the session says ------------------------------------------------------------------------------

  awaitable<void> hear_session() {
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

  void closed(const CloseFrame& close) {
    if (close.code == 1000) return leave(Exit::fine);
    screen_.complain("the session was closed: " + close.reason);
    leave(Exit::findings);
  }

  void give_up_writing() {
    screen_.complain("cannot write to stdout");
    leave(Exit::usage);
  }

  void hear(const json& event) {
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

  // --- what the user types --------------------------------------------------------------------------------

  awaitable<void> hear_user() {
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

  void obey(Say say) {
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
  void obey(ShowHelp) { screen_.print(chat_help()); }
  void obey(ListCharacters) { send({{"type", "session.characters.list"}}); }
  void obey(Reload reload) {
    std::string directory = directory_;
    if (!reload.directory.empty()) directory = std::filesystem::absolute(reload.directory).string();
    send({{"type", "session.characters.reload"}, {"directory", directory}});
  }
  void obey(Select wanted) { select(wanted.name); }
  void obey(ShowHistory) { screen_.show_history(chat_history_); }
  void obey(Quit) { leave(Exit::fine); }
  void obey(Misunderstood line) { screen_.complain(line.why); }

  void select(const std::string& name) { send({{"type", "session.update"}, {"session", {{"voice", name}}}}); }

  /// The conversation has ended with the old cast: it begins anew with the new character of the same name.
  void go_on_after_reload() {
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

  void send(const json& event) { session_.receive(encode(event)); }

  static std::string encode(const json& event) {
    return event.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  /// Waits until all that was sent has been answered, and no reply is under way. Answers come in order, so
  /// that the one to this last question stands behind all others.
  awaitable<void> settled() {
    const std::string fence = std::string(fence_prefix) + std::to_string(++fences_);
    send({{"type", "session.characters.list"}, {"event_id", fence}});
    while (!left_ && (passed_fence_ != fence || replying_)) co_await changed_.wait();
  }

  // --- Ctrl-C ---------------------------------------------------------------------------------------------

  awaitable<void> hear_interrupts() {
    while (!left_) {
      const auto [error, signal] = co_await interrupts_.async_wait(net::as_result);
      if (!error && !left_) interrupted();
    }
  }

  /// A terminal does not tell whether something was typed before Ctrl-C, so that one at the prompt does not
  /// leave yet.
  void interrupted() {
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

  asio::io_context& io_;
  Session session_;
  ChatScreen& screen_;
  LineInput input_;
  asio::signal_set interrupts_;
  net::Signal changed_;

  std::string directory_;
  std::string name_;     ///< of the character that is, or was last, talked to
  bool active_ = false;  ///< and is there
  bool replying_ = false;
  std::size_t fences_ = 0;
  std::string passed_fence_;
  std::optional<json> reloaded_;  ///< the event of a reload that has just been answered
  json chat_history_ = json::array();

  const bool interactive_;
  std::optional<TimePoint> interrupted_at_;
  bool left_ = false;
  int exit_code_ = Exit::fine;
  std::exception_ptr bug_;
  int running_ = 0;  ///< tasks
};

Result<std::unique_ptr<LanguageModel>> language_model(const Arguments& arguments, Metrics& metrics,
                                                      ChatScreen& screen) {
  if (arguments.llm == "scripted") return nullptr;
  OpenAiOptions options;
  options.url = arguments.llm;
  options.model = arguments.llm_model;
  options.extra = arguments.llm_extra;
  options.patience = std::chrono::milliseconds(static_cast<std::int64_t>(arguments.llm_patience * 1000));
  options.log = std::make_shared<spdlog::logger>("model", std::make_shared<ModelLines>(screen));
  if (const char* key = std::getenv("KYUTAI_LLM_API_KEY"); key != nullptr) options.api_key = key;
  return openai_model(std::move(options), metrics);
}

int run(const Arguments& arguments, const Globals& globals) {
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  Metrics metrics;
  const bool interactive = ::isatty(STDIN_FILENO) == 1;
  ChatScreen screen(
      {interactive && ::isatty(STDOUT_FILENO) == 1, globals.use_color(), globals.use_color(STDERR_FILENO)});
  auto model = language_model(arguments, metrics, screen);
  if (!model) return report(model.error());

  std::signal(SIGPIPE, SIG_IGN);
  if (interactive) screen.remark("/help lists the commands, Ctrl-D leaves");
  Surroundings surroundings(*set, std::move(*model), metrics, screen, arguments);
  Chat chat(surroundings, screen, (*set)->directory(), (*character)->name, interactive);
  return chat.run();
}

}  // namespace

void add_chat(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("chat", "Talk to a character, by the server's own code");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  command
      ->add_option(
          "--llm", arguments->llm,
          "URL of an OpenAI-compatible server, or scripted: characters answer by their own script or "
          "rehearse. An API key is read from the environment: KYUTAI_LLM_API_KEY")
      ->envname("KYUTAI_LLM_URL")
      ->capture_default_str();
  command
      ->add_option("--llm-model", arguments->llm_model,
                   "The model to ask for; default: the only one that the server has")
      ->envname("KYUTAI_LLM_MODEL");
  command
      ->add_option("--llm-extra", arguments->llm_extra,
                   "JSON object that is merged into each request to the language model; null removes a "
                   "parameter: {\"temperature\": null}")
      ->envname("UNMUTED_LLM_EXTRA");
  command
      ->add_option("--llm-patience", arguments->llm_patience,
                   "Seconds to wait for the first byte of a reply, also while the server loads its model")
      ->envname("UNMUTED_LLM_PATIENCE")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--pace", arguments->words_per_minute, "Words a minute at which it speaks; 0 is at once")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed,
                      "Of the script's random numbers (default: another each time)");
  command->footer(
      "Examples:\n  charctl chat characters 'Quiz show'\n"
      "  charctl chat characters Charles --llm http://localhost:11434 --llm-model llama3.2\n"
      "  charctl chat characters Echo < lines.txt\n\nWhile talking, /help lists the commands.");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals); });
}

}  // namespace unmuted::charctl

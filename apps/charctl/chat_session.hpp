#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "chat_command.hpp"
#include "chat_dialect.hpp"
#include "chat_host.hpp"
#include "chat_screen.hpp"
#include "chat_voice.hpp"
#include "command.hpp"
#include "core/clock.hpp"
#include "events/notice.hpp"
#include "events/request.hpp"
#include "line_input.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "session/outbox.hpp"
#include "session/session.hpp"

namespace unmuted::charctl {

/// One conversation between stdin and a session. All on the loop's thread.
class ChatSession {
 public:
  /// `name`: the character of the cast in `directory` that is talked to first. `interactive`: a person types.
  /// `voice`: null for a conversation in writing.
  ChatSession(ChatHost& host, ChatScreen& screen, std::string directory, std::string name, bool interactive,
              std::unique_ptr<ChatVoice> voice);

  /// Runs the loop until one side leaves. Returns the exit code.
  int run();

 private:
  void start(net::awaitable<void> task);
  void leave(int exit_code);

  net::awaitable<void> hear_session();
  void hear(const ChatDialect::Told& told);
  void closed(const CloseFrame& close);
  void give_up_writing();

  net::awaitable<void> hear_user();
  void obey(Say say);
  void obey(ShowHelp);
  void obey(ListCharacters);
  void obey(Reload reload);
  void obey(Select wanted);
  void obey(ShowHistory);
  void obey(Quit);
  void obey(Misunderstood line);
  void select(const std::string& name);
  void go_on_after_reload();
  void ask(events::Request request);
  net::awaitable<void> settled();
  net::awaitable<void> no_more_lines();
  [[nodiscard]] bool talks_over() const { return voice_ != nullptr && interactive_; }

  net::awaitable<void> hear_interrupts();
  void interrupted();

  boost::asio::io_context& io_;
  std::shared_ptr<ChatDialect> dialect_ = std::make_shared<ChatDialect>();
  Session session_;
  ChatScreen& screen_;
  LineInput input_;
  boost::asio::signal_set interrupts_;
  net::Signal changed_;

  std::string directory_;
  std::string name_;     ///< of the character that is, or was last, talked to
  bool active_ = false;  ///< and is there
  bool replying_ = false;
  bool answer_due_ = false;  ///< something was said to it, and the reply to that has not begun
  std::size_t fences_ = 0;
  std::string passed_fence_;
  std::optional<events::CastLoaded> loaded_;  ///< by a reload that has just been answered
  std::vector<events::Message> history_;

  const bool interactive_;
  const std::unique_ptr<ChatVoice> voice_;
  std::optional<TimePoint> interrupted_at_;
  bool left_ = false;
  int exit_code_ = Exit::fine;
  std::exception_ptr bug_;
  int running_ = 0;  ///< tasks
};

}  // namespace unmuted::charctl

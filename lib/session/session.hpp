#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "characters/character_manager.hpp"
#include "characters/script_log.hpp"
#include "core/clock.hpp"
#include "events/client_event.hpp"
#include "events/parse.hpp"
#include "events/server_event.hpp"
#include "metrics/metrics.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "session/dialogue.hpp"
#include "session/environment.hpp"
#include "session/input_budget.hpp"
#include "session/outbox.hpp"
#include "session/page_pace.hpp"
#include "session/peer.hpp"
#include "session/selection.hpp"

namespace unmuted {

/// One user: a cast of characters, the selected one, and the events both ways. Knows no socket. Lives on the
/// thread of its executor; every member is called there.
///
/// A transport runs five things for it: it hands what arrives to receive() (and waits for input_wanted()
/// before it reads on), sends what next_frame() gives up to the CloseFrame, runs execute(),
/// watch_slow_reader() and watch_idle(). It calls end() when the connection is gone: then all of them return
/// by themselves — nothing is cancelled — and nothing of the session stays behind.
class Session : private ClientLink {
 public:
  /// `id` is unique among the living sessions. `cast`: what it begins with; null: the present default. No
  /// I/O.
  Session(const net::asio::any_io_executor& executor, const SessionEnvironment& environment, std::string id,
          CharacterSetPtr cast = nullptr, Peer peer = {});
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::string& id() const { return characters_.session_id(); }

  /// One text frame, of bounded size, that came in so many pieces. Control events wait for execute(); the
  /// rest is done here.
  void receive(std::string_view text, std::size_t pieces = 1);
  /// A binary frame of `size` bytes arrived, which is an error of the client's.
  void receive_binary(std::size_t size, std::size_t pieces = 1);
  /// Returns when the session takes more input: a client that does not read what it is sent is not read from,
  /// and one that sends more than its budget has to wait.
  net::awaitable<void> input_wanted();

  /// Executes control events in the order of their arrival and carries the conversation, until end() or
  /// close(). Throws what is a bug.
  net::awaitable<void> execute();

  /// Returns when the client does not read: when the outbox has been full for too long, or one frame has been
  /// under way for too long – a moment only, while all outboxes together hold nearly as much as they may. Or
  /// at the end.
  net::awaitable<void> watch_slow_reader();

  /// Returns when nothing has happened for the idle timeout – no event came or went, and none is being
  /// carried out – or at the end.
  net::awaitable<void> watch_idle();

  /// The next frame to send; waits for it. The last one is a CloseFrame: do not ask again.
  net::awaitable<Outbox::Frame> next_frame();

  /// Closes the connection after what has been said so far. Further input is dropped.
  void close(CloseFrame frame) override;

  /// Closes the connection once the reply under way, if there is one, has ended by itself.
  void close_after_reply(CloseFrame frame);

  /// Ends the reply under way, if there is one, so that the client is told of its end, and closes the
  /// connection.
  void end_reply_and_close(CloseFrame frame);

  /// The client does not read: drops what waits for it, and closes. The session has ended with it.
  void give_up_on_reader();

  /// The connection is gone: kills the script, abandons a load under way, drops all that waits.
  void end();

 private:
  /// Shared with the scripts of this session, which run on the pool: an old one may still end there while
  /// the next one begins.
  struct SharedScriptLog {
    std::mutex mutex;
    ScriptLog log;
  };
  using ControlEvent = std::variant<events::ClientMessage, events::ParseFailure>;

  void count_input(std::size_t bytes, std::size_t pieces);
  void enqueue(ControlEvent event);
  net::awaitable<void> execute_control();
  net::awaitable<void> to_the_end(net::awaitable<void> task);
  net::awaitable<void> handle(ControlEvent event);
  net::awaitable<void> handle(events::SessionUpdate update, std::string request_id);
  net::awaitable<void> handle(events::SessionCharactersReload reload, std::string request_id);
  void list_characters(std::string_view request_id);
  net::awaitable<std::optional<Role>> start_character(Selection selection, std::string request_id);

  void adopt(CharacterSetPtr set);
  void send(const events::ServerEvent& event, std::string_view request_id) override;
  void reply_ended() override;
  net::awaitable<void> room() override;
  void send_error(const Error& error, std::string_view request_id, events::ErrorType type);
  void push(std::string frame, bool word = false);
  [[nodiscard]] Duration patience_with_reader() const;
  [[nodiscard]] std::function<void(std::string_view)> script_log() const;

  const SessionEnvironment& environment_;
  const Peer peer_;
  CharacterManager characters_;
  Selection selection_;
  SessionSeries series_;

  std::shared_ptr<SharedScriptLog> script_log_ = std::make_shared<SharedScriptLog>();

  Outbox outbox_;
  net::Signal outbox_changed_;
  std::optional<TimePoint>
      sending_since_;  ///< of the frame that next_frame() gave last, until it is asked again
  PagePace page_pace_;
  net::Signal reader_watch_;  ///< of watch_slow_reader()
  net::Signal page_waits_;    ///< of next_frame(), for the pace of a page
  InputBudget input_budget_;
  net::Signal input_waits_;  ///< of input_wanted(), for the budget
  std::deque<ControlEvent> waiting_;
  net::Signal work_;
  TimePoint active_at_ = Clock::now();  ///< when the last event came or went
  bool executing_ = false;              ///< a control event is being carried out
  net::Signal idle_;                    ///< of watch_idle()
  bool ended_ = false;                  ///< by end() or close()
  std::optional<CloseFrame> close_after_reply_;
  std::stop_source load_;  ///< of the load under way: whether it goes on
  WorkerPool::Share loads_;
  WorkerPool::Share scripts_;
  net::PoolCall pool_call_;
  std::exception_ptr bug_;  ///< the first that one of the tasks threw
  Dialogue dialogue_;
};

/// Counts what came of loading one directory, a session's or the default. Refused before it was read:
/// nothing.
void count_cast_load(Metrics& metrics, const LoadReport& report);

}  // namespace unmuted

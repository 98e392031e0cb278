#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "characters/character_manager.hpp"
#include "core/clock.hpp"
#include "events/dialect.hpp"
#include "metrics/metrics.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "session/casts.hpp"
#include "session/dialogue.hpp"
#include "session/environment.hpp"
#include "session/input_budget.hpp"
#include "session/left_conversations.hpp"
#include "session/outbox.hpp"
#include "session/output.hpp"
#include "session/peer.hpp"
#include "session/recorder.hpp"
#include "session/selection.hpp"
#include "session/stage.hpp"

namespace unmuted {

/// One user: a cast of characters, the selected one, and the events both ways. By itself it is the queue of
/// what the client asks for. Knows no socket. Lives on the thread of its executor; every member is called
/// there.
///
/// A transport runs five things for it: it hands what arrives to receive() (and waits for input_wanted()
/// before it reads on), sends what next_frame() gives up to the CloseFrame, runs execute(),
/// watch_slow_reader() and watch_idle(). It calls end() when the connection is gone: then all of them return
/// by themselves — nothing is cancelled — and nothing of the session stays behind.
class Session {
 public:
  /// `id` is unique among the living sessions. `cast`: what it begins with; null: the present default. No
  /// I/O.
  Session(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
          std::shared_ptr<events::Dialect> dialect, std::string id, CharacterSetPtr cast = nullptr,
          Peer peer = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::string& id() const { return characters_.session_id(); }

  /// One text frame, of bounded size, that came in so many pieces. Most requests wait for execute(); the rest
  /// is done here.
  void receive(std::string_view text, std::size_t pieces = 1);
  /// The same of a binary frame.
  void receive_binary(std::string_view bytes, std::size_t pieces = 1);
  /// One request, which a dialect has read or might have: what receive() comes to. It costs no budget of
  /// input.
  void ask(events::ClientRequest request);
  /// Returns when the session takes more input: a client that does not read what it is sent is not read from,
  /// and one that sends more than its budget has to wait.
  net::awaitable<void> input_wanted();

  /// Carries out requests in the order of their arrival and holds the conversation, until end() or close().
  /// Throws what is a bug.
  net::awaitable<void> execute();

  /// Returns when the client does not read, see Output, or at the end.
  net::awaitable<void> watch_slow_reader() { return output_.watch_slow_reader(); }

  /// Returns when nothing has happened for the idle timeout – nothing came or went, and nothing is being
  /// carried out – or at the end.
  net::awaitable<void> watch_idle();

  /// The next frame to send; waits for it. The last one is a CloseFrame: do not ask again.
  net::awaitable<Outbox::Frame> next_frame() { return output_.next_frame(); }

  /// Closes the connection after what has been said so far. Further input is dropped.
  void close(CloseFrame frame);

  /// Closes the connection once the reply under way, if there is one, has ended by itself.
  void close_after_reply(CloseFrame frame) { dialogue_.close_after_reply(std::move(frame)); }

  /// Ends the reply under way, if there is one, so that the client is told of its end, and closes the
  /// connection.
  void end_reply_and_close(CloseFrame frame);

  /// The client does not read: drops what waits for it, and closes. The session has ended with it.
  void give_up_on_reader();

  /// The connection is gone: kills the script, abandons a load under way, drops all that waits.
  void end();

 private:
  using Read = tl::expected<events::ClientRequest, events::Refusal>;

  void take(Read read);
  void count_input(std::size_t bytes, std::size_t pieces);
  void enqueue(Read read);
  void hear(events::ClientRequest sound);
  void began(const Read& next);
  net::awaitable<void> execute_requests();
  net::awaitable<void> to_the_end(net::awaitable<void> task);
  net::awaitable<void> handle(Read read);
  void converse(events::Request request, std::string_view answers);
  net::awaitable<void> configure(events::Configure wanted, std::string answers);
  net::awaitable<void> load_cast(events::LoadCast wanted, std::string answers);
  void list_cast(std::string_view answers);
  net::awaitable<Result<History>> restage(const SelectionChange& change, const events::Configure& wanted);
  void settle(events::Configure wanted, std::string_view answers);
  void adopt(CharacterSetPtr set);
  void leave_conversation();
  void forget_left_conversations();
  void tell_error(const Error& error, std::string_view answers, events::Failure::Kind kind);

  const SessionEnvironment& environment_;
  const Peer peer_;
  CharacterManager characters_;
  Selection selection_;
  events::Settings settings_;  ///< that the client wants
  SessionSeries series_;

  std::deque<Read> waiting_;
  net::Signal work_;
  InputBudget input_budget_;
  net::Signal input_waits_;            ///< of input_wanted(), for the budget
  TimePoint heard_at_ = Clock::now();  ///< when something came last, or was being carried out
  std::size_t sound_waits_for_ = 0;  ///< requests that wait or are carried out, which sound does not overtake
  std::size_t waiting_sounds_ = 0;   ///< of those in waiting_
  std::size_t waiting_sound_bytes_ = 0;
  bool executing_ = false;  ///< a request is being carried out
  net::Signal idle_;        ///< of watch_idle()
  bool ended_ = false;      ///< by end() or close()
  std::exception_ptr bug_;  ///< the first that one of the tasks threw

  WorkerPool::Share loads_;
  WorkerPool::Share scripts_;
  net::PoolCall loading_;
  Casts casts_;
  Recorder recorder_;
  Output output_;
  Stage stage_;
  LeftConversations left_;
  Dialogue dialogue_;
};

}  // namespace unmuted

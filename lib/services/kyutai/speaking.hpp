#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/kyutai/place.hpp"
#include "services/kyutai/service.hpp"
#include "services/kyutai/spoken_words.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::kyutai {

/// One reply that is spoken, from its first word to its last event. Lives on the thread of its executor;
/// owned by its stream and by the coroutines under way: the stream may be destroyed meanwhile.
class Speaking : public std::enable_shared_from_this<Speaking> {
 public:
  /// `voice`: the path that a character names.
  Speaking(net::asio::any_io_executor executor, std::shared_ptr<const Service> service, std::string voice);

  /// As those of SpeechStream.
  void say(std::string_view word);
  void complete();
  void abort();
  static net::awaitable<SpeechEvent> next(std::shared_ptr<Speaking> self);

 private:
  static net::awaitable<void> run(std::shared_ptr<Speaking> self);
  static net::awaitable<void> watch(std::shared_ptr<Speaking> self);
  net::awaitable<Result<void>> begin();
  net::awaitable<Result<void>> send_voice();
  void hear(Message message);
  void hear_end(const ConnectionEnd& end);
  void fail(Error error);
  void finish(SpeechEvent last);
  [[nodiscard]] TimePoint stalls_at() const;

  const net::asio::any_io_executor executor_;
  const std::shared_ptr<const Service> service_;
  const std::string voice_;
  const std::shared_ptr<Place> place_;

  SpokenWords words_;
  bool begun_ = false;     ///< a word was sent
  bool complete_ = false;  ///< no more words follow
  bool finished_ = false;  ///< nothing more comes of the service: the last event is there
  bool over_ = false;      ///< the last event was given, or it was aborted

  std::size_t waiting_ = 0;  ///< samples among the events
  bool holds_up_ = false;    ///< the service, because so much waits
  TimePoint heard_at_;       ///< of the service, last; or when it got all there is to say
  net::Signal given_;        ///< something was taken out of the events
  net::Signal changed_;      ///< something was put in
  net::Signal watch_;        ///< when the service stalls is sooner now
};

}  // namespace unmuted::kyutai

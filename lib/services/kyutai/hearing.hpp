#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/kyutai/pause_prediction.hpp"
#include "services/kyutai/place.hpp"
#include "services/kyutai/sent_sound.hpp"
#include "services/kyutai/service.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted::kyutai {

/// What is heard of one user. Has a place at the service while there is sound. Lives on the thread of its
/// executor; owned by its stream and by the coroutines under way: the stream may be destroyed meanwhile.
class Hearing : public std::enable_shared_from_this<Hearing> {
 public:
  Hearing(net::asio::any_io_executor executor, std::shared_ptr<const Service> service);

  /// As those of HearingStream.
  void hear(std::span<const float> samples);
  void end_utterance();
  void abort();
  static net::awaitable<HearingEvent> next(std::shared_ptr<Hearing> self);

 private:
  using PlacePtr = std::shared_ptr<Place>;

  static net::awaitable<void> run(std::shared_ptr<Hearing> self, PlacePtr place);
  static net::awaitable<void> watch(std::shared_ptr<Hearing> self, PlacePtr place);

  void take_place();
  void give_place_back();
  void send(std::vector<std::string> messages);
  void take(Message message);
  void take_step(const Step& step);
  void take_end(const ConnectionEnd& end);
  void give(HearingEvent event);
  void fail(Error error);

  /// Frames that the service has not listened to.
  [[nodiscard]] std::size_t behind() const { return sent_.frames() - steps_; }
  [[nodiscard]] TimePoint ends_at() const;
  void wake_if_sooner();
  [[nodiscard]] bool uses(const PlacePtr& place) const { return !over_ && !failed_ && place == place_; }

  const net::asio::any_io_executor executor_;
  const std::shared_ptr<const Service> service_;

  std::deque<HearingEvent> events_;
  bool failed_ = false;      ///< the last event is there
  bool over_ = false;        ///< the last event was given, or it was aborted
  std::size_t samples_ = 0;  ///< of the stream, so far

  // With one place.
  PlacePtr place_;  ///< null while there is nothing to hear
  SentSound sent_;
  PausePrediction pause_;
  std::size_t steps_ = 0;         ///< frames that the service has listened to
  std::deque<std::size_t> ends_;  ///< after so many steps an utterance has been heard
  TimePoint sound_at_;            ///< when the last sound was given
  TimePoint
      waits_since_;  ///< for the service: since its last message, or since there is something to listen to

  TimePoint wakes_at_ = TimePoint::max();  ///< when watch() looks again by itself

  net::Signal taken_;    ///< something was taken out of the events
  net::Signal changed_;  ///< something was put in
  net::Signal watch_;    ///< the end of the place may be sooner now
};

}  // namespace unmuted::kyutai

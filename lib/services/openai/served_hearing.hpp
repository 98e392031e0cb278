#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/resampler.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/openai/speech_call.hpp"
#include "services/openai/speech_server.hpp"
#include "services/openai/transcript.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted::openai {

/// The utterances of one user, each recognised by one request, one after the other. Lives on the thread of
/// its executor; owned by its stream and by the next() under way: the stream may be destroyed meanwhile.
class ServedHearing {
 public:
  static constexpr int rate = 16'000;                          ///< samples a second that a server is sent
  static constexpr std::size_t longest_part = 30U * rate;      ///< samples of one request
  static constexpr std::size_t shortest_part = 5U * rate / 4;  ///< filled up with silence
  static constexpr std::size_t least_part = rate / 20U;        ///< in what is shorter nothing was said
  static constexpr std::size_t most_waits = 120U * rate;       ///< samples that were not recognised yet

  ServedHearing(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server,
                const ListeningChoice& choice);

  /// As those of HearingStream.
  void hear(std::span<const float> samples);
  void end_utterance();
  void abort();
  static net::awaitable<HearingEvent> next(std::shared_ptr<ServedHearing> self);

 private:
  /// What is recognised at once.
  struct Part {
    double begin = 0;  ///< in the sound of the stream: seconds
    std::vector<std::int16_t> samples{};
    bool ends = false;  ///< an utterance
  };

  void add(std::span<const float> samples);
  void end_part(bool ends);

  net::awaitable<HearingEvent> next_event();
  net::awaitable<Result<void>> recognise_on();
  net::awaitable<Result<void>> ask(const Part& part);
  net::awaitable<Result<void>> read_on();
  HearingEvent fail(Error error);

  net::asio::any_io_executor executor_;
  std::shared_ptr<SpeechServer> server_;
  const std::string language_;  ///< may be empty, as the next
  const std::string prompt_;

  audio::Resampler resampler_;
  std::size_t heard_ = 0;  ///< samples of the stream
  Part open_;
  std::deque<Part> parts_;   ///< that are whole
  std::size_t waiting_ = 0;  ///< samples of all parts
  net::Signal whole_;        ///< a part is

  std::optional<SpeechCall> call_;
  std::optional<Transcript> transcript_;  ///< of the first part
  Result<void> state_;                    ///< an error ends the stream once the words before it are taken
  bool over_ = false;                     ///< failed or aborted
};

}  // namespace unmuted::openai

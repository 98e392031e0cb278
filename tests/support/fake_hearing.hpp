#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "audio/pcm.hpp"
#include "net/signal.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted::test::fake {

/// What a FakeHearing was given in one stream, and what it says of it. The test keeps it, however the stream
/// ends.
class FakeEar {
 public:
  FakeEar(const net::asio::any_io_executor& executor, ListeningChoice listening_choice)
      : choice(std::move(listening_choice)), changed(executor) {}

  /// The next event of the stream.
  void give(HearingEvent event) {
    events.push_back(std::move(event));
    changed.notify();
  }
  void word(const std::string& text, double start_time = 0) { give(WordHeard{text, start_time}); }
  void pause(double likelihood) { give(PauseLikelihood{likelihood}); }
  void heard() { give(UtteranceHeard{}); }
  void fail(std::string code, std::string message) {
    give(HearingFailed{{std::move(code), std::move(message), ""}});
  }

  ListeningChoice choice;
  audio::Samples sound;           ///< that it was given
  std::vector<std::size_t> ends;  ///< of utterances: so much sound it had then
  bool aborted = false;
  std::deque<HearingEvent> events;  ///< that were not asked for yet
  net::Signal changed;
};

/// Speech in that hears what the test says it does. One thread: that of its streams, which outlives them and
/// this.
class FakeHearing final : public SpeechToText {
 public:
  explicit FakeHearing(bool hears_everything) : hears_everything_(hears_everything) {}

  [[nodiscard]] bool hears_everything() const override { return hears_everything_; }
  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice choice) override {
    ears_.push_back(std::make_shared<FakeEar>(executor, std::move(choice)));
    return std::make_unique<Stream>(ears_.back());
  }
  net::awaitable<bool> up() override { co_return true; }

  /// All that were started, in order.
  [[nodiscard]] std::size_t streams() const { return ears_.size(); }
  [[nodiscard]] FakeEar& stream(std::size_t number) { return *ears_.at(number); }

 private:
  class Stream final : public HearingStream {
   public:
    explicit Stream(std::shared_ptr<FakeEar> ear) : ear_(std::move(ear)) {}
    ~Stream() override { abort(); }

    void hear(std::span<const float> samples) override {
      ear_->sound.insert(ear_->sound.end(), samples.begin(), samples.end());
    }
    void end_utterance() override { ear_->ends.push_back(ear_->sound.size()); }

    net::awaitable<HearingEvent> next() override {
      const std::shared_ptr<FakeEar> ear = ear_;
      while (!ear->aborted && ear->events.empty()) co_await ear->changed.wait();
      HearingEvent event = HearingFailed{{"service_unavailable", "The hearing was aborted", ""}};
      if (!ear->aborted) {
        event = std::move(ear->events.front());
        ear->events.pop_front();
      }
      co_return event;
    }

    void abort() override {
      ear_->aborted = true;
      ear_->changed.notify();
    }

   private:
    std::shared_ptr<FakeEar> ear_;
  };

  const bool hears_everything_;
  std::vector<std::shared_ptr<FakeEar>> ears_;
};

}  // namespace unmuted::test::fake

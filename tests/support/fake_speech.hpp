#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/signal.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::test::fake {

/// What a FakeSpeech was asked to speak in one stream, and what comes of it. The test keeps it, however the
/// stream ends.
class FakeUtterance {
 public:
  FakeUtterance(const net::asio::any_io_executor& executor, VoiceChoice choice)
      : voice(std::move(choice)), changed(executor) {}

  /// The next event of the stream.
  void give(SpeechEvent event) {
    events.push_back(std::move(event));
    changed.notify();
  }
  void begin_words(std::size_t count = 1) { give(WordsBegin{count}); }
  void sound(std::size_t samples, float value = 0.25F) { give(SpeechAudio{audio::Samples(samples, value)}); }
  void end() { give(SpeechEnded{}); }
  void fail(std::string code, std::string message) {
    give(SpeechFailed{{std::move(code), std::move(message), ""}});
  }

  VoiceChoice voice;
  std::vector<std::string> words;  ///< that were said
  bool complete = false;
  bool aborted = false;
  std::deque<SpeechEvent> events;  ///< that were not asked for yet
  net::Signal changed;
};

/// Speech out without a voice: each stream gives the events that the test gives it; or speaks by itself, a
/// word as soon as it is said. One thread: that of its streams, which outlives them and this.
class FakeSpeech final : public TextToSpeech {
 public:
  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor,
                                      VoiceChoice voice) override {
    utterances_.push_back(std::make_shared<FakeUtterance>(executor, std::move(voice)));
    return std::make_unique<Stream>(utterances_.back(), samples_a_word_);
  }
  net::awaitable<bool> up() override { co_return true; }

  /// Streams that start from now on speak by themselves. The samples of word n of a stream have the value n /
  /// 100.
  void speaks(std::size_t samples_a_word) { samples_a_word_ = samples_a_word; }

  /// All that were started, in order.
  [[nodiscard]] std::size_t streams() const { return utterances_.size(); }
  [[nodiscard]] FakeUtterance& stream(std::size_t number) { return *utterances_.at(number); }

 private:
  class Stream final : public SpeechStream {
   public:
    Stream(std::shared_ptr<FakeUtterance> utterance, std::optional<std::size_t> samples_a_word)
        : utterance_(std::move(utterance)), samples_a_word_(samples_a_word) {}
    ~Stream() override { abort(); }

    void say(std::string_view word) override {
      utterance_->words.emplace_back(word);
      if (!samples_a_word_) return;
      utterance_->begin_words();
      utterance_->sound(*samples_a_word_, static_cast<float>(utterance_->words.size()) / 100);
    }
    void complete() override {
      utterance_->complete = true;
      if (samples_a_word_) utterance_->end();
    }

    net::awaitable<SpeechEvent> next() override {
      const std::shared_ptr<FakeUtterance> utterance = utterance_;
      while (!utterance->aborted && utterance->events.empty()) co_await utterance->changed.wait();
      SpeechEvent event = SpeechFailed{{"service_unavailable", "The speech was aborted", ""}};
      if (!utterance->aborted) {
        event = std::move(utterance->events.front());
        utterance->events.pop_front();
      }
      ended_ = std::holds_alternative<SpeechEnded>(event) || std::holds_alternative<SpeechFailed>(event);
      co_return event;
    }

    void abort() override {
      if (ended_) return;
      utterance_->aborted = true;
      utterance_->changed.notify();
    }

   private:
    std::shared_ptr<FakeUtterance> utterance_;
    std::optional<std::size_t> samples_a_word_;
    bool ended_ = false;
  };

  std::vector<std::shared_ptr<FakeUtterance>> utterances_;
  std::optional<std::size_t> samples_a_word_;
};

}  // namespace unmuted::test::fake

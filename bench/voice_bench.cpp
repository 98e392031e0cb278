// What a spoken conversation costs: sessions that speak and hear in real time, against libopus and a
// resampler alone on the same sound.
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <opus/opus.h>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "audio/ogg_opus_writer.hpp"
#include "audio/resampler.hpp"
#include "cast_folder.hpp"
#include "core/base64.hpp"
#include "core/ids.hpp"
#include "events/unmute/dialect.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"
#include "session/host.hpp"
#include "session/session.hpp"
#include "support/room.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::bench {
namespace {

constexpr auto conversation_time = std::chrono::seconds(5);
constexpr std::size_t samples_a_word = 2'400;
constexpr std::size_t samples_a_page = 960;  // as a browser sends them

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Says every word at once, with sound that was made before: a service costs nothing here.
class ReadyVoice final : public TextToSpeech {
 public:
  explicit ReadyVoice(const audio::Samples& voice) : voice_(voice) {}
  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& /*executor*/,
                                      VoiceChoice /*voice*/) override {
    return std::make_unique<Stream>(voice_);
  }
  net::awaitable<bool> up() override { co_return true; }

 private:
  class Stream final : public SpeechStream {
   public:
    explicit Stream(const audio::Samples& voice) : voice_(voice) {}
    void say(std::string_view /*word*/) override { ++words_; }
    void complete() override {}
    net::awaitable<SpeechEvent> next() override {
      if (told_ == words_) co_return SpeechEnded{};
      if (std::exchange(word_begun_, !word_begun_)) {
        const std::size_t at = told_++ * samples_a_word % (voice_.size() - samples_a_word);
        co_return SpeechAudio{{voice_.begin() + static_cast<std::ptrdiff_t>(at),
                               voice_.begin() + static_cast<std::ptrdiff_t>(at + samples_a_word)}};
      }
      co_return WordsBegin{};
    }
    void abort() override {}

   private:
    const audio::Samples& voice_;
    std::size_t words_ = 0, told_ = 0;
    bool word_begun_ = false;
  };
  const audio::Samples& voice_;
};

/// Hears everything, and says nothing.
class SilentListener final : public SpeechToText {
 public:
  [[nodiscard]] bool hears_everything() const override { return true; }
  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice /*choice*/) override {
    return std::make_unique<Stream>(executor);
  }
  net::awaitable<bool> up() override { co_return true; }

 private:
  class Stream final : public HearingStream {
   public:
    explicit Stream(const net::asio::any_io_executor& executor)
        : ended_(std::make_shared<net::Signal>(executor)) {}
    ~Stream() override { abort(); }
    void hear(std::span<const float> samples) override { benchmark::DoNotOptimize(samples.data()); }
    void end_utterance() override {}
    net::awaitable<HearingEvent> next() override {
      const auto ended = ended_;
      co_await ended->wait();
      co_return HearingFailed{{"service_unavailable", "It has ended", ""}};
    }
    void abort() override { ended_->notify(); }

   private:
    std::shared_ptr<net::Signal> ended_;
  };
};

/// The pages of a microphone, as the events that a browser sends.
std::vector<std::string> microphone_events(const audio::Samples& sound) {
  audio::OggOpusWriter writer(1);
  std::vector<std::string> events;
  for (std::size_t at = 0; at + samples_a_page <= sound.size(); at += samples_a_page) {
    const std::vector<std::byte> pages = writer.write(std::span(sound).subspan(at, samples_a_page));
    events.push_back(R"({"type":"input_audio_buffer.append","audio":")" + base64_encode(pages) + "\"}");
  }
  return events;
}

/// Users who listen with an open microphone, for a while of real time.
struct Conversations {
  Conversations(std::size_t count, const audio::Samples& voice, const audio::Samples& room)
      : events(microphone_events(room)) {
    std::string words;
    for (int i = 0; i < 400; ++i) words += "word ";
    cast.write("ann.lua",
               "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'ann.wav'},"
               "instructions = {text = 'x', language = 'en'}, greeting = '" +
                   words + "'}");
    host.default_cast.replace(*host.loader.load(cast.path()));
    host.use(std::unique_ptr<TextToSpeech>(std::make_unique<ReadyVoice>(voice)));
    host.use(std::unique_ptr<SpeechToText>(std::make_unique<SilentListener>()));
    for (std::size_t i = 0; i < count; ++i) {
      sessions.push_back(std::make_unique<Session>(io.get_executor(), host.environment,
                                                   events::unmute_dialect(), new_session_id()));
      net::asio::co_spawn(io, sessions.back()->execute(), net::asio::detached);
      net::asio::co_spawn(io, read(*sessions.back()), net::asio::detached);
      sessions.back()->receive(R"({"type":"session.update","session":{"voice":"Ann"}})");
    }
    run_for(std::chrono::milliseconds(500));  // until all speak
  }
  ~Conversations() {
    for (const auto& session : sessions) session->end();
    run_for(std::chrono::milliseconds(50));
    host.stop();
  }

  void run_for(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }

  /// The CPU seconds of `time`, in which each microphone is on.
  double hold(std::chrono::milliseconds time) {
    const double before = cpu_seconds();
    const TimePoint begin = Clock::now();
    for (std::size_t page = 0; page < events.size(); ++page) {
      const TimePoint due = begin + page * std::chrono::milliseconds(40);
      if (due >= begin + time) break;
      io.restart();
      io.run_until(due);
      for (const auto& session : sessions) session->receive(events[page]);
    }
    return cpu_seconds() - before;
  }

  net::awaitable<void> read(Session& from) {
    while (true) {
      const Outbox::Frame frame = co_await from.next_frame();
      if (std::holds_alternative<CloseFrame>(frame)) co_return;
      bytes += std::get<std::string>(frame).size();
    }
  }

  test::TemporaryFolder cast;
  std::vector<std::string> events;
  std::size_t bytes = 0;
  SessionHost host{{.pool = {.threads = 2, .yielding = false}}};
  net::asio::io_context io{1};
  std::vector<std::unique_ptr<Session>> sessions;
};

/// The same sound both ways through libopus, as the server sets it, and the microphone's to 16 kHz.
double bare_codec(const audio::Samples& voice, const audio::Samples& room, std::chrono::seconds time) {
  int error = OPUS_OK;
  OpusEncoder* const encoder = opus_encoder_create(audio::sample_rate, 1, OPUS_APPLICATION_AUDIO, &error);
  OpusEncoder* const microphone = opus_encoder_create(audio::sample_rate, 1, OPUS_APPLICATION_AUDIO, &error);
  OpusDecoder* const decoder = opus_decoder_create(audio::sample_rate, 1, &error);
  for (OpusEncoder* one : {encoder, microphone}) {
    opus_encoder_ctl(one, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(one, OPUS_SET_BITRATE(32'000));
  }
  const std::size_t packets =
      static_cast<std::size_t>(time.count()) * audio::sample_rate / audio::packet_samples;
  std::vector<std::vector<unsigned char>> sent;
  for (std::size_t i = 0; i < packets; ++i) {
    sent.emplace_back(4'000);
    const int size = opus_encode_float(microphone, &room[i * audio::packet_samples % (room.size() - 480)],
                                       480, sent.back().data(), 4'000);
    sent.back().resize(static_cast<std::size_t>(size));
  }
  audio::Resampler resampler(audio::sample_rate, 16'000);
  std::vector<unsigned char> packet(4'000);
  audio::Samples heard(audio::packet_samples);
  const double before = cpu_seconds();
  opus_int32 made = 0;
  for (std::size_t i = 0; i < packets; ++i) {
    made += opus_encode_float(encoder, &voice[i * audio::packet_samples % (voice.size() - 480)], 480,
                              packet.data(), 4'000);
    made +=
        opus_decode_float(decoder, sent[i].data(), static_cast<int>(sent[i].size()), heard.data(), 480, 0);
    benchmark::DoNotOptimize(resampler.feed(heard).data());
  }
  benchmark::DoNotOptimize(made);
  const double cpu = cpu_seconds() - before;
  opus_encoder_destroy(encoder);
  opus_encoder_destroy(microphone);
  opus_decoder_destroy(decoder);
  return cpu;
}

void speaking_sessions(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const audio::Samples voice = test::Room(-60).voice(5'000).samples();
  const audio::Samples room = test::Room(-55).quiet(6'000).samples();
  const double seconds = std::chrono::duration<double>(conversation_time).count();
  for (auto _ : state) {
    Conversations conversations(count, voice, room);
    const double floor = bare_codec(voice, room, conversation_time);
    const double cpu = conversations.hold(conversation_time) / static_cast<double>(count);
    state.SetIterationTime(cpu);
    state.counters["cpu_ms_a_second"] = 1'000 * cpu / seconds;
    state.counters["floor_ms_a_second"] = 1'000 * floor / seconds;
    state.counters["ratio"] = cpu / floor;
    state.counters["turn_delay_count"] =
        static_cast<double>(conversations.host.metrics.turn_server_delay.Collect().histogram.sample_count);
  }
}
BENCHMARK(speaking_sessions)->Arg(20)->Arg(50)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace unmuted::bench

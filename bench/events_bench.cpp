// The wire: reading what a client says, writing what we say.
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "events/realtime/dialect.hpp"
#include "events/realtime/read.hpp"
#include "events/unmute/dialect.hpp"
#include "events/unmute/read.hpp"

namespace unmuted::bench {
namespace {

void parse(benchmark::State& state, const std::string& text) {
  for (auto _ : state) benchmark::DoNotOptimize(events::unmute::read(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

const std::string update_text =
    R"({"type":"session.update","event_id":"event_0123456789","session":{"voice":"unmuted/charles.wav",)"
    R"("instructions":{"type":"constant","text":"Be brief and kind.","language":"en"},"allow_recording":false}})";
// 40 ms of Ogg Opus as the browser sends it: about 400 bytes before base64.
const std::string audio_text =
    R"({"type":"input_audio_buffer.append","audio":")" + std::string(536, 'A') + R"("})";

BENCHMARK_CAPTURE(parse, list, std::string(R"({"type":"session.characters.list"})"));
BENCHMARK_CAPTURE(parse, update, update_text);
BENCHMARK_CAPTURE(parse, audio, audio_text);
BENCHMARK_CAPTURE(parse, malformed, std::string(R"({"type":"session.update","session":{"voice":3}})"));

// 40 ms of PCM16 at 24 kHz, as clients of OpenAI's interface send it.
void parse_realtime_audio(benchmark::State& state) {
  const std::string text =
      R"({"type":"input_audio_buffer.append","audio":")" + std::string(2'560, 'A') + R"("})";
  for (auto _ : state) benchmark::DoNotOptimize(events::realtime::read(text, {}));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(parse_realtime_audio);

void encode_realtime_audio(benchmark::State& state) {
  const auto dialect = events::realtime_dialect();
  std::vector<std::string> frames;
  dialect->write(events::ReplyStarted{TurnId{1}, "v", {}, "item_1"}, {}, frames);
  dialect->write(events::WordReady{TurnId{1}, "hello", {true, ""}}, {}, frames);
  const events::Notice sound = events::AudioSpoken{TurnId{1}, audio::Samples(audio::frame_samples)};
  for (auto _ : state) {
    frames.clear();
    dialect->write(sound, {}, frames);
    benchmark::DoNotOptimize(frames);
  }
}
BENCHMARK(encode_realtime_audio);

void encode(benchmark::State& state, const events::Notice& notice, std::string_view answers) {
  const auto dialect = events::unmute_dialect();  // which encodes sound
  std::vector<std::string> frames;
  for (auto _ : state) {
    frames.clear();
    dialect->write(notice, answers, frames);
    benchmark::DoNotOptimize(frames);
  }
}

void encode_text_delta(benchmark::State& state) {
  encode(state, events::WordSpoken{TurnId{1}, "hello"}, {});
}
BENCHMARK(encode_text_delta);

void encode_audio_delta(benchmark::State& state) {
  encode(state, events::AudioSpoken{TurnId{1}, audio::Samples(audio::frame_samples)}, {});
}
BENCHMARK(encode_audio_delta);

void encode_listed(benchmark::State& state) {
  events::CastListed listed;
  listed.directory = "/srv/casts/evening";
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    listed.characters.push_back(
        {"Character " + std::to_string(i), true, "One of many", "en", "voices/v.wav", {"a"}});
  }
  encode(state, listed, "event_0123456789");
}
BENCHMARK(encode_listed)->Arg(20)->Arg(200);

}  // namespace
}  // namespace unmuted::bench

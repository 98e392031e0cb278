#include "services/embedded/espeak.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "audio/wav.hpp"
#include "core/unicode.hpp"

namespace unmuted::embedded {
namespace {

constexpr float espeak_gain = 1.15F;  // as loud as flite's

Error no_sound(const std::string& why) {
  return {"service_unavailable", "gives no sound: what it wrote " + why, ""};
}

std::vector<std::size_t> spread(const Clause& clause, std::size_t samples) {
  std::size_t whole = 0;
  for (const Clause::Word& word : clause.words) whole += word.text.size() + 1;
  std::vector<std::size_t> begins;
  std::size_t before = 0;
  for (const Clause::Word& word : clause.words) {
    begins.push_back(samples * before / whole);
    before += word.text.size() + 1;
  }
  return begins;
}

Error of_espeak(const Error& error) {
  return {error.code,
          "The embedded speech failed: espeak-ng " + error.message + " (is the package espeak-ng installed?)",
          ""};
}

}  // namespace

Result<Sound> Espeak::speak(const EspeakVoice& voice, const Clause& clause,
                            const std::stop_token& unwanted) const {
  const std::string name = voice.language + (voice.variant.empty() ? "" : "+" + voice.variant);
  const std::vector<std::string> arguments{
      program, "-v", name,      "-s",      std::to_string(voice.rate), "-p", std::to_string(voice.pitch),
      "-b",    "1",  "--stdin", "--stdout"};
  const auto file = run_child(arguments, clause.text() + "\n", limits, unwanted);
  if (!file) return tl::unexpected(of_espeak(file.error()));
  if (file->empty()) return Sound{{}, std::vector<std::size_t>(clause.words.size(), 0)};
  const auto wav = audio::read_wav(std::as_bytes(std::span(*file)));
  if (!wav) return tl::unexpected(of_espeak(no_sound(wav.error().message)));
  Sound sound{converted(audio::to_pcm16(wav->samples), wav->rate, espeak_gain), {}};
  sound.begins = spread(clause, sound.samples.size());
  return sound;
}

Result<void> Espeak::check(const std::stop_token& unwanted) const {
  const auto version = run_child({program, "--version"}, "", limits, unwanted);
  if (!version) return tl::unexpected(of_espeak(version.error()));
  return {};
}

}  // namespace unmuted::embedded

#include "services/embedded/espeak.hpp"

#include <algorithm>
#include <cstddef>

#include "core/unicode.hpp"

namespace unmuted::embedded {
namespace {

constexpr float espeak_gain = 1.15F;  // as loud as flite's

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

tl::unexpected<Error> no_wave(std::string message) {
  return fail("service_unavailable", std::move(message));
}

/// The body of the chunk of that name; the last may claim more than there is.
std::string_view find_chunk(std::string_view file, std::string_view name) {
  for (std::size_t at = 12; at + 8 <= file.size();) {
    const std::size_t length = little_endian(file.substr(at + 4, 4));
    if (file.substr(at, 4) == name) return file.substr(at + 8, length);
    at += 8 + length + length % 2;
  }
  return {};
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

Result<Wave> read_wave(std::string_view file) {
  if (!file.starts_with("RIFF") || file.substr(0, 12).substr(8) != "WAVE") return no_wave("gives no sound");
  const std::string_view format = find_chunk(file, "fmt ");
  const std::string_view data = find_chunk(file, "data");
  if (format.size() < 16 || little_endian(format.substr(2, 2)) != 1 ||
      little_endian(format.substr(14, 2)) != 16) {
    return no_wave("gives sound of an unknown form");
  }
  Wave wave{static_cast<int>(std::min(little_endian(format.substr(4, 4)), 1'000'000U)), {}};
  if (wave.rate < 8'000 || wave.rate > 192'000) return no_wave("gives sound of an unknown rate");
  wave.samples.resize(data.size() / 2);
  for (std::size_t i = 0; i < wave.samples.size(); ++i) {
    wave.samples[i] = static_cast<std::int16_t>(little_endian(data.substr(2 * i, 2)));
  }
  return wave;
}

Result<Sound> Espeak::speak(const EspeakVoice& voice, const Clause& clause,
                            const std::stop_token& unwanted) const {
  const std::string name = voice.language + (voice.variant.empty() ? "" : "+" + voice.variant);
  const std::vector<std::string> arguments{
      program, "-v", name,      "-s",      std::to_string(voice.rate), "-p", std::to_string(voice.pitch),
      "-b",    "1",  "--stdin", "--stdout"};
  const auto file = run_child(arguments, clause.text() + "\n", limits, unwanted);
  if (!file) return tl::unexpected(of_espeak(file.error()));
  if (file->empty()) return Sound{{}, std::vector<std::size_t>(clause.words.size(), 0)};
  const auto wave = read_wave(*file);
  if (!wave) return tl::unexpected(of_espeak(wave.error()));
  Sound sound{converted(wave->samples, wave->rate, espeak_gain), {}};
  sound.begins = spread(clause, sound.samples.size());
  return sound;
}

Result<void> Espeak::check(const std::stop_token& unwanted) const {
  const auto version = run_child({program, "--version"}, "", limits, unwanted);
  if (!version) return tl::unexpected(of_espeak(version.error()));
  return {};
}

}  // namespace unmuted::embedded

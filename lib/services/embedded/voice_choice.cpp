#include "services/embedded/voice_choice.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace unmuted::embedded {
namespace {

struct EnglishVoice {
  std::string_view speaker;
  double pitch, rate, formants;
};

// Ten who can be told apart.
constexpr std::array<EnglishVoice, 10> english_voices{{{"slt", 174, 1, 1},
                                                       {"awb", 131, 1, 1},
                                                       {"rms", 0, 1, 1},
                                                       {"slt", 225, 1, 1.12},
                                                       {"rms", 0, 1, 0.9},
                                                       {"awb", 170, 1, 1.1},
                                                       {"slt", 148, 0.95, 0.93},
                                                       {"rms", 0, 1.05, 1.13},
                                                       {"awb", 102, 0.91, 0.97},
                                                       {"kal16", 92, 1, 1}}};

struct OtherVoice {
  std::string_view variant;
  int pitch;
};

constexpr std::array<OtherVoice, 10> other_voices{{{"m3", 45},
                                                   {"f3", 45},
                                                   {"m1", 70},
                                                   {"f2", 65},
                                                   {"m7", 30},
                                                   {"f5", 50},
                                                   {"m5", 10},
                                                   {"f4", 80},
                                                   {"m2", 90},
                                                   {"f1", 20}}};

/// FNV-1a: the same on every machine and in every version.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash ^ (hash >> 32U);  // its low bits alone know little of the last signs
}

/// Draws from a hash, one number after the other.
std::size_t draw(std::uint64_t& hash, std::size_t count) {
  const std::size_t drawn = hash % count;
  hash /= count;
  return drawn;
}

/// Two who drew the same voice still differ a little.
double nuance(std::uint64_t& hash, double step) {
  return 1 + step * (static_cast<double>(draw(hash, 3)) - 1);
}

EmbeddedVoice english_voice(std::uint64_t hash) {
  const EnglishVoice& drawn = english_voices.at(draw(hash, english_voices.size()));
  FliteVoice voice{.speaker = std::string(drawn.speaker)};
  voice.formants = drawn.formants * nuance(hash, 0.02);
  voice.rate = drawn.rate * nuance(hash, 0.04);
  voice.pitch = drawn.pitch * nuance(hash, 0.04);
  return voice;
}

EmbeddedVoice voice_of(std::string language, std::uint64_t hash) {
  const OtherVoice& drawn = other_voices.at(draw(hash, other_voices.size()));
  EspeakVoice voice{.language = std::move(language), .variant = std::string(drawn.variant)};
  voice.pitch = drawn.pitch + 3 * static_cast<int>(draw(hash, 4));
  voice.rate = 160 + 6 * static_cast<int>(draw(hash, 4));
  return voice;
}

}  // namespace

EmbeddedVoice choose_voice(const VoiceChoice& choice) {
  if (const auto named = read_embedded_voice(choice.name_for("embedded"))) return *named;
  const std::uint64_t hash = hash_of(choice.path);
  auto language = espeak_language(choice.language);
  if (!language || *language == "en" || language->starts_with("en-")) return english_voice(hash);
  return voice_of(std::move(*language), hash);
}

}  // namespace unmuted::embedded

// A WAV file from anywhere: its sound or a refusal, and no more of it than so many bytes can be worth.

#include "audio/wav.hpp"

#include <cmath>

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unmuted;
  const auto wav = audio::read_wav({reinterpret_cast<const std::byte*>(data), size});
  if (!wav) {
    FUZZ_CHECK(wav.error().code == "invalid_audio" && !wav.error().message.empty());
    return 0;
  }
  FUZZ_CHECK(wav->rate >= 4'000 && wav->rate <= 192'000 && wav->samples.size() <= size / 2);
  for (const float sample : wav->samples) FUZZ_CHECK(std::abs(sample) <= 1.0F);
  const auto again = audio::read_wav(audio::write_wav(wav->samples, wav->rate));
  FUZZ_CHECK(again && again->rate == wav->rate && again->samples.size() == wav->samples.size());
  return 0;
}

#include "audio/sound_form.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace unmuted::audio {
namespace {

Samples tone(std::size_t samples) {
  Samples all(samples);
  for (std::size_t i = 0; i < samples; ++i)
    all[i] = 0.5F * std::sin(static_cast<float>(i) * 2 * 3.14159265F * 440 / sample_rate);
  return all;
}

std::vector<std::byte> written(SoundForm form, const Samples& samples, std::size_t piece) {
  PlainSoundWriter writer(form);
  std::vector<std::byte> bytes;
  const auto add = [&](std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  for (std::size_t at = 0; at < samples.size(); at += piece)
    add(writer.write(std::span(samples).subspan(at, std::min(piece, samples.size() - at))));
  add(writer.finish());
  return bytes;
}

Samples read(SoundForm form, std::span<const std::byte> bytes, std::size_t piece) {
  PlainSoundReader reader(form);
  Samples samples;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto more = reader.read(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    samples.insert(samples.end(), more.begin(), more.end());
  }
  return samples;
}

TEST(PlainSound, Pcm16ComesOutAsItWas) {
  const Samples sound = tone(4'801);
  const auto bytes = written(SoundForm::pcm16, sound, 1'920);
  EXPECT_EQ(bytes.size(), sound.size() * 2);
  for (const std::size_t piece : {1U, 3U, 960U, 100'000U}) {  // also where a sample is torn
    const Samples heard = read(SoundForm::pcm16, bytes, piece);
    ASSERT_EQ(heard.size(), sound.size());
    for (std::size_t i = 0; i < heard.size(); ++i) ASSERT_NEAR(heard[i], sound[i], 1.0 / 32'000);
  }
}

TEST(PlainSound, TelephonesHaveAThirdOfTheSamples) {
  const Samples sound = tone(24'000);
  for (const SoundForm form : {SoundForm::mu_law, SoundForm::a_law}) {
    const auto bytes = written(form, sound, 1'920);
    EXPECT_NEAR(static_cast<double>(bytes.size()), 8'000, 1);
    PlainSoundReader reader(form);
    EXPECT_EQ(reader.samples_in(bytes.size()), bytes.size() * 3);
    const Samples heard = read(form, bytes, 160);
    EXPECT_NEAR(static_cast<double>(heard.size()), 24'000, 200);  // the filter holds some back
    double difference = 0;
    for (std::size_t i = 1'000; i < 20'000; ++i) difference += std::abs(heard[i] - sound[i]);
    EXPECT_LT(difference / 19'000, 0.03);
  }
}

TEST(PlainSound, ClipsWhatIsTooLoud) {
  const auto bytes = written(SoundForm::pcm16, {2.0F, -2.0F}, 2);
  EXPECT_EQ(read(SoundForm::pcm16, bytes, 4), (Samples{32'767.0F / 32'768, -1.0F}));
}

}  // namespace
}  // namespace unmuted::audio

#include "audio/sound_form.hpp"

#include <cstdint>

#include "audio/g711.hpp"

namespace unmuted::audio {
namespace {

constexpr int telephone_rate = 8'000;

int rate_of(SoundForm form) {
  return form == SoundForm::pcm16 ? sample_rate : telephone_rate;
}

}  // namespace

PlainSoundReader::PlainSoundReader(SoundForm form) : form_(form), resampler_(rate_of(form), sample_rate) {}

std::size_t PlainSoundReader::samples_in(std::size_t bytes) const {
  return form_ == SoundForm::pcm16 ? bytes / 2 : bytes * (sample_rate / telephone_rate);
}

std::span<const float> PlainSoundReader::read(std::span<const std::byte> bytes) {
  if (form_ != SoundForm::pcm16) {
    samples_ =
        resampler_.feed(from_pcm16(form_ == SoundForm::mu_law ? from_mu_law(bytes) : from_a_law(bytes)));
    return samples_;
  }
  samples_.clear();
  samples_.reserve(bytes.size() / 2 + 1);
  const auto put = [this](std::byte low, std::byte high) {
    const auto bits =
        static_cast<std::uint16_t>(std::to_integer<unsigned>(low) | (std::to_integer<unsigned>(high) << 8U));
    samples_.push_back(static_cast<float>(static_cast<std::int16_t>(bits)) / 32768.0F);
  };
  if (half_ && !bytes.empty()) {
    put(*half_, bytes.front());
    half_.reset();
    bytes = bytes.subspan(1);
  }
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) put(bytes[i], bytes[i + 1]);
  if (bytes.size() % 2 != 0) half_ = bytes.back();
  return samples_;
}

PlainSoundWriter::PlainSoundWriter(SoundForm form) : form_(form), resampler_(sample_rate, rate_of(form)) {}

std::span<const std::byte> PlainSoundWriter::write(std::span<const float> samples) {
  return form_ == SoundForm::pcm16 ? put(samples) : put(resampler_.feed(samples));
}

std::span<const std::byte> PlainSoundWriter::finish() {
  return form_ == SoundForm::pcm16 ? std::span<const std::byte>() : put(resampler_.finish());
}

std::span<const std::byte> PlainSoundWriter::put(std::span<const float> samples) {
  if (form_ != SoundForm::pcm16) {
    const std::vector<std::int16_t> pcm = to_pcm16(samples);
    bytes_ = form_ == SoundForm::mu_law ? to_mu_law(pcm) : to_a_law(pcm);
    return bytes_;
  }
  bytes_.resize(samples.size() * 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto bits = static_cast<std::uint16_t>(to_pcm16(samples[i]));
    bytes_[2 * i] = static_cast<std::byte>(bits & 0xFFU);
    bytes_[2 * i + 1] = static_cast<std::byte>(bits >> 8U);
  }
  return bytes_;
}

}  // namespace unmuted::audio

#include "services/openai/speech_sound.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "audio/wav.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "net/http.hpp"
#include "services/refusal.hpp"

namespace unmuted::openai {
namespace {

constexpr std::size_t enough_to_tell = 12;         ///< bytes
constexpr std::size_t max_wav_head = 64U << 10U;   ///< bytes
constexpr std::uint32_t of_a_stream = 0x7FFF0000;  ///< a length from here on is not known

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Signature {
  std::string_view begin;
  std::string_view name;
};
constexpr std::array signatures = std::to_array<Signature>(
    {{"ID3", "MP3"}, {"OggS", "Ogg"}, {"fLaC", "FLAC"}, {"\x1A\x45\xDF\xA3", "WebM"}});

/// Bare samples may begin like a frame of MP3, too.
bool may_be_mp3(std::string_view bytes, std::string_view type) {
  const bool named = type == "audio/mpeg" || type == "audio/mp3";
  return named && bytes.size() > 1 && bytes[0] == '\xFF' &&
         (static_cast<unsigned>(bytes[1]) & 0xE0U) == 0xE0U;
}

bool is_text(std::string_view bytes, std::string_view type) {
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
         bytes.starts_with("{\"") || lower_ascii(bytes.substr(0, 9)) == "<!doctype";
}

/// What a body is that is no sound of ours; empty when it may be.
std::string other_than_sound(std::string_view bytes, std::string_view type) {
  for (const Signature& signature : signatures) {
    if (bytes.starts_with(signature.begin)) return std::string(signature.name);
  }
  if (may_be_mp3(bytes, type)) return "MP3";
  return bytes.size() > 7 && bytes.substr(4, 4) == "ftyp" ? "MP4" : "";
}

/// In "audio/pcm;rate=16000", or ours.
int rate_of(std::string_view content_type) {
  const std::string type = lower_ascii(content_type);
  const std::size_t at = type.find("rate=");
  if (at == std::string::npos || at == 0 || (type[at - 1] != ';' && type[at - 1] != ' '))
    return audio::sample_rate;
  int rate = 0;
  std::from_chars(type.data() + at + 5, type.data() + type.size(), rate);
  return rate >= 8'000 && rate <= 192'000 ? rate : audio::sample_rate;
}

}  // namespace

SpeechSound::SpeechSound(std::string content_type)
    : content_type_(std::move(content_type)), rate_(rate_of(content_type_)) {}

Result<audio::Samples> SpeechSound::feed(std::string_view bytes) {
  bytes_ += bytes;
  if (auto found = find_form(false); !found) return tl::unexpected(found.error());
  return form_ == Form::sound ? take_sound() : audio::Samples();
}

Result<audio::Samples> SpeechSound::end() {
  if (auto found = find_form(true); !found) return tl::unexpected(found.error());
  audio::Samples samples = form_ == Form::sound ? take_sound() : audio::Samples();
  if (resampler_) {
    const audio::Samples rest = resampler_->finish();
    samples.insert(samples.end(), rest.begin(), rest.end());
  }
  return samples;
}

/// By what the body begins with: servers send WAV for PCM, and PCM under the name of MP3.
Result<void> SpeechSound::find_form(bool ended) {
  if (form_ == Form::unknown && (ended || bytes_.size() >= enough_to_tell) && !bytes_.empty()) {
    const std::string_view begin = bytes_;
    const std::string type = net::media_type(content_type_);
    if (is_text(begin, type)) {
      return fail_unavailable("it answered 200 with " + shorten(printable(type), 100) +
                              ", no sound: " + failure_text(begin));
    }
    if (const std::string other = other_than_sound(begin, type); !other.empty()) {
      return fail_unavailable("it answered with " + other + "; expected PCM, for which it was asked");
    }
    form_ = begin.starts_with("RIFF") ? Form::wav_header : Form::pcm;
  }
  if (form_ == Form::wav_header) {
    if (auto read = read_header(ended); !read) return read;
  }
  if (form_ == Form::pcm) {
    if (rate_ != audio::sample_rate) resampler_.emplace(rate_, audio::sample_rate);
    form_ = Form::sound;
  }
  return {};
}

Result<void> SpeechSound::read_header(bool ended) {
  const auto head = audio::read_wav_head(as_bytes(bytes_));
  if (!head) return fail_unavailable("it answered with a RIFF file that " + head.error().message);
  if (!*head) {
    if (bytes_.size() > max_wav_head) {
      return fail_unavailable("it answered with a WAV file whose header is too long");
    }
    return ended ? fail_unavailable("its WAV file broke off in its header") : Result<void>();
  }
  rate_ = (*head)->rate;
  samples_ = (*head)->form;
  const std::uint32_t length = (*head)->sound_bytes;
  if (length > 0 && length < of_a_stream) bytes_left_ = length;
  bytes_.erase(0, (*head)->sound_at);
  form_ = Form::pcm;
  return {};
}

audio::Samples SpeechSound::take_sound() {
  std::size_t usable = std::min(bytes_.size(), bytes_left_.value_or(bytes_.size()));
  usable -= usable % samples_.bytes();
  audio::Samples samples = audio::read_samples(as_bytes(bytes_).first(usable), samples_);
  bytes_.erase(0, usable);
  if (bytes_left_) *bytes_left_ -= usable;
  if (bytes_left_ && *bytes_left_ < samples_.bytes()) bytes_.clear();  // what follows is no sound
  return resampler_ ? resampler_->feed(samples) : samples;
}

}  // namespace unmuted::openai

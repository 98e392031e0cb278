#include "probe/sound_files.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_sound_file = 64U << 20U;
constexpr std::size_t max_sound_seconds = 600;

tl::unexpected<Problem> unusable(const std::string& path, const std::string& why) {
  return environment_problem("the sound " + printable(path) + " " + why);
}

/// The bytes of a regular file; a pipe might have no end.
Resolved<std::vector<std::byte>> content_of(const std::string& path) {
  std::error_code fault;
  const auto status = std::filesystem::status(path, fault);
  if (fault) return unusable(path, "cannot be read: " + fault.message());
  if (!std::filesystem::is_regular_file(status))
    return unusable(path, "cannot be read: it is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return unusable(path, "cannot be read: " + std::string(std::strerror(errno)));
  const auto size = std::filesystem::file_size(path, fault);
  if (fault) return unusable(path, "cannot be read: " + fault.message());
  if (size > max_sound_file) return unusable(path, "is larger than 64 MiB");
  std::vector<std::byte> bytes(size);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

audio::Samples resampled(audio::Samples sound, int rate) {
  if (rate == audio::sample_rate) return sound;
  audio::Resampler resampler(rate, audio::sample_rate);
  audio::Samples result = resampler.feed(sound);
  const audio::Samples rest = resampler.finish();
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

}  // namespace

Resolved<audio::Samples> read_sound(const std::string& path) {
  const auto bytes = content_of(path);
  if (!bytes) return tl::unexpected(bytes.error());
  auto wav = audio::read_wav(*bytes);
  if (!wav) return unusable(path, wav.error().message);
  if (wav->samples.size() > max_sound_seconds * static_cast<std::size_t>(wav->rate)) {
    return unusable(path, "is longer than ten minutes");
  }
  return resampled(std::move(wav->samples), wav->rate);
}

Outcome write_sound(const std::string& path, std::span<const float> sound) {
  const auto bytes = audio::write_wav(sound);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return unusable(path, "cannot be written: " + std::string(std::strerror(errno)));
  return {};
}

}  // namespace unmuted::probe

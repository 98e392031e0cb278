#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted {

/// Where cloned voices are kept, for as long as a visit takes. Any thread; outlives the loops of those who
/// ask.
class VoiceStore {
 public:
  static constexpr std::chrono::seconds lifetime{3600};

  virtual ~VoiceStore() = default;

  /// Keeps `voice`, as the cloning service gave it, for `lifetime`. Error: service_unavailable.
  virtual net::awaitable<Result<void>> put(std::string name, std::string voice) = 0;

  /// The bytes that are kept under the name; nothing where there are none, or where they cannot be had, which
  /// the log says. Takes three seconds at most.
  virtual net::awaitable<std::optional<std::string>> get(std::string name) = 0;

  /// Whether it works. Takes two seconds at most.
  virtual net::awaitable<bool> up() = 0;
};

/// What the names of cloned voices begin with.
inline constexpr std::string_view cloned_voice_prefix = "custom:";

/// A name that cannot be guessed: the prefix and a UUID. Whoever knows it may speak with the voice.
std::string new_voice_name();

/// Whether a voice is one that was cloned, by its name.
bool is_cloned_voice(std::string_view name);

}  // namespace unmuted

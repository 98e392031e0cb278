#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "metrics/metrics.hpp"
#include "net/asio.hpp"
#include "net/name_lookup.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted {

struct KyutaiOptions {
  std::string url;  ///< ws or wss, before "/api/…": "ws://localhost:8089"
  std::string api_key =
      "public_token";   ///< what a service takes that was set up like Kyutai's; never in a message
  std::string ca_file;  ///< certificates to trust besides the system's; none when empty
  /// The time of one search for a place, shared by up to three addresses that the host has.
  std::chrono::milliseconds search_patience{1'500};
  /// Before the second search; each further one is half as long again.
  std::chrono::milliseconds capacity_pause{50};
  std::chrono::milliseconds stall_patience{
      10'000};  ///< of a service that has something to do and says nothing
  std::chrono::milliseconds close_patience{1'000};  ///< for the closing handshake; then the connection is cut
  std::chrono::milliseconds health_timeout{2'000};
  net::NameLookupOptions names;

  // Of speech-in.
  std::chrono::milliseconds keep_idle{
      15'000};  ///< without sound the place is given back; the service waits 20 s
  std::chrono::milliseconds max_behind{10'000};  ///< of sound that the service has not listened to

  // Of speech-out.
  std::size_t max_waiting = 5 * std::size_t{audio::sample_rate};  ///< samples that nobody has asked for
  /// The message that holds the voice of a path "custom:…", as the service that cloned it gave it; nothing:
  /// it is not known, or not any more. Called on the thread of the stream. Null: no such voice is known.
  std::function<net::awaitable<std::optional<std::string>>(std::string voice)> custom_voice;
};

// Kyutai's speech services, which moshi-server runs. A stream has one of the service's few places, from its
// first word or sound on, and gives it back by closing the connection, however it ends. A service that has no
// place, or that cannot be reached, is asked five times. Does not connect yet. `metrics` lives longer.
// Errors: invalid_url, invalid_configuration.
//
// The streams fail with service_at_capacity, service_unavailable, and voice_not_found.

Result<std::unique_ptr<TextToSpeech>> kyutai_text_to_speech(KyutaiOptions options, Metrics& metrics);

/// Hears everything. A stream that is given no sound for a while has no place meanwhile.
Result<std::unique_ptr<SpeechToText>> kyutai_speech_to_text(KyutaiOptions options, Metrics& metrics);

}  // namespace unmuted

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/worker_pool.hpp"
#include "net/asio.hpp"
#include "net/http_client.hpp"
#include "services/voice_store.hpp"

namespace unmuted {

/// Makes voices of recordings, by a service with the interface of Kyutai's, and has them kept. Any thread.
class VoiceCloning {
 public:
  struct Options {
    std::string url;  ///< of the service: http or https, without the paths of its interface
    std::size_t max_at_once = 16;
    std::size_t max_voice = 8U << 20U;           ///< bytes of what the service makes
    std::chrono::milliseconds patience{60'000};  ///< for a voice
  };

  /// `store` and `pool` outlive it. Errors: invalid_url, invalid_configuration.
  static Result<std::unique_ptr<VoiceCloning>> create(Options options, VoiceStore& store, WorkerPool& pool);

  /// The name under which the voice of the recording – the bytes of a sound file – can be spoken with from
  /// now on. Errors: service_unavailable, service_at_capacity, timed_out, recording_refused (by the service).
  /// Messages are for the client, and name the service.
  net::awaitable<Result<std::string>> clone(std::string recording);

  /// Whether the service answers and voices can be kept. Takes two seconds at most.
  net::awaitable<bool> up();

 private:
  VoiceCloning(Options options, net::HttpClient client, VoiceStore& store, WorkerPool& pool);

  net::awaitable<Result<std::string>> ask_for_voice(std::string recording);

  const Options options_;
  const net::HttpClient client_;
  VoiceStore& store_;
  WorkerPool::Share chores_;
  std::atomic<std::size_t> under_way_ = 0;
};

/// Whether that is an address of such a service. Errors: invalid_url.
Result<void> check_cloning_url(const std::string& url);

}  // namespace unmuted

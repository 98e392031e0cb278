#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "characters/module_registry.hpp"
#include "core/result.hpp"
#include "core/worker_pool.hpp"
#include "server/config.hpp"

namespace unmuted {

class CharacterSet;

/// A running server with threads of its own. Nothing in it is process-wide: any number may live in one
/// process. All members are for the thread that made it.
class Server {
 public:
  explicit Server(Config config);
  /// Closes every session without waiting for it to be drained, and joins all threads.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// All of a start that concerns no network: checks the configuration and loads the default cast. Opens no
  /// port. Errors: invalid_configuration, and those of loading the directory (directory_not_found …). A
  /// directory in which nothing loads is no error.
  Result<void> load();

  /// Listens, and starts the threads; loads before, where load() has not. Errors: address_in_use,
  /// invalid_address, and those of load().
  Result<void> start();

  /// Reads the default cast's directory again. On failure nothing changes. Blocks, also while the pool's gate
  /// is shut. Error: besides those of loading, service_at_capacity.
  Result<void> reload_default();
  /// The same without waiting for it, as SIGHUP does: the log tells what came of it.
  void request_default_reload();
  /// Reads the certificate and its key again, for connections that come later; those there are keep theirs.
  /// The log tells what came of it; on failure nothing changes. Does nothing without TLS.
  void request_certificate_reload();

  /// Admits no more sessions and ends those there are within the drain timeout: each is closed with 1001 once
  /// the reply under way in it has ended; towards the end of the time that reply is ended, and at its end the
  /// connection is cut. The listener answers until then, and for `lame_duck` at the least (within the drain
  /// timeout): /readyz with 503. Then all threads end. False when a job of the pool still runs a quarter of a
  /// second later – a file system that hangs, most likely: then the destructor waits for it.
  bool drain(std::chrono::milliseconds lame_duck = {});

  /// Whether authors of this machine may inspect casts, at /inspect.
  [[nodiscard]] bool has_inspector() const;
  [[nodiscard]] std::uint16_t port() const;
  /// Whether clients of this machine may load every directory.
  [[nodiscard]] bool any_directory() const;
  [[nodiscard]] std::string url() const;  ///< "http://127.0.0.1:8000", with TLS "https://127.0.0.1:8000"
  /// The last day on which the certificate is valid, "2027-01-31"; empty without TLS.
  [[nodiscard]] std::string certificate_valid_until() const;
  /// Whether that day is past.
  [[nodiscard]] bool certificate_expired() const;

  // What tests and tools look at. Any thread.
  [[nodiscard]] std::shared_ptr<const CharacterSet> default_cast() const;
  [[nodiscard]] std::size_t session_count() const;
  [[nodiscard]] const ModuleRegistry& modules() const;
  [[nodiscard]] std::size_t living_characters() const;
  [[nodiscard]] WorkerPool& pool();
  [[nodiscard]] std::string metrics_text() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted

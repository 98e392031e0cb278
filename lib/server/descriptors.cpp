#include "server/descriptors.hpp"

#include <algorithm>
#include <thread>

#include "server/config.hpp"

namespace unmuted {
namespace {

/// Its connection, and one for the reply under way.
std::size_t of_a_session(const Config& config) {
  return config.llm_url.empty() ? 1 : 2;
}

std::size_t of_all_else(const Config& config) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t network = config.threads != 0 ? config.threads : cores;
  const std::size_t pool = config.pool_threads != 0 ? config.pool_threads : std::max<std::size_t>(2, cores);
  // A network thread has its loop and idle connections to a model, a pool thread a directory and its files.
  return 64 + config.spare_connections + 24 * network + 16 * pool;
}

}  // namespace

std::size_t descriptors_needed(const Config& config) {
  return of_all_else(config) + of_a_session(config) * config.max_sessions;
}

std::optional<std::string> descriptor_shortage(const Config& config, std::size_t limit) {
  const std::size_t needed = descriptors_needed(config);
  if (limit >= needed) return std::nullopt;
  const std::size_t others = of_all_else(config);
  std::string text = "This process may have " + std::to_string(limit) + " files and connections open, and " +
                     std::to_string(config.max_sessions) + " sessions can want " + std::to_string(needed) +
                     ": raise that limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= of Docker)";
  if (limit <= others) return text;
  const std::size_t fitting = (limit - others) / of_a_session(config);
  return text + " or start with --max-sessions " + std::to_string(std::max<std::size_t>(1, fitting));
}

}  // namespace unmuted

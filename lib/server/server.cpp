#include "server/server.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "core/clock.hpp"
#include "core/timezone.hpp"
#include "core/utf8.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "server/listener.hpp"
#include "server/network_thread.hpp"
#include "server/services.hpp"
#include "server/web_files.hpp"
#include "session/casts.hpp"
#include "session/host.hpp"

namespace unmuted {

namespace asio = net::asio;

namespace {

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  return !error && ip.is_loopback();
}

/// On loopback everything may be loaded by those who are of this machine; else only what is beneath a root.
bool any_directory(const Config& config) {
  return config.character_roots.empty() && is_loopback(config.address) && !config.behind_proxy;
}

DirectoryPolicy directory_policy(const Config& config) {
  if (any_directory(config)) return DirectoryPolicy::allow_any();
  return DirectoryPolicy::beneath(config.character_roots);
}

unsigned cores() {
  return std::max(1U, std::thread::hardware_concurrency());
}

unsigned network_threads(const Config& config) {
  return config.threads != 0 ? config.threads : cores();
}

/// Behind a proxy all connections have its address.
ConnectionRegistry::Limits connection_limits(const Config& config) {
  return {config.max_sessions + config.spare_connections, config.behind_proxy ? 0 : config.max_per_address};
}

net::WebSocketOptions websocket_options(const Config& config) {
  net::WebSocketOptions options;
  options.ping_interval = config.ping_interval;
  options.message_patience_tight = config.message_patience_tight;
  options.partial_messages = std::make_shared<MemoryBudget>(config.partial_messages);
  return options;
}

SessionHost::Options host_options(const Config& config) {
  SessionHost::Options options;
  options.pool.threads = config.pool_threads != 0 ? config.pool_threads : std::max(2U, cores());
  options.session_metrics = config.session_metrics;
  options.script_memory = config.script_memory_total;
  options.script_limits = config.script_limits;
  options.load_limits = config.load_limits;
  options.policy = directory_policy(config);
  options.remote_policy = DirectoryPolicy::beneath(config.character_roots);
  options.log = config.log;
  return options;
}

}  // namespace

// Destroyed from the bottom up: the loops with all that waits in them, then what that refers to.
class Server::Implementation {
 public:
  explicit Implementation(Config the_config)
      : config(std::move(the_config)),
        host(host_options(config)),
        context{config,
                with_settings(host.environment),
                SessionRegistry(config.max_sessions, network_threads(config)),
                Access({config.allowed_origins, is_loopback(config.address), config.behind_proxy}),
                websocket_options(config),
                host.log,
                ConnectionRegistry(connection_limits(config), host.metrics, host.log)} {}

  ~Implementation() {
    stop();
    host.stop();  // what it still delivers wakes the loops
  }

  Result<void> load() {
    if (auto found = find_services(); !found) return found;
    for (const std::string& origin : config.allowed_origins) {
      if (auto allowed = check_allowed_origin(origin); !allowed) return allowed;
    }
    if (auto read = context.certificate.read(); !read) return read;
    if (!config.web.empty()) {
      if (auto found = check_web_folder(config.web); !found) return found;
    }
    if (auto done = casts.load_default(config.characters); !done) return done;
    is_loaded = true;
    return {};
  }

  Result<void> start() {
    if (!is_loaded) {
      if (auto now = load(); !now) return now;
    }
    for (unsigned i = 0; i < network_threads(config); ++i) {
      threads.push_back(std::make_unique<NetworkThread>());
      context.threads.push_back(&threads.back()->io);
    }
    auto listening = listen_on(threads.front()->io, config.address, config.port);
    if (!listening) return tl::unexpected(listening.error());
    acceptor.emplace(std::move(*listening));
    port = acceptor->local_endpoint().port();
    asio::co_spawn(threads.front()->io, accept_connections(*acceptor, context), asio::detached);
    const auto on_bug = [this](const std::exception* bug) {
      host.metrics.hard_errors.Increment();
      host.log->error("network_thread internal_error what={}",
                      printable(bug != nullptr ? bug->what() : "unknown"));
    };
    for (const auto& thread : threads) thread->start(on_bug);
    return {};
  }

  bool drain(std::chrono::milliseconds lame_duck) {
    const TimePoint began = Clock::now();
    const auto time = std::max(config.drain_timeout, a_moment);  // a word of farewell is always due
    const TimePoint end = began + time;
    const auto last_words = std::clamp(time / 5, a_moment, std::chrono::milliseconds(1'000));
    context.sessions.send_away(Leave::after_reply);
    if (!wait_until_empty(end - last_words)) {
      context.sessions.send_away(Leave::now);
      wait_until_empty(end);
    }
    std::this_thread::sleep_until(std::min(began + lame_duck, end));
    return stop();
  }

  Result<void> reload_default() {
    auto done = std::make_shared<std::promise<Result<void>>>();
    auto result = done->get_future();
    auto job = [done, this] {
      auto loaded = casts.replace_default("default");
      done->set_value(loaded ? Result<void>() : tl::unexpected(loaded.error().error));
    };
    const bool accepted = context.default_loads.submit(std::move(job)).has_value();
    if (!accepted) return fail("service_at_capacity", "The server is too busy to load the default cast");
    return result.get();
  }

  void request_default_reload() {
    if (reload_waits.exchange(true)) return;  // the one that waits will read it as it is now
    auto job = [this] {
      reload_waits = false;
      casts.replace_default("default");
    };
    if (context.default_loads.submit(std::move(job))) return;
    reload_waits = false;
    host.log->warn("default_reload_failed: too many wait");
  }

  void request_certificate_reload() {
    if (config.tls_certificate.empty()) return;
    auto job = [this] {
      const auto read = context.certificate.read();
      if (!read) {
        host.log->error("certificate_reload_failed error={}: the one before is still shown",
                        read.error().message);
        return;
      }
      const std::string until = context.certificate.valid_until();
      const auto level = context.certificate.expired() ? spdlog::level::warn : spdlog::level::info;
      host.log->log(level, "certificate_reloaded file={} valid_until={}", printable(config.tls_certificate),
                    until);
    };
    if (!context.chores.submit(std::move(job))) host.log->warn("certificate_reload_failed: too many wait");
  }

  const Config config;
  SessionHost host;
  ServerContext context;
  Casts casts{host.environment};
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<NetworkThread>> threads;
  std::optional<asio::ip::tcp::acceptor> acceptor;

 private:
  bool wait_until_empty(TimePoint until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    return context.sessions.wait_until_empty(std::max(left, std::chrono::milliseconds(0)));
  }

  /// Ends all threads but those of the pool. False when a job of it does not end.
  bool stop() {
    if (!std::exchange(stopped, true)) {
      if (acceptor) asio::post(threads.front()->io, [this] { acceptor->close(); });
      context.sessions.send_away(Leave::cut);
      // What sessions that have ended left to be written or deleted.
      if (host.environment.recordings != nullptr) host.environment.recordings->wait_until_written(a_moment);
      host.pool.stop();
      // Cut connections end within a turn of their loops; what is bound to a dead peer is not waited for.
      if (port != 0) context.sessions.wait_until_empty(a_moment);
      for (const auto& thread : threads) thread->io.stop();
      for (const auto& thread : threads) thread->join();
    }
    return host.pool.wait_until_idle(a_moment);
  }

  static constexpr std::chrono::milliseconds a_moment{250};
  bool is_loaded = false;
  bool stopped = false;
  std::atomic<bool> reload_waits{false};  ///< a reload that was requested has not begun

  Result<void> find_services() {
    auto recordings = find_recordings(config, host);
    if (!recordings) return tl::unexpected(recordings.error());
    host.use(std::move(*recordings));
    auto voices = find_voice_store(config, host);
    if (!voices) return tl::unexpected(voices.error());
    host.use(std::move(*voices));
    auto cloning = find_voice_cloning(config, host);
    if (!cloning) return tl::unexpected(cloning.error());
    host.use(std::move(*cloning));
    auto model = find_language_model(config, host);
    if (!model) return tl::unexpected(model.error());
    host.use(std::move(*model));
    auto speech = find_text_to_speech(config, host);
    if (!speech) return tl::unexpected(speech.error());
    host.use(std::move(*speech));
    auto hearing = find_speech_to_text(config, host);
    if (!hearing) return tl::unexpected(hearing.error());
    host.use(std::move(*hearing));
    return {};
  }

  const SessionEnvironment& with_settings(SessionEnvironment& environment) {
    environment.timezone = system_timezone();
    environment.script_log = config.script_log;
    environment.llm_name = config.llm_model;
    environment.audio_lead = config.audio_lead;
    environment.words_per_minute = config.words_per_minute;
    environment.outbox_bytes = config.outbox_bytes;
    environment.unread_events = std::make_shared<MemoryBudget>(config.unread_events);
    environment.idle_timeout = config.idle_timeout;
    environment.slow_reader = config.slow_reader;
    environment.default_cast_replaced = [this] { context.published_voices.update(host.default_cast); };
    return environment;
  }
};

Server::Server(Config config) : implementation_(std::make_unique<Implementation>(std::move(config))) {}
Server::~Server() = default;

Result<void> Server::load() {
  return implementation_->load();
}

Result<void> Server::start() {
  return implementation_->start();
}

Result<void> Server::reload_default() {
  return implementation_->reload_default();
}

void Server::request_default_reload() {
  implementation_->request_default_reload();
}

void Server::request_certificate_reload() {
  implementation_->request_certificate_reload();
}

bool Server::drain(std::chrono::milliseconds lame_duck) {
  return implementation_->drain(lame_duck);
}

bool Server::any_directory() const {
  return unmuted::any_directory(implementation_->config);
}

std::uint16_t Server::port() const {
  return implementation_->port;
}

std::string Server::url() const {
  const std::string& address = implementation_->config.address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  const bool secure = !implementation_->config.tls_certificate.empty();
  return (secure ? "https://" : "http://") + host + ":" + std::to_string(port());
}

std::string Server::certificate_valid_until() const {
  return implementation_->context.certificate.valid_until();
}

bool Server::certificate_expired() const {
  return implementation_->context.certificate.expired();
}

CharacterSetPtr Server::default_cast() const {
  return implementation_->host.default_cast.get();
}
std::size_t Server::session_count() const {
  return implementation_->context.sessions.size();
}
const ModuleRegistry& Server::modules() const {
  return *implementation_->host.modules;
}
std::size_t Server::living_characters() const {
  return implementation_->host.store->size();
}
WorkerPool& Server::pool() {
  return implementation_->host.pool;
}
std::string Server::metrics_text() const {
  return unmuted::metrics_text(implementation_->context.environment);
}

}  // namespace unmuted

#include "options.hpp"

#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include "net/redis_address.hpp"
#include "net/url.hpp"
#include "server/config.hpp"
#include "server/origin.hpp"
#include "services/chat_request.hpp"
#include "services/model_address.hpp"
#include "services/speech_address.hpp"
#include "services/voice_cloning.hpp"

namespace unmuted {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// Empty where it is not set.
std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

tl::unexpected<Error> invalid(const std::string& message) {
  return fail("invalid_configuration", message);
}

Result<void> check_exposure(const Options& options, const std::string& address) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  if (error) return invalid("--listen: expected ADDRESS:PORT with an IP address, got " + options.listen);
  if (!ip.is_loopback() && !options.no_auth) {
    return invalid(
        "--listen " + options.listen +
        " can be reached by others and nobody is asked for a password: say --no-auth if that is meant");
  }
  return {};
}

Result<void> check_certificate(const Options& options) {
  if (options.tls_certificate.empty() == options.tls_key.empty()) return {};
  return invalid(options.tls_key.empty() ? "--tls-cert needs --tls-key with it, the key of the certificate"
                                         : "--tls-key needs --tls-cert with it, the certificate of the key");
}

Result<void> check_access(const Options& options) {
  for (const std::string& root : options.character_roots) {
    std::error_code error;
    if (!std::filesystem::is_directory(root, error))
      return invalid("--character-root: no such directory: " + root);
  }
  for (const std::string& origin : options.allowed_origins) {
    if (auto allowed = check_allowed_origin(origin); !allowed) return allowed;
  }
  return {};
}

Result<void> check_voices(const Options& options) {
  if (!options.voice_cloning.empty()) {
    if (const auto url = check_cloning_url(options.voice_cloning); !url)
      return invalid("--voice-cloning: " + url.error().message);
  }
  if (!options.redis.empty()) {
    if (const auto address = net::RedisAddress::of(options.redis); !address)
      return invalid("--redis: " + address.error().message);
  }
  return {};
}

}  // namespace

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", "unmuted " UNMUTED_VERSION);
  app.set_config("--config", "", "Read flags from a TOML or INI file: listen = \"127.0.0.1:8000\"");
  app.allow_config_extras(false);
  app.footer(
      "Examples:\n"
      "  unmuted                                      the default cast, on http://127.0.0.1:8000\n"
      "  unmuted --characters my-cast --listen 127.0.0.1:9000\n"
      "  unmuted --character-root /srv/casts          sessions load only what lies beneath\n"
      "  unmuted --check                              is the configuration fine? (exit 0, 1 or 2)\n"
      "Signals: SIGTERM and SIGINT drain and stop, SIGHUP reads the default cast and the certificate again.");
  const auto flag = [&app](const std::string& name, auto& value, const std::string& text) {
    std::string environment = "UNMUTED_" + name;
    for (char& c : environment)
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return app.add_option("--" + name, value, text)->envname(environment)->capture_default_str();
  };
  flag("listen", options.listen, "ADDRESS:PORT to listen on; port 0 is any free one");
  flag("tls-cert", options.tls_certificate,
       "PEM file with the server's certificate, and behind it those that lead to a known authority: the "
       "server "
       "then speaks TLS (https, wss) only. Read again at SIGHUP");
  flag("tls-key", options.tls_key, "PEM file with the certificate's key, which has no password");
  flag("characters", options.characters, "The default cast's directory");
  flag("character-root", options.character_roots,
       "Sessions may load directories beneath this one only (repeatable; by default clients of this machine "
       "may "
       "load any directory when listening on loopback, and all others only the default cast's)");
  flag("web", options.web,
       "Directory that the web page is served from, as its files are at each request, for who works on the "
       "page "
       "(default: as it was when the server was built)");
  flag("threads", options.threads, "Network threads; 0 is one a core")->check(CLI::Range(0, 256));
  flag("max-sessions", options.max_sessions, "Sessions at a time")->check(CLI::Range(1, 1'000'000));
  flag("max-per-address", options.max_per_address,
       "Connections of one address at a time, sessions and others; 0 is any number. This machine has no "
       "bound, "
       "nor has anybody with --behind-proxy")
      ->check(CLI::Range(0, 1'000'000));
  flag("allow-origin", options.allowed_origins,
       "Web pages and apps that may connect, by their origin, such as https://example.org or "
       "tauri://localhost; * is all (repeatable; default http://localhost and http://localhost:3000)");
  app.add_flag(
         "--behind-proxy", options.behind_proxy,
         "Every request comes through a reverse proxy: nobody counts as a client of this machine, and the "
         "proxy says by which name the server was asked (see docs/proxy.md)")
      ->envname("UNMUTED_BEHIND_PROXY");
  app.add_flag("--no-auth", options.no_auth,
               "Listen on a public address although nobody is asked for a password");
  app.add_option("--llm", options.llm,
                 "URL of an OpenAI-compatible server, or scripted: characters answer by their own script or "
                 "rehearse. "
                 "An API key is read from the environment: KYUTAI_LLM_API_KEY")
      ->envname("KYUTAI_LLM_URL")
      ->capture_default_str();
  app.add_option("--llm-model", options.llm_model,
                 "The model to ask for; default: the only one that the server has")
      ->envname("KYUTAI_LLM_MODEL");
  flag("llm-extra", options.llm_extra,
       "JSON object that is merged into each request to the language model; null removes a parameter: "
       "{\"temperature\": null}");
  flag("llm-patience", options.llm_patience,
       "Seconds to wait for the first byte of a reply, also while the server loads its model")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option(
         "--tts", options.tts,
         "Speech out: embedded (flite for English, espeak-ng for all other languages; on this machine, "
         "without a network), the URL of a speech server (http: OpenAI's interface, ws: Kyutai's), or "
         "off: replies are text only. An API key is read from the environment: UNMUTED_TTS_API_KEY")
      ->envname("KYUTAI_TTS_URL")
      ->capture_default_str();
  flag("tts-model", options.tts_model, "The model that an OpenAI-compatible server speaks with");
  flag("tts-voice", options.tts_voice,
       "The voice that an OpenAI-compatible server gives to characters that name none for it");
  app.add_option(
         "--stt", options.stt,
         "Speech in: embedded (pocketsphinx, English), the URL of a speech server (http: OpenAI's "
         "interface, ws: Kyutai's), or off: nothing is heard. An API key is read from the environment: "
         "UNMUTED_STT_API_KEY")
      ->envname("KYUTAI_STT_URL")
      ->capture_default_str();
  flag("stt-model", options.stt_model,
       "The model that an OpenAI-compatible server listens with; of embedded, the directory of a model of "
       "pocketsphinx (default: that of the package pocketsphinx-en-us)");
  app.add_option("--voice-cloning", options.voice_cloning,
                 "URL of a voice cloning service of Kyutai's: clients may then upload recordings and have "
                 "characters speak with their voices")
      ->envname("KYUTAI_VOICE_CLONING_URL");
  app.add_option(
         "--redis", options.redis,
         "URL of a Redis server (redis://[user:password@]host:port/database, or rediss:// for TLS) in "
         "which cloned voices are kept, so that several servers share them; default: in memory")
      ->envname("KYUTAI_REDIS_URL");
  app.add_option("--recordings-dir", options.recordings_dir,
                 "Directory in which sessions are recorded whose users allow it, without the users' sound; "
                 "default: none is")
      ->envname("KYUTAI_RECORDINGS_DIR");
  flag("audio-lead", options.audio_lead,
       "Milliseconds that sound is sent ahead of the moment at which it is to be heard, a frame (80) at the "
       "least. It is what still is heard of a reply that is interrupted")
      ->check(CLI::Range(80, 2000));
  flag("pace", options.words_per_minute,
       "Words a minute at which a reply counts as spoken while there is no voice; 0 is at once")
      ->check(CLI::Range(0, 100'000));
  flag("log-format", options.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
  flag("log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  flag("script-log", options.script_log, "What characters log appears in the log: on or off")
      ->check(CLI::IsMember({"on", "off"}));
  flag("session-metrics", options.session_metrics, "Metrics with a series per session: on or off")
      ->check(CLI::IsMember({"on", "off"}));
  flag("script-memory-total", options.script_memory_total,
       "Bytes that all characters' scripts may use together")
      ->check(CLI::Range(std::size_t{16} << 20U, std::size_t{1} << 40U));
  flag("ping-interval", options.ping_interval,
       "Seconds of quiet before a client is pinged; after twice that it is gone")
      ->check(CLI::Range(0.01, 3600.0));
  flag(
      "idle-timeout", options.idle_timeout,
      "Seconds after which a session is closed in which nothing happens: no event either way, no reply under "
      "way; 0 is never")
      ->check(CLI::Range(0.0, 1'000'000.0));
  flag("drain-timeout", options.drain_timeout, "Seconds that sessions have to end when the server stops")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_flag("--check", options.check, "Check the configuration and the default cast, then exit");
}

Result<Config> to_config(const Options& options) {
  const auto listen = net::parse_url("http://" + options.listen);
  const bool free_port = options.listen.ends_with(":0");
  if (!listen && !free_port) return invalid("--listen: expected ADDRESS:PORT, got " + options.listen);
  Config config;
  if (free_port) {
    const auto host = net::parse_url("http://" + options.listen.substr(0, options.listen.size() - 2));
    if (!host) return invalid("--listen: expected ADDRESS:PORT, got " + options.listen);
    config.address = host->host;
    config.port = 0;
  } else {
    if (listen->target != "/" || options.listen.find(':') == std::string::npos) {
      return invalid("--listen: expected ADDRESS:PORT, got " + options.listen);
    }
    config.address = listen->host;
    config.port = static_cast<std::uint16_t>(std::stoi(listen->port));
  }
  if (config.address == "localhost") config.address = "127.0.0.1";
  if (auto exposed = check_exposure(options, config.address); !exposed)
    return tl::unexpected(exposed.error());
  if (auto checked = check_access(options); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_certificate(options); !checked) return tl::unexpected(checked.error());
  config.tls_certificate = options.tls_certificate;
  config.tls_key = options.tls_key;
  config.characters = options.characters;
  config.character_roots = options.character_roots;
  config.web = options.web;
  if (const auto extra = read_extra_parameters(options.llm_extra); !extra)
    return tl::unexpected(extra.error());
  if (options.llm != "scripted") {
    if (const auto url = ModelAddress::of(options.llm); !url) return invalid("--llm: " + url.error().message);
    config.llm_url = options.llm;
    config.llm_api_key = environment("KYUTAI_LLM_API_KEY");
  }
  config.llm_model = options.llm_model;
  config.llm_extra = options.llm_extra;
  config.llm_patience = milliseconds(options.llm_patience);
  for (const auto& [flag, address] : {std::pair("--tts", &options.tts), {"--stt", &options.stt}}) {
    if (const auto read = SpeechAddress::of(*address); !read)
      return invalid(std::string(flag) + ": " + read.error().message);
  }
  config.tts = options.tts;
  config.tts_model = options.tts_model;
  config.tts_voice = options.tts_voice;
  config.tts_api_key = environment("UNMUTED_TTS_API_KEY");
  config.stt = options.stt;
  config.stt_model = options.stt_model;
  config.stt_api_key = environment("UNMUTED_STT_API_KEY");
  if (auto checked = check_voices(options); !checked) return tl::unexpected(checked.error());
  config.voice_cloning = options.voice_cloning;
  config.redis = options.redis;
  config.recordings_dir = options.recordings_dir;
  config.audio_lead = std::chrono::milliseconds(options.audio_lead);
  config.words_per_minute = options.words_per_minute;
  config.threads = options.threads;
  config.max_sessions = options.max_sessions;
  config.max_per_address = options.max_per_address;
  if (!options.allowed_origins.empty()) config.allowed_origins = options.allowed_origins;
  config.behind_proxy = options.behind_proxy;
  config.script_log = options.script_log == "on";
  config.session_metrics = options.session_metrics == "on";
  config.script_memory_total = options.script_memory_total;
  config.ping_interval = milliseconds(options.ping_interval);
  config.idle_timeout = milliseconds(options.idle_timeout);
  config.drain_timeout = milliseconds(options.drain_timeout);
  return config;
}

}  // namespace unmuted

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "characters/files/cast_snapshot.hpp"
#include "characters/script/state.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

/// What a server is started with. Defaults are those of the command line, but for speech.
struct Config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8000;    ///< 0: any free one, see Server::port
  std::string tls_certificate;  ///< PEM file; empty: the server is reached in clear
  std::string tls_key;          ///< PEM file, of that certificate
  unsigned threads = 0;         ///< network threads; 0: one a core
  unsigned pool_threads = 0;    ///< for scripts and for loads, each; 0: one a core, at least two

  std::string characters = "characters";     ///< the default cast's directory
  std::vector<std::string> character_roots;  ///< what sessions may load; empty: see DirectoryPolicy
  std::vector<std::string> allowed_origins = {"http://localhost", "http://localhost:3000"};
  std::string web;            ///< the folder that the web page is read from; empty: as it was built in
  bool behind_proxy = false;  ///< every request comes through a proxy: nobody counts as of this machine

  std::size_t max_sessions = 10'000;
  std::size_t spare_connections = 1024;  ///< so many more connections than sessions may be open
  std::size_t max_per_address = 500;     ///< connections of one address, sessions and others; 0: any number
  std::chrono::milliseconds first_request{
      5'000};  ///< the time a connection has for TLS and the head of its first one
  std::chrono::milliseconds ping_interval{20'000};
  std::chrono::milliseconds drain_timeout{10'000};
  std::size_t outbox_bytes = 1U << 20U;       ///< what may wait for one client
  std::size_t unread_events = 256U << 20U;    ///< what may wait for all clients, beyond 64 KiB of each
  std::chrono::milliseconds idle_timeout{0};  ///< a session in which nothing happens is closed; 0: never
  std::chrono::milliseconds message_patience_tight{2'000};  ///< see net::WebSocketOptions
  std::size_t partial_messages = 16U << 20U;  ///< bytes of messages that have come in part, of all clients
  std::chrono::milliseconds slow_reader{10'000};  ///< who does not read for so long is closed

  std::string llm_url;      ///< an OpenAI-compatible server; empty: replies by script or rehearsal only
  std::string llm_model;    ///< empty: the only one that the server has
  std::string llm_api_key;  ///< none when empty
  std::string llm_extra;    ///< a JSON object that is merged into each request; none when empty
  std::chrono::milliseconds llm_patience{180'000};     ///< the longest wait for the beginning of a reply
  std::chrono::milliseconds llm_idle_timeout{60'000};  ///< the longest silence after it
  std::string tts = "off";    ///< who speaks, see SpeechAddress; off: replies are text only
  std::string tts_model;      ///< of an OpenAI-compatible server
  std::string tts_voice;      ///< of such a server, for characters that name none
  std::string tts_api_key;    ///< none when empty
  std::string stt = "off";    ///< who listens; off: nobody
  std::string stt_model;      ///< of an OpenAI-compatible server; of embedded, the directory of another
  std::string stt_api_key;    ///< none when empty
  std::string voice_cloning;  ///< URL of a service of Kyutai's that clones voices; empty: nobody does
  std::chrono::milliseconds voice_cloning_patience{60'000};  ///< for a voice
  std::string redis;  ///< URL of the Redis server that keeps cloned voices; empty: this process does
  std::size_t uploads = 64U << 20U;  ///< bytes of uploads that may be under way, beyond 64 KiB of each
  std::string recordings_dir;        ///< where sessions are recorded whose users allow it; empty: none is
  std::chrono::milliseconds audio_lead{160};  ///< sound is sent at most so long before it is to be heard
  unsigned words_per_minute = 0;  ///< at which a reply counts as spoken where there is no voice; 0: at once

  bool script_log = true;
  bool session_metrics = true;
  std::size_t script_memory_total = 1U << 30U;  ///< bytes, all script states together
  std::shared_ptr<spdlog::logger> log;          ///< null: nothing is logged
  script::Limits script_limits;
  LoadLimits load_limits;
};

}  // namespace unmuted

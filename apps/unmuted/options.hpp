#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace CLI {
class App;
}

namespace unmuted {

struct Config;

/// The command line as it was given.
struct Options {
  std::string listen = "127.0.0.1:8000";
  std::string tls_certificate;
  std::string tls_key;
  std::string characters = "characters";
  std::vector<std::string> character_roots;
  std::string web;
  unsigned threads = 0;
  std::size_t max_sessions = 10'000;
  std::size_t max_per_address = 500;
  std::vector<std::string> allowed_origins;
  bool behind_proxy = false;
  bool no_auth = false;
  std::string llm = "scripted";
  std::string llm_model;
  std::string llm_extra;
  double llm_patience = 180;  ///< seconds
  std::string tts = "embedded";
  std::string tts_model;
  std::string tts_voice;
  std::string stt = "embedded";
  std::string stt_model;
  std::string voice_cloning;
  std::string redis;
  std::string recordings_dir;
  unsigned audio_lead = 160;  ///< milliseconds
  unsigned words_per_minute = 180;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string script_log = "on";
  std::string session_metrics = "on";
  std::size_t script_memory_total = 1U << 30U;
  double ping_interval = 20;  ///< seconds
  double idle_timeout = 0;    ///< seconds; 0: none
  double drain_timeout = 10;  ///< seconds
  bool check = false;
};

/// Declares every flag, its environment name and its limits. `options` outlives `app`.
void declare(CLI::App& app, Options& options);

/// Error: invalid_configuration.
Result<Config> to_config(const Options& options);

}  // namespace unmuted

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "audio/ogg_opus_reader.hpp"
#include "core/clock.hpp"
#include "probe/json_path.hpp"
#include "probe/page_rules.hpp"
#include "probe/voice_log.hpp"

namespace unmuted::probe {

/// One connection's ear: decodes what comes and writes down when it came.
class Hearing {
 public:
  /// More than this of sound is not written down, and told as a fault.
  static constexpr std::size_t max_seconds = 30 * 60;

  /// `strict`: what a browser could not play is a fault; else it is left out.
  Hearing(std::shared_ptr<VoiceLog> log, bool strict) : log_(std::move(log)), strict_(strict) {}

  /// The next event of the connection, whatever it is.
  void take(const Json& event, TimePoint arrived);

 private:
  VoiceLog::Reply& reply(TimePoint arrived);
  void hear(const Json& event, TimePoint arrived);
  void decode(std::span<const std::byte> audio, TimePoint arrived);
  void tell(std::string fault);

  std::shared_ptr<VoiceLog> log_;
  bool strict_;
  bool faulty_ = false;
  PageRules rules_;
  audio::OggOpusReader reader_;
  std::size_t samples_ = 0;
};

}  // namespace unmuted::probe

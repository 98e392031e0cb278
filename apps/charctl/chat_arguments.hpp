#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace unmuted::charctl {

/// Of `charctl chat`.
struct ChatArguments {
  std::string directory, name;
  std::string llm = "scripted", llm_model, llm_extra;
  double llm_patience = 180;  ///< seconds
  unsigned words_per_minute = 0;
  std::optional<std::uint64_t> seed;
  bool voice = false;
  std::string output, input;  ///< WAV files in place of loudspeaker and microphone
};

}  // namespace unmuted::charctl

#pragma once

#include <string_view>

namespace unmuted::events::realtime::noted {

// What a client sets that means nothing behind the dialect: Settings::noted has it by these names, which are
// its places in the session object.

inline constexpr std::string_view type = "type";
inline constexpr std::string_view input_format = "audio.input.format";
inline constexpr std::string_view output_format = "audio.output.format";
inline constexpr std::string_view speed = "audio.output.speed";
inline constexpr std::string_view noise_reduction = "audio.input.noise_reduction";
inline constexpr std::string_view transcribes = "audio.input.transcription";  ///< false: it is null
inline constexpr std::string_view transcription_model = "audio.input.transcription.model";
inline constexpr std::string_view transcription_language = "audio.input.transcription.language";
inline constexpr std::string_view transcription_prompt = "audio.input.transcription.prompt";
inline constexpr std::string_view threshold = "audio.input.turn_detection.threshold";
inline constexpr std::string_view prefix_padding = "audio.input.turn_detection.prefix_padding_ms";
inline constexpr std::string_view include = "include";
inline constexpr std::string_view prompt = "prompt";
inline constexpr std::string_view tracing = "tracing";
inline constexpr std::string_view truncation = "truncation";

}  // namespace unmuted::events::realtime::noted

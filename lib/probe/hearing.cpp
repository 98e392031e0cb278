#include "probe/hearing.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "audio/pcm.hpp"
#include "core/base64.hpp"

namespace unmuted::probe {
namespace {

/// Empty where there is no such text.
std::string text_of(const Json& event, const char* field) {
  const auto found = event.find(field);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void Hearing::take(const Json& event, TimePoint arrived) {
  if (!event.is_object()) return;
  const std::string type = text_of(event, "type");
  if (type == "response.audio.delta") {
    hear(event, arrived);
  } else if (type == "response.created") {
    log_->replies.push_back({arrived});
  } else if (type == "response.text.delta") {
    reply(arrived).words.push_back(arrived);
  } else if (type == "conversation.item.input_audio_transcription.delta") {
    log_->transcript.push_back({arrived, text_of(event, "delta")});
  } else if (type == "input_audio_buffer.speech_started") {
    log_->speech_started.push_back(arrived);
  } else if (type == "unmute.interrupted_by_vad") {
    log_->interruptions.push_back({arrived, log_->replies.size()});
  }
}

/// The one under way: what comes after its end is still of it.
VoiceLog::Reply& Hearing::reply(TimePoint arrived) {
  if (log_->replies.empty()) log_->replies.push_back({arrived});
  return log_->replies.back();
}

void Hearing::hear(const Json& event, TimePoint arrived) {
  const auto audio = base64_decode(text_of(event, "delta"));
  if (!audio) return tell("the audio of an event is not base64");
  if (const auto broken = rules_.broken_by(*audio)) tell(*broken);
  decode(*audio, arrived);
}

void Hearing::decode(std::span<const std::byte> audio, TimePoint arrived) {
  VoiceLog::Reply& heard = reply(arrived);
  std::size_t decoded = 0;
  while (const auto next = reader_.next(audio)) {
    if (const auto* error = std::get_if<Error>(&*next)) {
      tell(error->message);
      continue;
    }
    const auto sound = std::get<std::span<const float>>(*next);
    if (samples_ + sound.size() > max_seconds * audio::sample_rate) {
      tell("more than 30 minutes of sound came; the rest is not measured");
      break;
    }
    samples_ += sound.size();
    decoded += sound.size();
    const auto pcm = audio::to_pcm16(sound);
    heard.pcm.insert(heard.pcm.end(), pcm.begin(), pcm.end());
  }
  if (decoded > 0) heard.pieces.push_back({arrived, decoded});
}

/// The first of a connection: others mostly follow from it.
void Hearing::tell(std::string fault) {
  if (strict_ && !std::exchange(faulty_, true)) log_->faults.push_back(std::move(fault));
}

}  // namespace unmuted::probe

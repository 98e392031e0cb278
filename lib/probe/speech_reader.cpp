#include "probe/speech_reader.hpp"

#include <optional>
#include <string>

#include "probe/speech.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

/// What holds variables is looked at when they are known.
void check(const YAML::Node& node, const std::string& text,
           std::optional<std::string> (*fault_in)(const std::string&)) {
  if (text.find("${") != std::string::npos) return;
  if (const auto wrong = fault_in(text)) fault(node, *wrong);
}

void read_silence(Mapping& mapping, Speak& speak) {
  if (const auto time = mapping.take("then_silence")) speak.then_silence = to_duration(*time);
  mapping.finish();
}

std::string read_spoken_text(const YAML::Node& node) {
  std::string text = to_text(node);
  check(node, text, fault_in_text);
  return text;
}

}  // namespace

Speak read_speech(const YAML::Node& node) {
  if (node.IsScalar()) return {SpokenText{read_spoken_text(node), default_voice}, {}};
  Mapping mapping(node, "'say'");
  SpokenText spoken{read_spoken_text(mapping.need("text")), default_voice};
  if (const auto voice = mapping.take("voice")) {
    spoken.voice = to_text(*voice);
    check(*voice, spoken.voice, fault_in_voice);
  }
  Speak speak{std::move(spoken), {}};
  read_silence(mapping, speak);
  return speak;
}

Speak read_recording(const YAML::Node& node) {
  if (node.IsScalar()) return {AudioFile{to_text(node)}, {}};
  Mapping mapping(node, "'audio'");
  Speak speak{AudioFile{to_text(mapping.need("file"))}, {}};
  read_silence(mapping, speak);
  return speak;
}

}  // namespace unmuted::probe

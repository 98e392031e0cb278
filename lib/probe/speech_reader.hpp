#pragma once

#include <yaml-cpp/yaml.h>

#include "probe/scenario.hpp"

// How what is said stands in a scenario. All throw YamlFault.
namespace unmuted::probe {

/// A text, or a mapping of it and how it is spoken.
Speak read_speech(const YAML::Node& node);

/// The name of a WAV file, or a mapping of it and what follows.
Speak read_recording(const YAML::Node& node);

}  // namespace unmuted::probe

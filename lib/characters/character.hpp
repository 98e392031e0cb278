#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "characters/diagnostic.hpp"
#include "characters/script/state.hpp"

namespace unmuted {

struct SoundInstance {
  std::int64_t id = 0;
  std::string name, username, license;
};

struct Voice {
  std::string source_type;     ///< "file" or "freesound"
  std::string path_on_server;  ///< what the speech service is asked for
  std::optional<std::string> description, description_link;
  std::map<std::string, std::string, std::less<>> names;  ///< of it at other services: "embedded", "openai"
  std::optional<std::string> url;                         ///< freesound only, like the next two
  std::optional<double> start_time;                       ///< seconds
  std::optional<SoundInstance> sound_instance;
};

struct Instructions {
  std::string text;
  std::string language;  ///< "en", "fr", "en/fr", "fr/en" or a BCP 47 tag
  std::string shown;     ///< without its placeholders, where it has any; else empty

  /// The text as clients are told it.
  [[nodiscard]] const std::string& published() const { return shown.empty() ? text : shown; }
};

struct Tool {
  std::string name, description;
  /// JSON Schema of an object, as text: a tree of it would be the largest part of most characters.
  /// {"properties":{},"type":"object"} when not given.
  std::string parameters;
};

/// What a character is made of. Equal origins make equal characters: by this the store knows one again.
struct CharacterOrigin {
  std::string_view format;  ///< the name of one of formats::all(), or "ad-hoc"; not owned
  std::string file_name;    ///< within its directory
  std::string bytes;        ///< of the file; empty for a character that is made of none
  std::shared_ptr<const script::Resources> resources;  ///< those beside the file

  bool operator==(const CharacterOrigin& other) const;
};

/// Everything about a character that does not run. Immutable and shared by all sessions that loaded the same
/// bytes.
struct Character {
  CharacterOrigin origin;
  /// Whether the file is a script, which runs anew for each session that selects the character.
  bool runs = false;

  std::string name;
  Voice voice;
  Instructions instructions;
  std::optional<bool> good;
  std::optional<std::string> comment;
  std::vector<std::string> tags;
  std::optional<std::string> greeting;
  std::vector<std::string> vocabulary;  ///< phrases that it listens for
  std::vector<Tool> tools;
  bool has_system_prompt = false;
  bool has_reply = false;

  Position name_position, voice_position;  ///< where the file gives its name and the path of its voice
  std::vector<Diagnostic> warnings;  ///< found when it was loaded; none depends on the rest of the directory

  /// What of it runs: the file without a byte order mark. Empty when nothing does.
  [[nodiscard]] std::string_view script() const;
  [[nodiscard]] std::string stem() const;  ///< the file name without its extension
};

using CharacterPtr = std::shared_ptr<const Character>;

}  // namespace unmuted

#include "characters/records.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/ascii.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json voice_record(const Voice& voice) {
  json record{{"source_type", voice.source_type},
              {"path_on_server", voice.path_on_server},
              {"names", voice.names},
              {"description", or_null(voice.description)},
              {"description_link", or_null(voice.description_link)}};
  if (voice.source_type != "freesound") return record;
  record["url"] = or_null(voice.url);
  record["start_time"] = or_null(voice.start_time);
  record["sound_instance"] = nullptr;
  if (const auto& sound = voice.sound_instance) {
    record["sound_instance"] = {
        {"id", sound->id}, {"name", sound->name}, {"username", sound->username}, {"license", sound->license}};
  }
  return record;
}

}  // namespace

json record_of(const Diagnostic& diagnostic) {
  return {{"file", diagnostic.file},
          {"line", diagnostic.line},
          {"column", diagnostic.column},
          {"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"code", diagnostic.code},
          {"message", diagnostic.message},
          {"help", diagnostic.help}};
}

json record_of(const Character& character) {
  json tools = json::array();
  for (const Tool& tool : character.tools) {
    tools.push_back({{"name", tool.name},
                     {"description", tool.description},
                     {"parameters", json::parse(tool.parameters)}});
  }
  return {{"name", character.name},
          {"file", character.origin.file_name},
          {"format", character.origin.format},
          {"voice", voice_record(character.voice)},
          {"instructions",
           {{"text", character.instructions.text}, {"language", character.instructions.language}}},
          {"metadata",
           {{"good", or_null(character.good)},
            {"comment", or_null(character.comment)},
            {"tags", character.tags}}},
          {"greeting", or_null(character.greeting)},
          {"vocabulary", character.vocabulary},
          {"tools", tools},
          {"has_system_prompt", character.has_system_prompt},
          {"has_reply", character.has_reply}};
}

json prompt_record(const Character& character, const std::string& system_prompt) {
  return {{"character", character.name},
          {"system_prompt", system_prompt},
          {"greeting", or_null(character.greeting)},
          {"words", count_words(system_prompt)}};
}

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  while (true) {
    const std::size_t begin = text.find_first_not_of(ascii_white_space);
    if (begin == std::string_view::npos) return count;
    ++count;
    text.remove_prefix(begin);
    text.remove_prefix(std::min(text.find_first_of(ascii_white_space), text.size()));
  }
}

}  // namespace unmuted

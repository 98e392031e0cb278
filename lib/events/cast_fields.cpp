#include "events/cast_fields.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace unmuted::events {
namespace {

void write_problems(JsonWriter& w, std::string_view name, std::span<const FileProblem> problems) {
  w.array(name, problems, [&](const FileProblem& problem) {
    w.begin_object();
    w.field("file", problem.file);
    w.field("line", problem.line);
    w.field("code", problem.code);
    w.field("message", sent_message(problem));
    w.end_object();
  });
}

void write_characters(JsonWriter& w, const std::vector<CharacterSummary>& characters) {
  w.array("characters", characters, [&](const CharacterSummary& character) {
    w.begin_object();
    w.field("name", character.name);
    w.field("good", character.good);
    w.field("comment", character.comment);
    w.field("language", character.language);
    w.field("voice", character.voice);
    w.array("tags", character.tags, [&](const std::string& tag) { w.value(tag); });
    w.end_object();
  });
}

}  // namespace

void write_fields(JsonWriter& w, const CastLoaded& cast) {
  const std::span warnings(cast.warnings.data(), std::min(cast.warnings.size(), max_warnings));
  w.field("directory", cast.directory);
  w.field("loaded_count", cast.characters.size());
  w.field("error_count", cast.errors.size());
  w.field("total_files", cast.characters.size() + cast.errors.size());
  write_characters(w, cast.characters);
  write_problems(w, "errors", cast.errors);
  write_problems(w, "warnings", warnings);
}

void write_fields(JsonWriter& w, const CastListed& cast) {
  w.field("directory", cast.directory);
  w.field("character_count", cast.characters.size());
  write_characters(w, cast.characters);
  w.field("active", cast.active);
}

}  // namespace unmuted::events

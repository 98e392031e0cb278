#include "characters/formats/character_table.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/embedded_voice.hpp"
#include "characters/field_path.hpp"
#include "characters/formats/table.hpp"
#include "characters/speech_lint.hpp"
#include "characters/tool_schema.hpp"
#include "core/utf8.hpp"

namespace unmuted::formats {
namespace {

using nlohmann::json;
using Names = std::vector<std::string_view>;

const Names character_fields{"name",       "voice", "instructions",  "metadata", "greeting",
                             "vocabulary", "tools", "system_prompt", "reply"};
const Names file_voice_fields{"source_type", "path_on_server", "description", "description_link", "names"};
const Names freesound_voice_fields{"source_type", "path_on_server", "description",    "description_link",
                                   "url",         "start_time",     "sound_instance", "names"};
const Names sound_instance_fields{"id", "name", "username", "license"};
const Names instructions_fields{"text", "language"};
const Names metadata_fields{"good", "comment", "tags"};
const Names tool_fields{"name", "description", "parameters", "run"};

constexpr std::size_t max_tools = 10;
constexpr std::size_t max_tool_name = 50;
constexpr std::size_t max_tool_description = 200;  // characters
constexpr std::size_t max_tags = 20;
constexpr std::size_t max_voice_names = 8;
constexpr std::size_t max_phrases = 200;

constexpr TextRule short_text{.max_bytes = 500};
constexpr TextRule long_text{.max_bytes = 2'000, .many_lines = true};
constexpr TextRule name_rule{.max_bytes = 100, .required = true};
constexpr TextRule path_rule{.max_bytes = 500, .required = true};
constexpr TextRule voice_name_rule{.max_bytes = 100, .required = true};
constexpr TextRule prompt_rule{.max_bytes = 64U << 10U, .required = true, .many_lines = true};
constexpr TextRule tag_rule{.max_bytes = 50, .required = true};
constexpr TextRule phrase_rule{.max_bytes = 100, .required = true};

bool all_of(std::string_view text, int (*predicate)(int)) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return static_cast<unsigned char>(c) < 0x80 && predicate(c) != 0; });
}

/// The shape of a BCP 47 tag: a language of 2 or 3 letters, then parts of at most 8 letters or digits.
bool is_language_tag(std::string_view tag) {
  if (tag.size() > 35) return false;
  std::size_t end = tag.find('-');
  const std::string_view language = tag.substr(0, end);
  if (language.size() < 2 || language.size() > 3 || !all_of(language, std::isalpha)) return false;
  while (end != std::string_view::npos) {
    const std::size_t begin = end + 1;
    end = tag.find('-', begin);
    const std::string_view part = tag.substr(begin, end == std::string_view::npos ? end : end - begin);
    if (part.empty() || part.size() > 8 || !all_of(part, std::isalnum)) return false;
  }
  return true;
}

bool is_language(std::string_view language) {
  return language == "en/fr" || language == "fr/en" || is_language_tag(language);
}

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= max_tool_name && all_of(name.substr(0, 1), std::isalpha) &&
         all_of(name, [](int c) { return std::isalnum(c) | (c == '_' ? 1 : 0); });
}

std::optional<SoundInstance> read_sound_instance(Table& voice) {
  auto table = voice.table("sound_instance", false);
  if (!table) return std::nullopt;
  SoundInstance sound;
  // As a double it is exact up to 2^53, far beyond the sounds there are.
  const double id = table->number("id").value_or(0);
  if (id < 0 || id > 9e15 || std::trunc(id) != id) {
    table->problems().add(table->path_of("id"), "invalid-field", "must be a whole number");
  } else {
    sound.id = static_cast<std::int64_t>(id);
  }
  sound.name = table->text("name", short_text).value_or("");
  sound.username = table->text("username", short_text).value_or("");
  sound.license = table->text("license", short_text).value_or("");
  table->warn_of_others(sound_instance_fields);
  return sound;
}

void read_voice_names(Table& table, Voice& voice) {
  voice.names = table.texts_by_name("names", max_voice_names, voice_name_rule);
  const auto embedded = voice.names.find("embedded");
  if (embedded == voice.names.end()) return;
  const auto named = read_embedded_voice(embedded->second);
  if (named) return;
  table.problems().add(field_path(table.path_of("names"), "embedded"), "unknown-voice",
                       "names no embedded voice: " + named.error(), "without it one is chosen by the path");
}

Voice read_voice(Table table) {
  Voice voice;
  voice.source_type = table.text("source_type", {.max_bytes = 100, .required = true}).value_or("");
  const bool freesound = voice.source_type == "freesound";
  if (!voice.source_type.empty() && !freesound && voice.source_type != "file") {
    table.problems().add(table.path_of("source_type"), "invalid-field", "must be \"file\" or \"freesound\"");
  }
  voice.path_on_server = table.text("path_on_server", path_rule).value_or("");
  voice.description = table.text("description", long_text);
  voice.description_link = table.text("description_link", short_text);
  read_voice_names(table, voice);
  if (freesound) {
    voice.url = table.text("url", {.max_bytes = 500, .required = true});
    voice.start_time = table.number("start_time");
    voice.sound_instance = read_sound_instance(table);
  }
  table.warn_of_others(freesound ? freesound_voice_fields : file_voice_fields);
  return voice;
}

Instructions read_instructions(Table table) {
  Instructions instructions;
  instructions.text = table.text("text", prompt_rule).value_or("");
  instructions.language = table.text("language", {.max_bytes = 100}).value_or("en");
  const std::string path = table.path_of("language");
  if (!is_language(instructions.language)) {
    table.problems().add(path, "invalid-field",
                         "must be a language tag such as en, fr, en/fr, fr/en or pt-BR");
  } else if (const auto other = contradicting_language(instructions.text, instructions.language)) {
    table.problems().add(path, "language-mismatch",
                         "is " + instructions.language + ", but the text reads as " + std::string(*other),
                         "declare the language that the character speaks");
  }
  table.warn_of_others(instructions_fields);
  return instructions;
}

void read_metadata(Table table, Character& character) {
  character.good = table.boolean("good");
  character.comment = table.text("comment", long_text);
  character.tags = table.texts("tags", max_tags, tag_rule).value_or(std::vector<std::string>{});
  table.warn_of_others(metadata_fields);
}

/// Like Table::text, with the code of tools.
std::string read_tool_text(Table& table, std::string_view key, std::string_view rule) {
  const json* value = table.find(key);
  const bool is_text = value != nullptr && kind_of(*value) == "a string";
  if (!is_text)
    table.problems().add(table.path_of(key), "invalid-tool", std::string("must be ").append(rule));
  return is_text ? value->get<std::string>() : std::string();
}

json read_parameters(Table& table) {
  const json* value = table.find("parameters");
  if (value == nullptr) return {{"type", "object"}, {"properties", json::object()}};
  ToolSchema schema = read_tool_schema(*value, table.path_of("parameters"));
  for (const SchemaProblem& problem : schema.problems) {
    table.problems().add(problem.path, "invalid-tool", problem.message);
  }
  return std::move(schema.schema);
}

Tool read_tool(Table table) {
  static constexpr std::string_view name_form =
      "a letter, then letters, digits or '_', 50 characters at most";
  static constexpr std::string_view description_form = "a text of 1 to 200 characters";
  Tool tool;
  tool.name = read_tool_text(table, "name", name_form);
  if (!tool.name.empty() && !is_tool_name(tool.name)) {
    table.problems().add(table.path_of("name"), "invalid-tool", std::string("must be ").append(name_form));
  }
  tool.description = read_tool_text(table, "description", description_form);
  const bool described =
      table.find("description") != nullptr && kind_of(*table.find("description")) == "a string";
  const std::size_t length = utf8_length(tool.description);
  if (described && (length == 0 || length > max_tool_description)) {
    table.problems().add(table.path_of("description"), "invalid-tool",
                         std::string("must be ").append(description_form));
  }
  tool.parameters = read_parameters(table).dump(-1, ' ', false, json::error_handler_t::replace);
  const json* run = table.find("run");
  if (run == nullptr || kind_of(*run) != "a function") {
    table.problems().add(table.path_of("run"), "missing-tool-handler", "must be a function",
                         "add run = function(args, ctx) … end");
  }
  table.warn_of_others(tool_fields);
  return tool;
}

std::vector<Tool> read_tools(const json* value, Problems& problems) {
  std::vector<Tool> tools;
  if (value == nullptr || (value->empty() && !value->is_string())) return tools;
  if (!value->is_array()) {
    problems.add("tools", "invalid-field", "must be a list of tools, not " + std::string(kind_of(*value)));
    return tools;
  }
  if (value->size() > max_tools) {
    problems.add("tools", "invalid-tool",
                 "holds " + std::to_string(value->size()) + " tools; 10 are the limit");
    return tools;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const std::string path = field_path("tools", i + 1);
    const auto table = Table::of((*value)[i], path, problems);
    if (!table) continue;
    Tool tool = read_tool(*table);
    if (!tool.name.empty() && !names.insert(tool.name).second) {
      problems.add(field_path(path, "name"), "duplicate-tool",
                   "is the name of an earlier tool: " + tool.name);
    }
    tools.push_back(std::move(tool));
  }
  return tools;
}

}  // namespace

void read_character_table(const json& value, Character& character, Problems& problems) {
  auto whole = Table::of(value, "", problems);
  if (!whole) return;
  Table& table = *whole;
  character.name = table.text("name", name_rule).value_or("");
  if (auto voice = table.table("voice", true)) character.voice = read_voice(*voice);
  if (auto instructions = table.table("instructions", true))
    character.instructions = read_instructions(*instructions);
  if (auto metadata = table.table("metadata", false)) read_metadata(*metadata, character);
  character.greeting = table.text("greeting", long_text);
  if (character.greeting) {
    if (const auto part = unpronounceable_part(*character.greeting)) {
      problems.add("greeting", "unpronounceable", "holds " + *part, "a greeting is spoken word for word");
    }
  }
  character.vocabulary =
      table.texts("vocabulary", max_phrases, phrase_rule).value_or(std::vector<std::string>{});
  character.tools = read_tools(table.find("tools"), problems);
  character.has_system_prompt = table.function("system_prompt");
  character.has_reply = table.function("reply");
  table.warn_of_others(character_fields);
}

}  // namespace unmuted::formats

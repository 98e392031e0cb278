#include "server/published_voices.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "session/default_cast.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

template <class T>
void set_if(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

json source_of(const Voice& voice) {
  json source{{"source_type", voice.source_type}, {"path_on_server", voice.path_on_server}};
  set_if(source, "description", voice.description);
  set_if(source, "description_link", voice.description_link);
  set_if(source, "url", voice.url);
  set_if(source, "start_time", voice.start_time);
  if (const auto& sound = voice.sound_instance) {
    source["sound_instance"] = {
        {"id", sound->id}, {"name", sound->name}, {"username", sound->username}, {"license", sound->license}};
  }
  return source;
}

std::string list_of(const CharacterSet& set) {
  json list = json::array();
  for (const auto& character : set.characters()) {
    if (!character->good.value_or(false)) continue;
    list.push_back({{"name", character->name},
                    {"good", true},
                    {"instructions",
                     {{"type", "constant"},
                      {"text", character->instructions.published()},
                      {"language", character->instructions.language}}},
                    {"source", source_of(character->voice)}});
  }
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

void PublishedVoices::update(const DefaultCast& cast) {
  const std::lock_guard one_at_a_time(updating_);
  auto text = std::make_shared<const std::string>(list_of(*cast.get()));
  const std::lock_guard lock(mutex_);
  std::swap(text_, text);
}

std::shared_ptr<const std::string> PublishedVoices::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

}  // namespace unmuted

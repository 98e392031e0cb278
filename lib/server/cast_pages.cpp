#include "server/cast_pages.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "core/utf8.hpp"
#include "session/default_cast.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>unmuted</title>
<style>
body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; }
code { background: #8882; padding: .1em .3em; border-radius: .2em; }
</style>
</head>
<body>
<h1>unmuted</h1>
<p>A server for spoken conversations with characters runs here, version )" UNMUTED_VERSION R"(.
Clients connect by WebSocket to <code>/v1/realtime</code>; every connection has a cast of its own.</p>
)";

constexpr std::string_view foot = R"(<h2>Where to go on</h2>
<ul>
<li><a href="/v1/health">/v1/health</a>, <a href="/v1/voices">/v1/voices</a>, <a href="/metrics">/metrics</a></li>
<li>The folder <code>docs/</code> of the project: <code>protocol.md</code> for clients,
<code>characters.md</code> for authors.</li>
</ul>
</body>
</html>
)";

std::string start_page(const CharacterSet& set) {
  std::string page(head);
  page += "<h2>The default cast</h2>\n<ul>\n";
  for (const auto& character : set.characters()) {
    page += "<li>" + escape_markup(character->name);
    if (character->comment) page += " – " + escape_markup(*character->comment);
    page += "</li>\n";
  }
  if (set.characters().empty()) page += "<li>nobody: no character could be loaded</li>\n";
  page += "</ul>\n";
  page += foot;
  return page;
}

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

std::string voices(const CharacterSet& set) {
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

CastPages::Page shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

void CastPages::update(const DefaultCast& cast) {
  const std::lock_guard one_at_a_time(updating_);
  const CharacterSetPtr set = cast.get();
  Pages pages{shared(start_page(*set)), shared(voices(*set))};
  const std::lock_guard lock(mutex_);
  std::swap(pages_, pages);
}

CastPages::Pages CastPages::get() const {
  const std::lock_guard lock(mutex_);
  return pages_;
}

}  // namespace unmuted

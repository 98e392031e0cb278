#include "server/page.hpp"

#include <string_view>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

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

}  // namespace

std::string start_page(const CharacterSet& default_set) {
  std::string page(head);
  page += "<h2>The default cast</h2>\n<ul>\n";
  for (const auto& character : default_set.characters()) {
    page += "<li>" + escape_markup(character->name);
    if (character->comment) page += " – " + escape_markup(*character->comment);
    page += "</li>\n";
  }
  if (default_set.characters().empty()) page += "<li>nobody: no character could be loaded</li>\n";
  page += "</ul>\n";
  page += foot;
  return page;
}

}  // namespace unmuted

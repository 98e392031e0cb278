#include "server/replace_default.hpp"

#include <exception>

#include "core/utf8.hpp"
#include "server/context.hpp"
#include "session/session.hpp"

namespace unmuted {

tl::expected<CharacterSetPtr, ReloadFailure> replace_default(ServerContext& context,
                                                             const std::string& directory) {
  const SessionEnvironment& environment = context.environment;
  const CharacterSetPtr present = environment.default_cast.get();
  const std::string& wanted = directory == "default" ? present->directory() : directory;
  try {
    auto loaded = load_cast(environment.loader, environment.policy, wanted, present->directory());
    count_cast_load(environment.metrics, loaded ? (*loaded)->report() : loaded.error().report);
    if (!loaded) {
      environment.log->warn("default_reload_failed directory={} code={}", printable(wanted),
                            loaded.error().error.code);
      return loaded;
    }
    environment.default_cast.replace(*loaded);
    context.cast_pages.update(environment.default_cast);
    environment.metrics.default_characters.Set(static_cast<double>((*loaded)->report().loaded));
    environment.log->info("default_reloaded directory={} characters={} errors={}",
                          printable((*loaded)->directory()), (*loaded)->report().loaded,
                          (*loaded)->report().errors.size());
    return loaded;
  } catch (const std::exception& bug) {
    environment.log->error("default_reload_failed directory={} error={}", printable(wanted),
                           printable(bug.what()));
    return tl::unexpected(ReloadFailure{{"character_reload_failed", bug.what(), ""}, {}});
  }
}

}  // namespace unmuted

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "events/realtime/dialect.hpp"
#include "events/realtime/objects.hpp"
#include "events/realtime/read.hpp"

namespace unmuted::events {

using namespace realtime;

tl::expected<nlohmann::json, Refusal> realtime_session(nlohmann::json session) {
  Faults faults;
  if (!session.is_object()) {
    faults.expected("session", "an object", session);
    return tl::unexpected(std::move(faults).to_refusal({}, "invalid_event"));
  }
  SessionNames names{"sess_" + random_base62(12)};
  Fields fields(session, "session", faults);
  const Configure wanted = read_session(fields, false);
  if (!faults.empty()) return tl::unexpected(std::move(faults).to_refusal({}, "invalid_event"));
  if (wanted.name) names.model = *wanted.name;
  Configured told;
  told.settings = wanted.settings;
  told.voice = wanted.voice;
  JsonWriter w;
  write_session(w, names, told);
  return nlohmann::json::parse(w.take());
}

}  // namespace unmuted::events

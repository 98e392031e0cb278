#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "events/json_writer.hpp"

namespace unmuted::events::realtime {

/// Appends one event in its envelope. `write_fields` writes what it has beside that.
template <class Write>
void add_frame(std::vector<std::string>& frames, std::string_view type, Write write_fields,
               std::size_t expected_bytes = 256) {
  JsonWriter w;
  w.reserve(expected_bytes);
  w.begin_object();
  w.field("type", type);
  w.field("event_id", new_event_id());
  write_fields(w);
  w.end_object();
  frames.push_back(w.take());
}

/// An id that may be missing, as null.
inline void id_field(JsonWriter& w, std::string_view name, std::string_view id) {
  w.key(name);
  if (id.empty()) {
    w.value(nullptr);
  } else {
    w.value(id);
  }
}

}  // namespace unmuted::events::realtime

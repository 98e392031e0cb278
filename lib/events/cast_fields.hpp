#pragma once

#include "events/json_writer.hpp"
#include "events/notice.hpp"

namespace unmuted::events {

// What is said of casts, in every dialect of JSON alike: the fields of the event beside its envelope.

void write_fields(JsonWriter& w, const CastLoaded& cast);
void write_fields(JsonWriter& w, const CastListed& cast);

}  // namespace unmuted::events

#pragma once

#include <string>
#include <string_view>

namespace unmuted::net {

/// The strong entity tag of something that consists of these bytes, with its quotes, as in an ETag: equal
/// bytes have equal tags, others have others.
std::string entity_tag(std::string_view bytes);

/// Whether `tag` is among the tags of an If-None-Match, by the weak comparison that is due there (RFC 9110,
/// 13.1.2): the client has it already. "*" is every tag. Of a list that is none, what comes before the fault
/// counts.
bool names_entity_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace unmuted::net

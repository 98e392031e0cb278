#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "probe/json_path.hpp"

// What a scalar means by the core schema of YAML 1.2, in the words of JSON. Errors are sentences for a
// person.
namespace unmuted::probe {

/// A scalar without quotes and without a tag: null, a boolean, a number, or else a text. An integer of more
/// than 64 bits is a double, as JSON readers take it. The error: a number that JSON does not have, such as
/// `.inf`, `.nan` and `1e999`.
tl::expected<Json, std::string> plain_value(std::string_view text);

/// A scalar with the tag `tag`, in full ("tag:yaml.org,2002:int") or local ("!mine"). Errors: a tag that is
/// not of the core schema, a text that is none of its values.
tl::expected<Json, std::string> tagged_value(std::string_view tag, std::string_view text);

/// The tag as it is written: `!!int`.
std::string short_tag(std::string_view tag);

}  // namespace unmuted::probe

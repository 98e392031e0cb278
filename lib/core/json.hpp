#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/result.hpp"

namespace unmuted {

/// How much of a foreign text may become a tree. All are checked while it is read, so that a text cannot cost
/// more than they allow, and what was read is safe to walk, write and destroy by recursion.
struct JsonLimits {
  std::size_t max_bytes = 1U << 20U;  ///< of the text
  std::size_t max_depth = 64;         ///< arrays and objects in one another
  std::size_t max_values = 200'000;   ///< of all kinds, members and elements included
};

/// The value that `text` is, and nothing else. Error: invalid_json; the message says what is wrong at which
/// byte.
Result<nlohmann::json> read_json(std::string_view text, const JsonLimits& limits = {});

/// `value` as text in one line, whatever its strings hold: ill-formed UTF-8 becomes U+FFFD.
std::string write_json(const nlohmann::json& value);

/// The bytes that write_json() would give for what read_json() gave.
std::size_t written_size(const nlohmann::json& value);

}  // namespace unmuted

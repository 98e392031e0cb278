#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/json_path.hpp"
#include "probe/variables.hpp"

namespace unmuted::probe {

struct Field;

/// What a value must be like. Operands may hold `${NAME}` until the pattern is bound.
struct Matcher {
  enum class Kind { equals, contains, contains_element, matches, set, length, less, greater, type, negation };

  Kind kind = Kind::equals;
  Json operand;                ///< of all but contains_element, length and negation
  std::vector<Matcher> inner;  ///< of length and negation: all must hold
  std::vector<Field> element;  ///< of contains_element: what one element of the array must be like
};

struct Field {
  JsonPath path;
  std::vector<Matcher> matchers;  ///< all must hold
};

/// What an event must be like: every field must match, fields that are not named do not matter.
struct Pattern {
  std::vector<Field> fields;
};

/// One sentence for each field that does not match, empty when the document does.
std::vector<std::string> mismatches(const Pattern& pattern, const Json& document);

inline bool matches(const Pattern& pattern, const Json& document) {
  return mismatches(pattern, document).empty();
}

/// The pattern with its variables replaced. Errors: unknown_variable, text_too_long.
Result<Pattern> bind_variables(Pattern pattern, const Lookup& lookup);

/// The pattern as one line, as the report shows it.
std::string describe(const Pattern& pattern);

}  // namespace unmuted::probe

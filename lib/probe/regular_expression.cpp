#include "probe/regular_expression.hpp"

#include <stdexcept>

// Steps of one search: some tenths of a second. What the search keeps is bounded by Boost, to 4 MiB. Nothing
// else includes Boost.Regex, so that this holds for all of it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // of the number, in Boost
#define BOOST_REGEX_MAX_STATE_COUNT 10000000       // NOLINT(cppcoreguidelines-macro-usage): Boost reads it
#include <boost/regex.hpp>
#pragma GCC diagnostic pop

namespace unmuted::probe {

Result<void> check_expression(const std::string& expression) {
  try {
    const boost::regex check(expression, boost::regex::ECMAScript);
    return {};
  } catch (const std::runtime_error& wrong) {
    return fail("invalid_scenario", wrong.what());
  }
}

bool finds(const std::string& expression, const std::string& text) {
  try {
    const boost::regex wanted(expression, boost::regex::ECMAScript);
    return boost::regex_search(text, wanted,
                               boost::match_single_line | boost::match_not_dot_newline | boost::match_any);
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace unmuted::probe

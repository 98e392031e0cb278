#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "core/result.hpp"

namespace unmuted::probe {

/// Why a step, or what a scenario needs before its steps, did not go as it should.
struct Problem {
  std::string message;
  std::vector<std::string> events = {};  ///< that had arrived meanwhile, as a report shows them
  bool environment = false;              ///< the run could not be made: no server, no such variable, no file
};

template <class T>
using Resolved = tl::expected<T, Problem>;
using Outcome = Resolved<void>;

/// The server did something else than it should.
inline tl::unexpected<Problem> problem(std::string message) {
  return tl::unexpected(Problem{std::move(message)});
}

/// Nothing can be said of the server.
inline tl::unexpected<Problem> environment_problem(std::string message) {
  return tl::unexpected(Problem{std::move(message), {}, true});
}
inline tl::unexpected<Problem> environment_problem(const Error& error) {
  return environment_problem(error.message);
}

/// One sentence of several: what is wrong, joined by semicolons.
inline std::string joined(const std::vector<std::string>& parts) {
  std::string whole;
  for (const std::string& part : parts) whole += (whole.empty() ? "" : "; ") + part;
  return whole;
}

}  // namespace unmuted::probe

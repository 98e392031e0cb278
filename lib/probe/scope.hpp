#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "probe/outcome.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {

using Variables = std::map<std::string, Json>;

/// The variables that one step sees: `${round}`, what belongs to its member of a group, and those of the run,
/// in this order. A value, but the variables must outlive it and what it resolves.
class Scope {
 public:
  explicit Scope(const Variables& of_run) : of_run_(&of_run) {}

  [[nodiscard]] Scope in_round(std::size_t round) const;
  [[nodiscard]] Scope of_member(std::size_t index, const Variables& captured) const;

  [[nodiscard]] Lookup lookup() const;

  // What is written in a scenario, with its variables replaced. Problems are of the environment.
  [[nodiscard]] Resolved<std::string> text(const std::string& written) const;
  /// A text that is part of one line of a request; `what` names it. It takes its length from `room`.
  [[nodiscard]] Resolved<std::string> line(const std::string& written, const std::string& what,
                                           Room& room) const;
  [[nodiscard]] Resolved<Headers> headers(const Headers& written) const;

  /// Whether `document` is like `pattern`.
  [[nodiscard]] Outcome check(const Pattern& pattern, const Json& document) const;

 private:
  [[nodiscard]] const Json* find(std::string_view name) const;

  const Variables* of_run_;
  const Variables* of_member_ = nullptr;
  Json round_, index_;  ///< null when there is none
};

}  // namespace unmuted::probe

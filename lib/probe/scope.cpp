#include "probe/scope.hpp"

#include <utility>

namespace unmuted::probe {
namespace {

const Json* value_in(const Variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : &found->second;
}

}  // namespace

Scope Scope::in_round(std::size_t round) const {
  Scope inner = *this;
  inner.round_ = round;
  return inner;
}

Scope Scope::of_member(std::size_t index, const Variables& captured) const {
  Scope inner = *this;
  inner.index_ = index;
  inner.of_member_ = &captured;
  return inner;
}

const Json* Scope::find(std::string_view name) const {
  if (name == "round" && !round_.is_null()) return &round_;
  if (name == "index" && !index_.is_null()) return &index_;
  const std::string key(name);
  if (of_member_ != nullptr) {
    if (const Json* value = value_in(*of_member_, key)) return value;
  }
  return value_in(*of_run_, key);
}

Lookup Scope::lookup() const {
  return [scope = *this](std::string_view name) { return scope.find(name); };
}

Resolved<std::string> Scope::text(const std::string& written) const {
  Room room;
  auto resolved = substitute_text(written, lookup(), room);
  if (!resolved) return environment_problem(resolved.error());
  return *std::move(resolved);
}

Resolved<std::string> Scope::line(const std::string& written, const std::string& what, Room& room) const {
  auto resolved = substitute_text(written, lookup(), room);
  if (!resolved) return environment_problem(resolved.error());
  if (ends_line(*resolved))
    return environment_problem(what + " has a line break or a NUL in it, which came with a variable");
  return *std::move(resolved);
}

Resolved<Headers> Scope::headers(const Headers& written) const {
  Headers headers;
  Room room;
  for (const auto& [name, value] : written) {
    auto resolved = line(value, "the header '" + name + "'", room);
    if (!resolved) return tl::unexpected(resolved.error());
    headers.emplace_back(name, *std::move(resolved));
  }
  return headers;
}

Outcome Scope::check(const Pattern& pattern, const Json& document) const {
  const auto bound = bind_variables(pattern, lookup());
  if (!bound) return environment_problem(bound.error());
  const auto missed = mismatches(*bound, document);
  if (missed.empty()) return {};
  return problem(joined(missed));
}

}  // namespace unmuted::probe

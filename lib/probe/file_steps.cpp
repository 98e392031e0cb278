#include "probe/file_steps.hpp"

namespace unmuted::probe {
namespace {

Outcome outcome_of(const Result<void>& done) {
  if (!done) return environment_problem(done.error());
  return {};
}

Outcome change(const WriteFile& write, const WorkDirectory& folder, const Scope& scope) {
  const auto path = scope.text(write.path);
  if (!path) return tl::unexpected(path.error());
  const auto content = scope.text(write.text);
  if (!content) return tl::unexpected(content.error());
  return outcome_of(folder.write(*path, *content));
}

Outcome change(const CopyFiles& copy, const WorkDirectory& folder, const Scope& scope) {
  const auto from = scope.text(copy.from);
  if (!from) return tl::unexpected(from.error());
  const auto to = scope.text(copy.to);
  if (!to) return tl::unexpected(to.error());
  return outcome_of(folder.copy(*from, *to));
}

Outcome change(const RemoveFiles& remove, const WorkDirectory& folder, const Scope& scope) {
  const auto path = scope.text(remove.path);
  if (!path) return tl::unexpected(path.error());
  return outcome_of(folder.remove(*path));
}

}  // namespace

Outcome change_files(const FileStep& step, const WorkDirectory& folder, const Scope& scope) {
  return std::visit([&](const auto& what) { return change(what, folder, scope); }, step);
}

}  // namespace unmuted::probe

#pragma once

#include "probe/outcome.hpp"
#include "probe/scope.hpp"
#include "probe/work_directory.hpp"

namespace unmuted::probe {

/// Does what the step says. Blocks, on any thread; problems are of the environment.
Outcome change_files(const FileStep& step, const WorkDirectory& folder, const Scope& scope);

}  // namespace unmuted::probe

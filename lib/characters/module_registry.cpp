#include "characters/module_registry.hpp"

namespace unmuted {

void ModuleRegistry::add(const std::string& module_name) {
  const std::lock_guard lock(mutex_);
  names_.insert(module_name);
}

void ModuleRegistry::remove(const std::string& module_name) {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(module_name);
  if (found != names_.end()) names_.erase(found);
}

std::vector<std::string> ModuleRegistry::names() const {
  const std::lock_guard lock(mutex_);
  return {names_.begin(), names_.end()};
}

std::size_t ModuleRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return names_.size();
}

}  // namespace unmuted

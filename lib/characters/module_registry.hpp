#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace unmuted {

/// The module names of all living script instances of one server: `session_<id>.characters.<stem>`. It is how
/// a test or an operator sees that names are session-unique and that a closed session leaves none. Any
/// thread.
class ModuleRegistry {
 public:
  void add(const std::string& module_name);
  void remove(const std::string& module_name);
  [[nodiscard]] std::vector<std::string> names() const;  ///< sorted; one entry an instance
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> names_;
};

}  // namespace unmuted

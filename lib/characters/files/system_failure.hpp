#pragma once

#include <cerrno>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace unmuted {

/// Whether `error` tells nothing about a file or a path, but that the machine fails at the moment:
/// descriptors or memory are short, a disk is broken, a file server does not answer.
bool is_system_failure(int error);

/// The answer to a load that met such a failure: what was read of the directory is no state that it ever had.
/// Code directory_read_failed.
tl::unexpected<Error> directory_read_failed(int error, std::string_view directory);

/// Keeps the first failure of the system among many calls, so that none of them need think of it: each result
/// of a system call passes through this, with its errno.
class FailureNote {
 public:
  template <class Number>
  Number operator()(Number result) {
    if (result < 0) take(errno);
    return result;
  }
  UniqueFd operator()(UniqueFd fd) {
    if (!fd) take(errno);
    return fd;
  }
  void take(int error) {
    if (first_ == 0 && is_system_failure(error)) first_ = error;
  }

  [[nodiscard]] int first() const { return first_; }  ///< an errno; 0 when there was none

 private:
  int first_ = 0;
};

}  // namespace unmuted

#include "core/standard_streams.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <tuple>

#include <fcntl.h>
#include <unistd.h>

namespace unmuted {

void open_missing_streams() {
  const auto is_missing = [](int descriptor) { return ::fcntl(descriptor, F_GETFD) < 0; };
  if (is_missing(STDIN_FILENO)) std::ignore = ::open("/dev/null", O_RDWR);
  // Every write to it fails: whoever writes results learns that nobody will read them.
  if (is_missing(STDOUT_FILENO) && ::open("/dev/full", O_RDWR) < 0) std::ignore = ::open("/dev/null", O_RDWR);
  if (is_missing(STDERR_FILENO)) std::ignore = ::open("/dev/null", O_RDWR);
}

int exit_code_after_output(std::string_view program, int exit_code) {
  errno = 0;
  std::cout.flush();
  if (std::cout.good() && std::fflush(stdout) == 0) return exit_code;
  const char* why = errno != 0 ? std::strerror(errno) : "an earlier write failed";
  std::cerr << program << ": cannot write to standard output: " << why << "\n";
  return 2;
}

}  // namespace unmuted

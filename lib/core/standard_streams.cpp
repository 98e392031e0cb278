#include "core/standard_streams.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

namespace unmuted {

void open_missing_streams() {
  int descriptor = 0;
  while (descriptor >= STDIN_FILENO && descriptor <= STDERR_FILENO) descriptor = ::open("/dev/null", O_RDWR);
  ::close(descriptor);
}

int exit_code_after_output(std::string_view program, int exit_code) {
  errno = 0;
  std::cout.flush();
  if (std::cout.good() && std::fflush(stdout) == 0) return exit_code;
  const char* why = errno != 0 ? std::strerror(errno) : "it was closed";
  std::cerr << program << ": cannot write to standard output: " << why << "\n";
  return 2;
}

}  // namespace unmuted

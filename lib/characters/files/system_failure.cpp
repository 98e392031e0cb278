#include "characters/files/system_failure.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

#include "core/utf8.hpp"

namespace unmuted {

bool is_system_failure(int error) {
  constexpr std::array errors{EMFILE, ENFILE, ENOMEM,    ENOBUFS,  EIO,         EAGAIN,
                              EINTR,  ESTALE, ETIMEDOUT, ENOTCONN, ECONNABORTED};
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

tl::unexpected<Error> directory_read_failed(int error, std::string_view directory) {
  const std::string path = printable(directory);
  return fail("directory_read_failed",
              "Reading the character directory failed: " + path + ": " +
                  std::generic_category().message(error) + ". Nothing has changed.",
              path);
}

}  // namespace unmuted

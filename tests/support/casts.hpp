#pragma once

#include <string>

namespace unmuted::test {

/// Where a folder or file of tests/casts is.
inline std::string cast_path(const std::string& name) {
  return UNMUTED_SOURCE_DIR "/tests/casts/" + name;
}

}  // namespace unmuted::test

#pragma once

#include <cstddef>

#include <malloc.h>

namespace unmuted::test {

/// What this process has from malloc at the moment, in bytes. Always 0 where malloc is another than the C
/// library's, as with sanitizers: for upper bounds alone.
inline std::size_t heap_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace unmuted::test

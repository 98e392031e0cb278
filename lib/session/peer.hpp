#pragma once

namespace unmuted {

/// Who is at the other end of a session.
struct Peer {
  bool local = true;     ///< on this machine, and nothing forwarded it: may load and be told any path
  bool browser = false;  ///< it sent an Origin
};

}  // namespace unmuted

#pragma once

#include <string>
#include <vector>

namespace unmuted::events {

/// One thing that is wrong with what a client sent.
struct Fault {
  std::string path;     ///< "session.voice", "item.content[0].text"; empty for the whole
  std::string message;  ///< "expected a string, got 3"
};

/// Why a frame is no request. Printable in one line, whatever the client sent.
struct Refusal {
  std::string request_id{};  ///< the client's own, empty when it has none that can be read
  std::string code;          ///< listed in docs/errors.md
  std::string message;       ///< all faults, shortened
  std::string param{};       ///< the path of the first fault, may be empty
  std::vector<Fault> faults{};
};

}  // namespace unmuted::events

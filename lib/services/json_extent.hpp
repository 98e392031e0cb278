#pragma once

#include <cstddef>

namespace unmuted {

/// Finds where an object or an array of JSON ends in a text that comes in pieces, without understanding it.
class JsonExtent {
 public:
  /// Takes the next byte, the first one being the bracket. True when it is the last of the value.
  bool take(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      return false;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if (c != '}' && c != ']') return false;
    if (depth_ > 0) --depth_;
    return depth_ == 0;
  }

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace unmuted

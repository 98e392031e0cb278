#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "characters/diagnostic.hpp"

namespace unmuted::formats {

/// Says where in a file the field at a path (see field_path) stands, or what is nearest around it. Each
/// format has its own; where only a byte is known, position_of() says where that is.
using Placer = std::function<Position(std::string_view path)>;

/// Collects what is wrong with one file, each at the place of the field that it concerns.
class Problems {
 public:
  static constexpr std::size_t max_kept = 50;  ///< of errors, and of warnings

  /// The text of `file` must outlive it, and what `place` looks into.
  Problems(std::string_view file, Placer place) : file_(file), place_(std::move(place)) {}

  void add(std::string_view path, std::string_view code, std::string_view message,
           std::string_view help = {});
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  /// Whether one more of this code would be kept. A file may have thousands, so that one who would have to
  /// think about each asks first.
  [[nodiscard]] bool has_room(std::string_view code) const;

  /// In the order of the file; errors before warnings at the same place.
  std::vector<Diagnostic> take();

 private:
  std::string_view file_;
  Placer place_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0, warnings_ = 0;
};

}  // namespace unmuted::formats

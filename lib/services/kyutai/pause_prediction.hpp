#pragma once

#include <optional>

namespace unmuted::kyutai {

/// What the steps of the service say about a pause, made steady: the first ones are passed over, because
/// they say anything, and the others smoothed.
class PausePrediction {
 public:
  /// `pause`: of one frame, as the service says it, from 0 to 1. Returns the same, steady; nothing for the
  /// first frames.
  std::optional<double> step(double pause);

 private:
  static constexpr int unsteady_steps = 12;

  int passed_over_ = 0;
  double value_ = 1;
};

}  // namespace unmuted::kyutai

#include "services/kyutai/pause_prediction.hpp"

#include <cmath>

namespace unmuted::kyutai {
namespace {

constexpr double frame_seconds = 0.08;
constexpr double half_life = 0.01;  ///< seconds

}  // namespace

std::optional<double> PausePrediction::step(double pause) {
  if (passed_over_ < unsteady_steps) {
    ++passed_over_;
    return std::nullopt;
  }
  static const double kept = std::exp2(-frame_seconds / half_life);
  value_ = kept * value_ + (1 - kept) * pause;
  return value_;
}

}  // namespace unmuted::kyutai

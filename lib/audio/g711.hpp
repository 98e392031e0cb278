#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace unmuted::audio {

// G.711, as telephones have it: a byte a sample, mostly at 8 kHz. By ITU-T G.711, with samples of 16 bits as
// in ITU-T G.191. A byte that is read and written comes out as it was, but for the second zero of µ-law.

std::vector<std::byte> to_mu_law(std::span<const std::int16_t> pcm);
std::vector<std::int16_t> from_mu_law(std::span<const std::byte> bytes);

/// With every other bit inverted, as on the wire.
std::vector<std::byte> to_a_law(std::span<const std::int16_t> pcm);
std::vector<std::int16_t> from_a_law(std::span<const std::byte> bytes);

}  // namespace unmuted::audio

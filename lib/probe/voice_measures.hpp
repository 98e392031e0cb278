#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/pcm.hpp"
#include "probe/voice_log.hpp"

// What can be asserted of a VoiceLog. All are functions of it alone.
namespace unmuted::probe {

/// Something that happens any number of times; seconds each.
struct VoiceTimes {
  std::string_view name;  ///< as assertions write it
  std::vector<double> (*of)(const VoiceLog& log);
};

/// One number of all that was heard; nothing where that says nothing of it.
struct VoiceQuantity {
  std::string_view name;  ///< as assertions write it behind `heard(SESSION).`
  std::optional<double> (*of)(const VoiceLog& log);
};

std::span<const VoiceTimes> voice_times();
std::span<const VoiceQuantity> voice_quantities();

/// How like what the server has transcribed, in all, is to `said`. Without `said`, against what the session
/// has said; nothing when it has said nothing, or what nobody knows the words of.
std::optional<double> likeness_of(const VoiceLog& log, const std::optional<std::string>& said);

/// How far what two have heard is from being the same, sample by sample, without the pauses between replies:
/// the level of the difference, as VoiceQuantity level has it. Where one has heard more, all of that is
/// different. Nothing where neither has heard any.
std::optional<double> difference_of(const VoiceLog& one, const VoiceLog& other);

/// The first and the last sample that somebody hears: by its 10 ms, which have at least a thirtieth of the
/// level of the loudest. Nothing where all is silent.
std::optional<std::pair<std::size_t, std::size_t>> heard_extent(std::span<const float> sound);

/// What a listener has heard: the replies when they were, with the pauses between them, of which none is
/// longer than ten seconds.
audio::Samples played(const VoiceLog& log);

}  // namespace unmuted::probe

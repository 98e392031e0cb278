#include "probe/voice_measures.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "probe/likeness.hpp"
#include "probe/pitch.hpp"

namespace unmuted::probe {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Duration player_reserve = std::chrono::milliseconds(10);  ///< by which a player begins later
constexpr std::size_t window = audio::sample_rate / 100;
constexpr std::size_t codec_rest = 2 * window;
constexpr double audible_part = 1.0 / 30;  ///< of the level of the loudest window
constexpr double longest_pause = 10;       ///< seconds

Duration length_of(std::size_t samples) {
  return std::chrono::duration_cast<Duration>(Seconds(static_cast<double>(samples) / audio::sample_rate));
}

std::size_t samples_in(const VoiceLog& log) {
  std::size_t samples = 0;
  for (const VoiceLog::Reply& reply : log.replies) samples += reply.pcm.size();
  return samples;
}

// ---- of a player

/// Plays the pieces of a reply as they come, and says of each when it begins, and for how long nothing was
/// heard before it because it had not come.
class Player {
 public:
  struct Played {
    TimePoint begins;
    Duration gap{};
  };

  Played play(const VoiceLog::Piece& piece) {
    Played played{free_, {}};
    if (!begun_) {
      played.begins = piece.arrived + player_reserve;
    } else if (piece.arrived > free_) {
      played = {piece.arrived, piece.arrived - free_};
    }
    begun_ = true;
    free_ = played.begins + length_of(piece.samples);
    return played;
  }

 private:
  TimePoint free_{};  ///< it has played all there was by then
  bool begun_ = false;
};

/// The sample from which on a reply ends: what follows is silence, or the last milliseconds of it that a
/// codec had held back. A player that waits for these leaves out nothing.
std::size_t end_of_voice(const VoiceLog::Reply& reply) {
  const auto extent = heard_extent(audio::from_pcm16(reply.pcm));
  const std::size_t audible = extent ? extent->second + 1 : 0;
  return audible - std::min(audible, codec_rest);
}

std::vector<double> gaps(const VoiceLog& log) {
  std::vector<double> found;
  for (const VoiceLog::Reply& reply : log.replies) {
    const std::size_t end = end_of_voice(reply);
    Player player;
    std::size_t samples = 0;
    for (const VoiceLog::Piece& piece : reply.pieces) {
      const Duration gap = player.play(piece).gap;
      if (gap > Duration::zero() && samples < end) found.push_back(to_seconds(gap));
      samples += piece.samples;
    }
  }
  return found;
}

/// How much later each piece came than at the best pace of those before it, since the last gap.
std::vector<double> jitter(const VoiceLog& log) {
  std::vector<double> found;
  for (const VoiceLog::Reply& reply : log.replies) {
    Player player;
    std::size_t samples = 0;
    TimePoint best = TimePoint::max();  // when the reply would have begun to come at that pace
    for (const VoiceLog::Piece& piece : reply.pieces) {
      const TimePoint began = piece.arrived - length_of(samples);
      const bool after_gap = player.play(piece).gap > Duration::zero();
      best = after_gap ? began : std::min(best, began);
      found.push_back(to_seconds(began - best));
      samples += piece.samples;
    }
  }
  return found;
}

// ---- of an interruption

/// When the server heard the voice that interrupted: it says so then, or when it has found out why.
TimePoint began_to_interrupt(const VoiceLog& log, const VoiceLog::Interruption& interruption,
                             const VoiceLog::Reply& reply) {
  TimePoint began = interruption.told;
  for (const TimePoint started : log.speech_started) {
    if (started > reply.created && started < interruption.told) began = started;
  }
  return began;
}

std::vector<double> after_interruption(const VoiceLog& log) {
  std::vector<double> found;
  for (const VoiceLog::Interruption& interruption : log.interruptions) {
    if (interruption.replies == 0) continue;
    const VoiceLog::Reply& reply = log.replies[interruption.replies - 1];
    const TimePoint began = began_to_interrupt(log, interruption, reply);
    std::size_t samples = 0;
    for (const VoiceLog::Piece& piece : reply.pieces) {
      if (piece.arrived > began) samples += piece.samples;
    }
    found.push_back(static_cast<double>(samples) / audio::sample_rate);
  }
  return found;
}

// ---- from the end of speech

/// Something that answers what was said before it came about, and when it arrived.
struct Answer {
  TimePoint came_about, arrived;
};

/// From the end of each utterance to the first of the answers that came about after its beginning, and before
/// the next one began. `answers` in the order in which they came about.
std::vector<double> delays(const VoiceLog& log, const std::vector<Answer>& answers) {
  std::vector<double> found;
  for (std::size_t i = 0; i < log.said.size(); ++i) {
    const TimePoint next = i + 1 < log.said.size() ? log.said[i + 1].began : TimePoint::max();
    const auto first = std::find_if(answers.begin(), answers.end(), [&](const Answer& answer) {
      return answer.came_about > log.said[i].began;
    });
    if (first != answers.end() && first->came_about < next) {
      found.push_back(to_seconds(first->arrived - log.said[i].ended));
    }
  }
  return found;
}

std::vector<double> transcript_delay(const VoiceLog& log) {
  std::vector<Answer> answers;
  for (const VoiceLog::Word& word : log.transcript) answers.push_back({word.arrived, word.arrived});
  return delays(log, answers);
}

std::vector<double> word_delay(const VoiceLog& log) {
  std::vector<Answer> answers;
  for (const VoiceLog::Reply& reply : log.replies) {
    if (!reply.words.empty()) answers.push_back({reply.created, reply.words.front()});
  }
  return delays(log, answers);
}

std::vector<double> audio_delay(const VoiceLog& log) {
  std::vector<Answer> answers;
  for (const VoiceLog::Reply& reply : log.replies) {
    if (!reply.pieces.empty()) answers.push_back({reply.created, reply.pieces.front().arrived});
  }
  return delays(log, answers);
}

// ---- of all that was heard

std::optional<double> seconds(const VoiceLog& log) {
  return static_cast<double>(samples_in(log)) / audio::sample_rate;
}

std::optional<double> replies(const VoiceLog& log) {
  return static_cast<double>(
      std::count_if(log.replies.begin(), log.replies.end(),
                    [](const VoiceLog::Reply& reply) { return !reply.pieces.empty(); }));
}

/// In dB, of which 0 is the loudest square wave; silence is -96. Nothing of no sound.
std::optional<double> level_of(std::span<const std::int16_t> sound) {
  constexpr double silence = 1.0 / 65'536;
  if (sound.empty()) return std::nullopt;
  const double sum = std::accumulate(sound.begin(), sound.end(), 0.0, [](double all, std::int16_t value) {
    return all + static_cast<double>(value) * value;
  });
  const double rms = std::sqrt(sum / static_cast<double>(sound.size())) / 32'768;
  return 20 * std::log10(std::max(rms, silence));
}

/// All replies, without the pauses between them.
std::vector<std::int16_t> joined_sound(const VoiceLog& log) {
  std::vector<std::int16_t> sound;
  sound.reserve(samples_in(log));
  for (const VoiceLog::Reply& reply : log.replies)
    sound.insert(sound.end(), reply.pcm.begin(), reply.pcm.end());
  return sound;
}

std::optional<double> level(const VoiceLog& log) {
  return level_of(joined_sound(log));
}

std::optional<double> pitch(const VoiceLog& log) {
  return pitch_of(joined_sound(log));
}

std::string joined_words(const std::vector<std::string>& parts) {
  std::string whole;
  for (const std::string& part : parts) whole += (whole.empty() ? "" : " ") + part;
  return whole;
}

constexpr std::array all_times{VoiceTimes{"transcript_delay", transcript_delay},
                               VoiceTimes{"word_delay", word_delay},
                               VoiceTimes{"audio_delay", audio_delay},
                               VoiceTimes{"gaps", gaps},
                               VoiceTimes{"jitter", jitter},
                               VoiceTimes{"after_interruption", after_interruption}};

constexpr std::array all_quantities{VoiceQuantity{"seconds", seconds}, VoiceQuantity{"level", level},
                                    VoiceQuantity{"pitch", pitch}, VoiceQuantity{"replies", replies}};

}  // namespace

std::span<const VoiceTimes> voice_times() {
  return all_times;
}

std::span<const VoiceQuantity> voice_quantities() {
  return all_quantities;
}

std::optional<double> likeness_of(const VoiceLog& log, const std::optional<std::string>& said) {
  std::vector<std::string> heard;
  for (const VoiceLog::Word& word : log.transcript) heard.push_back(word.text);
  if (said) return likeness_of(*said, joined_words(heard));
  std::vector<std::string> texts;
  for (const VoiceLog::Utterance& utterance : log.said) {
    if (utterance.text.empty()) return std::nullopt;
    texts.push_back(utterance.text);
  }
  if (texts.empty()) return std::nullopt;
  return likeness_of(joined_words(texts), joined_words(heard));
}

std::optional<double> difference_of(const VoiceLog& one, const VoiceLog& other) {
  std::vector<std::int16_t> left = joined_sound(one);
  std::vector<std::int16_t> right = joined_sound(other);
  left.resize(std::max(left.size(), right.size()));
  right.resize(left.size());
  std::transform(left.begin(), left.end(), right.begin(), left.begin(),
                 [](int a, int b) { return static_cast<std::int16_t>(std::clamp(a - b, -32'768, 32'767)); });
  return level_of(left);
}

std::optional<std::pair<std::size_t, std::size_t>> heard_extent(std::span<const float> sound) {
  std::vector<double> levels;
  for (std::size_t at = 0; at < sound.size(); at += window) {
    const auto part = sound.subspan(at, std::min(window, sound.size() - at));
    const double sum = std::accumulate(part.begin(), part.end(), 0.0, [](double all, float sample) {
      return all + static_cast<double>(sample) * static_cast<double>(sample);
    });
    levels.push_back(std::sqrt(sum / static_cast<double>(part.size())));
  }
  const double loudest = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
  if (loudest <= 0) return std::nullopt;
  const auto loud = [&](double each) { return each >= audible_part * loudest; };
  const auto first = std::find_if(levels.begin(), levels.end(), loud);
  const auto last = std::find_if(levels.rbegin(), levels.rend(), loud);
  const auto begin = static_cast<std::size_t>(first - levels.begin()) * window;
  const auto end = static_cast<std::size_t>(levels.rend() - last) * window;
  return std::pair(begin, std::min(end, sound.size()) - 1);
}

audio::Samples played(const VoiceLog& log) {
  audio::Samples sound;
  std::optional<TimePoint> ended;
  for (const VoiceLog::Reply& reply : log.replies) {
    Player player;
    std::span<const std::int16_t> rest = reply.pcm;
    for (const VoiceLog::Piece& piece : reply.pieces) {
      const TimePoint begins = player.play(piece).begins;
      const double pause = ended ? std::clamp(to_seconds(begins - *ended), 0.0, longest_pause) : 0;
      sound.resize(sound.size() + static_cast<std::size_t>(std::lround(pause * audio::sample_rate)));
      const auto part = audio::from_pcm16(rest.first(std::min(piece.samples, rest.size())));
      rest = rest.subspan(part.size());
      sound.insert(sound.end(), part.begin(), part.end());
      ended = begins + length_of(piece.samples);
    }
  }
  return sound;
}

}  // namespace unmuted::probe

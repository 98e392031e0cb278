#include "services/embedded/flite.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>

#include <flite/flite.h>

extern "C" {
cst_voice* register_cmu_us_slt(const char* directory);
cst_voice* register_cmu_us_rms(const char* directory);
cst_voice* register_cmu_us_awb(const char* directory);
cst_voice* register_cmu_us_kal16(const char* directory);
}

namespace unmuted::embedded {
namespace {

constexpr double lead_in = 0.02;  ///< seconds that are kept before the first word

struct Speaker {
  std::string_view name;
  cst_voice* voice;  ///< shared by all, and not changed
  float gain;        ///< makes all equally loud
};

const Speaker& find_speaker(std::string_view name) {
  // Never taken down: the library has one of each.
  static const std::array speakers = [] {
    flite_init();
    return std::to_array<Speaker>({{"slt", register_cmu_us_slt(nullptr), 0.6F},
                                   {"rms", register_cmu_us_rms(nullptr), 1.0F},
                                   {"awb", register_cmu_us_awb(nullptr), 1.0F},
                                   {"kal16", register_cmu_us_kal16(nullptr), 2.2F}});
  }();
  const auto* const found =
      std::find_if(speakers.begin(), speakers.end(), [&](const Speaker& each) { return each.name == name; });
  return found == speakers.end() ? speakers.front() : *found;
}

struct DeleteUtterance {
  void operator()(cst_utterance* utterance) const { delete_utterance(utterance); }
};
using FliteUtterance = std::unique_ptr<cst_utterance, DeleteUtterance>;

int go_on_or_stop(const cst_wave* /*wave*/, int /*start*/, int /*size*/, int /*last*/,
                  cst_audio_streaming_info* info) {
  const auto* unwanted = static_cast<const std::stop_token*>(info->userdata);
  return unwanted->stop_requested() ? CST_AUDIO_STREAM_STOP : CST_AUDIO_STREAM_CONT;
}

/// The settings are the utterance's own, as the voice is shared.
FliteUtterance prepare(const FliteVoice& voice, const Speaker& speaker, const std::string& text,
                       const std::stop_token& unwanted) {
  FliteUtterance utterance(new_utterance());
  utt_set_input_text(utterance.get(), text.c_str());
  utt_init(utterance.get(), speaker.voice);
  cst_features* features = utterance->features;
  // Played faster by `formants`, what was made slower by as much has the pace and the pitch that are asked
  // for.
  const float own_stretch = get_param_float(features, "duration_stretch", 1.0F);
  feat_set_float(features, "duration_stretch", own_stretch * static_cast<float>(voice.formants / voice.rate));
  if (voice.pitch > 0) {
    feat_set_float(features, "int_f0_target_mean", static_cast<float>(voice.pitch / voice.formants));
  }
  cst_audio_streaming_info* streaming = new_audio_streaming_info();  // freed with the utterance
  streaming->min_buffsize = 480;
  streaming->asc = go_on_or_stop;
  streaming->userdata = const_cast<std::stop_token*>(&unwanted);
  streaming->utt = utterance.get();
  feat_set(features, "streaming_info", audio_streaming_info_val(streaming));
  return utterance;
}

/// Which word of the clause's text byte `at` is in, or behind.
std::size_t word_at(const Clause& clause, std::size_t at) {
  std::size_t word = 0;
  std::size_t end = clause.words[0].text.size();
  while (at > end && word + 1 < clause.words.size()) end += 1 + clause.words[++word].text.size();
  return word;
}

/// When each word of the clause begins, in seconds of the synthesis; ascending.
std::vector<double> word_starts(cst_utterance* utterance, const Clause& clause) {
  std::vector<double> starts(clause.words.size(), -1);
  for (cst_item* token = relation_head(utt_relation(utterance, "Token")); token != nullptr;
       token = item_next(token)) {
    const cst_item* spoken = item_daughter(token);
    if (spoken == nullptr) continue;  // a sign that is not read out
    // The accessor of texts ends the process where it finds a number.
    const double start = flite_ffeature_float(spoken, "R:SylStructure.daughter1.daughter1.R:Segment.p.end");
    const int behind = item_feat_int(token, "file_pos");  // one past the token
    double& first = starts[word_at(clause, static_cast<std::size_t>(std::max(behind - 1, 0)))];
    if (first < 0 && start > 0) first = start;
  }
  double earlier = -1;
  for (double& start : starts) earlier = start = std::max(start, earlier);
  const auto known = std::find_if(starts.begin(), starts.end(), [](double start) { return start >= 0; });
  std::fill(starts.begin(), known, known == starts.end() ? 0 : *known);
  return starts;
}

}  // namespace

Sound speak_with_flite(const FliteVoice& voice, const Clause& clause, const std::stop_token& unwanted) {
  const Speaker& speaker = find_speaker(voice.speaker);
  const FliteUtterance utterance = prepare(voice, speaker, clause.text(), unwanted);
  Sound sound{{}, std::vector<std::size_t>(clause.words.size(), 0)};
  if (utt_synth(utterance.get()) == nullptr || unwanted.stop_requested()) return sound;
  const cst_wave* wave = utt_wave(utterance.get());
  if (wave == nullptr || wave->num_samples <= 0) return sound;

  const std::vector<double> starts = word_starts(utterance.get(), clause);
  const double head = std::max(starts.front() - lead_in, 0.0);
  const auto samples = std::span(wave->samples, static_cast<std::size_t>(wave->num_samples));
  const auto skipped = std::min(samples.size(), static_cast<std::size_t>(head * wave->sample_rate));
  // In steps that keep the resampler's filter small.
  const int rate = static_cast<int>(std::lround(wave->sample_rate * voice.formants / 100)) * 100;
  sound.samples = converted(samples.subspan(skipped), rate, speaker.gain);
  const double scale = static_cast<double>(wave->sample_rate) / rate * audio::sample_rate;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto begin = static_cast<std::size_t>((starts[i] - head) * scale);
    sound.begins[i] = std::min(begin, sound.samples.size());
  }
  return sound;
}

}  // namespace unmuted::embedded

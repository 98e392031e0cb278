#include "services/embedded/sphinx.hpp"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <pocketsphinx.h>
#include <sphinxbase/err.h>

namespace unmuted::embedded {
namespace {

constexpr double frames_a_second = 100;
constexpr const char* grammar_name = "phrases";

tl::unexpected<Error> no_recogniser(const std::string& why) {
  return fail("service_unavailable", "The embedded speech recognition failed: " + why);
}

/// Of decoders one is made at a time: the library sets up what they share without a lock.
std::mutex& making() {
  static std::mutex mutex;
  return mutex;
}

struct FreeSettings {
  void operator()(cmd_ln_t* settings) const { cmd_ln_free_r(settings); }
};
struct FreeGrammar {
  void operator()(fsg_model_t* grammar) const { fsg_model_free(grammar); }
};

/// "to(2)", the second way to say it, is "to". Empty for silence and noises: "<sil>", "[NOISE]".
std::string_view plain_word(std::string_view word) {
  if (word.empty() || word.front() == '<' || word.front() == '[' || word.front() == '+') return {};
  return word.substr(0, word.find('('));
}

std::size_t states_of(const Grammar& grammar) {
  std::size_t states = 2;
  for (const auto& phrase : grammar.phrases) states += phrase.size() - 1;
  return states;
}

}  // namespace

std::string SphinxModel::default_directory() {
  return UNMUTED_SPHINX_MODEL;
}

/// The library ends the process where some of them are missing.
Result<void> SphinxModel::check() const {
  for (const char* file :
       {"en-us/mdef", "en-us/means", "en-us/variances", "en-us/transition_matrices", "en-us/sendump",
        "en-us/feat.params", "en-us/noisedict", "en-us.lm.bin", "cmudict-en-us.dict"}) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::path(directory) / file;
    if (std::filesystem::is_regular_file(path, error) && std::filesystem::file_size(path, error) > 0)
      continue;
    // Of the path clients are told nothing.
    Error missing =
        no_recogniser("its model is not there (is the package pocketsphinx-en-us installed?)").value();
    missing.where = path.string();
    return tl::unexpected(std::move(missing));
  }
  return {};
}

void SphinxDecoder::Free::operator()(ps_decoder_s* decoder) const {
  ps_free(decoder);
}

SphinxDecoder::SphinxDecoder(Handle decoder) : decoder_(std::move(decoder)) {
  cmn_t* mean = ps_get_feat(decoder_.get())->cmn_struct;
  usual_mean_.resize(static_cast<std::size_t>(mean->veclen));
  cmn_live_get(mean, usual_mean_.data());
}

Result<SphinxDecoder> SphinxDecoder::make(std::vector<std::string> arguments) {
  // With its own removal of silence the times of words would be wrong; the bound keeps it from taking several
  // times as long in noise.
  arguments.insert(arguments.begin(), {"decoder", "-remove_silence", "no", "-maxhmmpf", "3000"});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  const std::lock_guard lock(making());
  err_set_logfp(nullptr);
  const std::unique_ptr<cmd_ln_t, FreeSettings> settings(
      cmd_ln_parse_r(nullptr, ps_args(), static_cast<int32>(pointers.size()), pointers.data(), TRUE));
  if (!settings) return no_recogniser("pocketsphinx does not take its settings");
  Handle decoder(ps_init(settings.get()));
  if (!decoder) return no_recogniser("pocketsphinx cannot read its model");
  return SphinxDecoder(std::move(decoder));
}

Result<SphinxDecoder> SphinxDecoder::of_english(const SphinxModel& model) {
  if (auto there = model.check(); !there) return tl::unexpected(there.error());
  return make({"-hmm", model.acoustic_model(), "-lm", model.language_model(), "-dict", model.dictionary()});
}

Result<SphinxDecoder> SphinxDecoder::of_grammar(const SphinxModel& model, const Grammar& grammar) {
  if (auto there = model.check(); !there) return tl::unexpected(there.error());
  auto decoder = make({"-hmm", model.acoustic_model()});
  if (decoder && !decoder->use(grammar)) return no_recogniser("pocketsphinx does not take the vocabulary");
  return decoder;
}

bool SphinxDecoder::use(const Grammar& grammar) {
  for (const Grammar::Word& word : grammar.words) {
    if (ps_add_word(decoder_.get(), word.spelling.c_str(), word.phones.c_str(), FALSE) < 0) return false;
  }
  logmath_t* logarithms = ps_get_logmath(decoder_.get());
  const auto weight = cmd_ln_float32_r(ps_get_config(decoder_.get()), "-lw");
  const std::unique_ptr<fsg_model_t, FreeGrammar> model(
      fsg_model_init(grammar_name, logarithms, weight, static_cast<int32>(states_of(grammar))));
  const int begin = 0;
  const int end = 1;
  int next = 2;
  model->start_state = begin;
  model->final_state = end;
  const int chance = logmath_log(logarithms, 1.0 / static_cast<double>(grammar.phrases.size()));
  for (const std::vector<std::string>& phrase : grammar.phrases) {
    int at = begin;
    for (std::size_t i = 0; i < phrase.size(); ++i) {
      const int to = i + 1 == phrase.size() ? end : next++;
      fsg_model_trans_add(model.get(), at, to, at == begin ? chance : 0,
                          fsg_model_word_add(model.get(), phrase[i].c_str()));
      at = to;
    }
  }
  return ps_set_fsg(decoder_.get(), grammar_name, model.get()) == 0 &&
         ps_set_search(decoder_.get(), grammar_name) == 0;
}

void SphinxDecoder::begin() {
  if (std::exchange(in_utterance_, true)) ps_end_utt(decoder_.get());
  cmn_live_set(ps_get_feat(decoder_.get())->cmn_struct, usual_mean_.data());
  ps_start_stream(decoder_.get());  // from here on times and noise are measured
  ps_start_utt(decoder_.get());
}

void SphinxDecoder::hear(std::span<const std::int16_t> samples) {
  if (!samples.empty()) ps_process_raw(decoder_.get(), samples.data(), samples.size(), FALSE, FALSE);
}

Hypothesis SphinxDecoder::end() {
  in_utterance_ = false;
  ps_end_utt(decoder_.get());
  Hypothesis heard;
  ps_get_hyp(decoder_.get(), &heard.score);
  double likeness = 0;
  for (ps_seg_t* segment = ps_seg_iter(decoder_.get()); segment != nullptr; segment = ps_seg_next(segment)) {
    const char* const word = ps_seg_word(segment);
    const std::string_view text = plain_word(word == nullptr ? "" : word);
    if (text.empty()) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(segment, &first, &last);
    int sound = 0;
    int language = 0;
    int back_off = 0;
    ps_seg_prob(segment, &sound, &language, &back_off);
    likeness += sound;
    heard.word_frames += last - first + 1;
    heard.words.push_back({std::string(text), first / frames_a_second});
  }
  heard.likeness = likeness / std::max(heard.word_frames, 1);
  return heard;
}

}  // namespace unmuted::embedded

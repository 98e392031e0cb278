#include "services/kyutai/spoken_words.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace unmuted::kyutai {
namespace {

/// How far ahead a part is looked for that the service names: it may leave one out.
constexpr std::size_t look_ahead = 8;

struct Replacement {
  std::string_view sign;
  std::string_view by;
};

/// What is not pronounced, and what the service itself would make of the word.
constexpr Replacement replacements[] = {
    {"*", ""},      {"_", ""},       {"`", ""},       {"(", ""},        {")", ""},        {":", " "},
    {"\u2013", ""}, {"\u2018", "'"}, {"\u2019", "'"}, {"\u201c", "\""}, {"\u201d", "\""},
};

std::string pronounceable(std::string_view word) {
  std::string text;
  while (!word.empty()) {
    const auto found = std::find_if(std::begin(replacements), std::end(replacements),
                                    [word](const Replacement& r) { return word.starts_with(r.sign); });
    if (found != std::end(replacements)) {
      text += found->by;
      word.remove_prefix(found->sign.size());
      continue;
    }
    const char c = word.front();
    const auto code = static_cast<unsigned char>(c);
    text += code < 0x20 || code == 0x7f ? ' ' : c;
    word.remove_prefix(1);
  }
  return text;
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = text.find_first_not_of(' '); at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  return parts;
}

}  // namespace

std::string SpokenWords::say(std::string_view word) {
  std::string sent;
  std::size_t words = ++unspoken_;
  for (std::string& part : parts_of(pronounceable(word))) {
    if (!sent.empty()) sent += ' ';
    sent += part;
    parts_.push_back({std::move(part), std::exchange(words, 0)});
    unspoken_ = 0;
  }
  return sent;
}

void SpokenWords::begins(const Text& text) {
  if (text.text.empty()) return;
  mark(text.start_s, take_parts(text.text));
  // Of the next word the service says so itself only when the one behind that begins: of the last, too late.
  if (!parts_.empty()) mark(text.stop_s, std::exchange(parts_.front().words, 0));
}

void SpokenWords::mark(double seconds, std::size_t words) {
  if (words == 0) return;
  begun_ = true;
  const double at = std::clamp(std::round(seconds * audio::sample_rate), 0.0, 1e12);
  const std::size_t earliest = marks_.empty() ? given_ : marks_.back().at;
  const std::size_t sample = std::max(static_cast<std::size_t>(at), earliest);
  if (sample > given_) {
    marks_.push_back({sample, words});
  } else {
    events.emplace_back(WordsBegin{words});
  }
}

/// How many words begin with the part that the service names.
std::size_t SpokenWords::take_parts(std::string_view text) {
  if (parts_.empty()) return 0;
  const auto end = parts_.begin() + static_cast<std::ptrdiff_t>(std::min(look_ahead, parts_.size()));
  auto named = std::find_if(parts_.begin(), end, [text](const Part& part) { return part.text == text; });
  if (named == end) named = parts_.begin();
  std::size_t words = 0;
  for (auto part = parts_.begin(); part <= named; ++part) words += part->words;
  parts_.erase(parts_.begin(), named + 1);
  return words;
}

void SpokenWords::sounds(audio::Samples samples) {
  // The sound has overtaken what is said of its first word, which may be the only one.
  if (!begun_ && !parts_.empty()) mark(0, std::exchange(parts_.front().words, 0));
  std::size_t from = 0;
  for (; !marks_.empty() && marks_.front().at < given_ + samples.size() - from; marks_.pop_front()) {
    const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(from);
    const std::size_t before = marks_.front().at - given_;
    give({begin, begin + static_cast<std::ptrdiff_t>(before)});
    from += before;
    events.emplace_back(WordsBegin{marks_.front().words});
  }
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(from));
  give(std::move(samples));
}

void SpokenWords::give(audio::Samples samples) {
  if (samples.empty()) return;
  given_ += samples.size();
  events.emplace_back(SpeechAudio{std::move(samples)});
}

void SpokenWords::end() {
  std::size_t words = std::exchange(unspoken_, 0);
  for (const Mark& mark : marks_) words += mark.words;
  for (const Part& part : parts_) words += part.words;
  marks_.clear();
  parts_.clear();
  if (words > 0) events.emplace_back(WordsBegin{words});
}

}  // namespace unmuted::kyutai

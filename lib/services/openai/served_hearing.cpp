#include "services/openai/served_hearing.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "audio/pcm.hpp"
#include "audio/wav.hpp"
#include "core/ascii.hpp"
#include "services/openai/multipart.hpp"

namespace unmuted::openai {

using net::awaitable;

namespace {

constexpr std::size_t max_prompt = 800;  ///< bytes: recognisers look at some two hundred tokens

constexpr std::array<std::string_view, 4> optional_fields{"stream", "language", "prompt", "response_format"};

/// "en" of "en", "en/fr" and "en-GB"; empty when it is none.
std::string language_code(std::string_view language) {
  const std::string lower = lower_ascii(language);
  const auto end = std::find_if(lower.begin(), lower.end(), [](char c) { return c < 'a' || c > 'z'; });
  std::string code(lower.begin(), end);
  return code.size() == 2 || code.size() == 3 ? code : std::string();
}

std::string prompt_of(const std::vector<std::string>& vocabulary) {
  std::string prompt;
  for (const std::string& phrase : vocabulary) {
    if (prompt.size() + phrase.size() + 2 > max_prompt) break;
    prompt.append(prompt.empty() ? "" : ", ").append(phrase);
  }
  return prompt;
}

}  // namespace

ServedHearing::ServedHearing(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server,
                             const ListeningChoice& choice)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      language_(language_code(choice.language)),
      prompt_(prompt_of(choice.vocabulary)),
      resampler_(audio::sample_rate, rate),
      whole_(executor_) {}

void ServedHearing::hear(std::span<const float> samples) {
  if (over_ || !state_) return;
  if (waiting_ > most_waits) {
    state_ = tl::unexpected(server_->unavailable("it does not keep up with what is said"));
    if (call_) call_->abort();
    whole_.notify();
    return;
  }
  add(resampler_.feed(samples));
  heard_ += samples.size();
}

/// What is too long for one request is cut.
void ServedHearing::add(std::span<const float> samples) {
  waiting_ += samples.size();
  while (!samples.empty()) {
    const std::size_t room = longest_part - open_.samples.size();
    const auto pcm = audio::to_pcm16(samples.first(std::min(room, samples.size())));
    open_.samples.insert(open_.samples.end(), pcm.begin(), pcm.end());
    samples = samples.subspan(pcm.size());
    if (open_.samples.size() == longest_part) end_part(false);
  }
}

void ServedHearing::end_part(bool ends) {
  const double length = static_cast<double>(open_.samples.size()) / rate;
  const double next = ends ? static_cast<double>(heard_) / audio::sample_rate : open_.begin + length;
  open_.ends = ends;
  parts_.push_back(std::exchange(open_, Part{next}));
  whole_.notify();
}

void ServedHearing::end_utterance() {
  if (over_) return;
  add(resampler_.finish());
  end_part(true);
}

void ServedHearing::abort() {
  over_ = true;
  if (call_) call_->abort();
  whole_.notify();
}

awaitable<HearingEvent> ServedHearing::next(std::shared_ptr<ServedHearing> self) {
  co_return co_await self->next_event();
}

awaitable<HearingEvent> ServedHearing::next_event() {
  while (!over_) {
    if (transcript_) {
      if (auto word = transcript_->take()) co_return std::move(*word);
    }
    if (!state_) co_return fail(state_.error());
    const bool recognised =
        transcript_ ? transcript_->finished() : !parts_.empty() && parts_.front().samples.size() < least_part;
    if (recognised) {
      const Part part = std::exchange(parts_.front(), {});
      transcript_.reset();
      if (call_) call_->finish();
      call_.reset();
      parts_.pop_front();
      waiting_ -= part.samples.size();
      if (part.ends) co_return UtteranceHeard{};
    } else {
      Result<void> recognised_on = co_await recognise_on();
      if (state_) state_ = std::move(recognised_on);
    }
  }
  co_return HearingFailed{server_->unavailable("the listening was aborted")};
}

awaitable<Result<void>> ServedHearing::recognise_on() {
  if (transcript_) co_return co_await read_on();
  if (!parts_.empty()) co_return co_await ask(parts_.front());
  co_await whole_.wait();
  co_return Result<void>();
}

awaitable<Result<void>> ServedHearing::ask(const Part& part) {
  call_.emplace(executor_, server_, ModelEndpoint::transcriptions, optional_fields);
  const double begin = part.begin;
  const double length = static_cast<double>(part.samples.size()) / rate;
  std::vector<std::int16_t> samples = part.samples;
  samples.resize(std::max(samples.size(), shortest_part));
  SpeechCall::Write write = [this, samples = std::move(samples)](const Refused& refused) {
    MultipartForm form;
    const auto set_field = [&](const std::string& name, const std::string& value) {
      if (!value.empty() && !refused.contains(name)) form.add(name, value);
    };
    set_field("model", server_->options().model);
    set_field("language", language_);
    set_field("prompt", prompt_);
    set_field("response_format", "json");
    set_field("stream", "true");
    const std::vector<std::byte> file = audio::write_wav(audio::from_pcm16(samples), rate);
    form.add_file("file", "utterance.wav", "audio/wav",
                  {reinterpret_cast<const char*>(file.data()), file.size()});
    return SpeechCall::Question{form.content_type(), form.body()};
  };
  auto response = co_await call_->open(std::move(write));
  if (!response) co_return tl::unexpected(response.error());
  transcript_.emplace(std::move(response->content_type), begin, length);
  co_return Result<void>();
}

awaitable<Result<void>> ServedHearing::read_on() {
  auto bytes = co_await call_->read();
  if (!bytes) co_return tl::unexpected(bytes.error());
  Result<void> fed = bytes->empty() ? transcript_->end() : transcript_->feed(*bytes);
  if (!fed) co_return tl::unexpected(server_->unavailable(fed.error().message));
  co_return fed;
}

HearingEvent ServedHearing::fail(Error error) {
  abort();
  return HearingFailed{std::move(error)};
}

}  // namespace unmuted::openai

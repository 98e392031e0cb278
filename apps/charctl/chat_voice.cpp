#include "chat_voice.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "audio/ogg_opus_writer.hpp"
#include "chat_screen.hpp"
#include "core/base64.hpp"
#include "core/ids.hpp"
#include "core/overloaded.hpp"

namespace unmuted::charctl {

using net::awaitable;

ChatVoice::ChatVoice(const net::asio::any_io_executor& executor, ChatScreen& screen,
                     std::unique_ptr<SoundOutput> output, std::unique_ptr<SoundInput> input)
    : screen_(screen),
      output_(std::move(output)),
      input_(std::move(input)),
      saying_(input_ != nullptr),
      wanted_(executor),
      changed_(executor) {}

// ---- What is heard ------------------------------------------------------------------------------------

void ChatVoice::hear(const events::Notice& notice) {
  if (!output_ || shut_down_) return;
  const Overloaded hears{
      [this](const events::AudioSpoken& spoken) { waiting_.emplace_back(spoken.samples); },
      [this](const events::ReplyEnded& reply) {
        if (reply.how == events::Ending::finished) {
          waiting_.emplace_back(ReplyOver{});
        } else {
          silence();
        }
      },
      [](const auto&) {},
  };
  std::visit(hears, notice);
  wanted_.notify();
}

awaitable<void> ChatVoice::run_output() {
  while (!shut_down_ && output_) {
    if (waiting_.empty()) {
      co_await wanted_.wait();
      continue;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    playing_ = true;
    Result<void> played;
    if (auto* samples = std::get_if<audio::Samples>(&next)) {
      played = co_await output_->play(std::move(*samples));
    } else {
      played = co_await output_->finish();
    }
    playing_ = false;
    if (!played) {
      complain(played.error());
      silence();
      output_.reset();
    }
    changed_.notify();
  }
}

void ChatVoice::silence() {
  waiting_.clear();
  if (output_) output_->stop();
  changed_.notify();
}

void ChatVoice::complain(const Error& error) {
  failed_ = true;
  if (!shut_down_) screen_.complain(error.message);
}

awaitable<void> ChatVoice::all_heard() {
  while (!shut_down_ && output_ && (playing_ || !waiting_.empty())) co_await changed_.wait();
}

// ---- What is said -------------------------------------------------------------------------------------

awaitable<void> ChatVoice::run_input(std::function<void(events::AppendAudio)> give) {
  audio::OggOpusWriter writer(static_cast<std::uint32_t>(random_seed()));
  while (!shut_down_ && saying_) {
    const Result<audio::Samples> samples = co_await input_->next();
    if (shut_down_) break;
    if (!samples) complain(samples.error());
    saying_ = samples && !samples->empty();
    const std::vector<std::byte> pages = saying_ ? writer.write(*samples) : writer.flush();
    if (!pages.empty()) give(events::AppendAudio{base64_encode(pages)});
  }
  saying_ = false;
  changed_.notify();
}

awaitable<void> ChatVoice::all_said() {
  while (!shut_down_ && saying_) co_await changed_.wait();
}

void ChatVoice::shut_down() {
  shut_down_ = true;
  silence();
  if (input_) input_->stop();
  wanted_.notify();
}

}  // namespace unmuted::charctl

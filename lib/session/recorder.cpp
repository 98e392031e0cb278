#include "session/recorder.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>
#include <variant>
#include <vector>

namespace unmuted {
namespace {

constexpr std::size_t batch_bytes = 16U << 10U;
constexpr std::chrono::seconds batch_time{1};
constexpr std::size_t room_for_the_last_line = 1024;

/// The seconds since 1970, to the millisecond.
std::string wall_time() {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(now / 1000),
                                 static_cast<long long>(now % 1000));
  return {text, static_cast<std::size_t>(size)};
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

}  // namespace

Recorder::Recorder(Recordings* recordings, std::shared_ptr<events::Dialect> dialect, std::string session_id)
    : recordings_(recordings), dialect_(std::move(dialect)), session_id_(std::move(session_id)) {}

Recorder::~Recorder() {
  end();
}

void Recorder::heed(const events::Request& request) {
  const auto* configure = std::get_if<events::Configure>(&request);
  if (configure == nullptr || !configure->allow_recording) return;
  if (allowed_ == *configure->allow_recording) return;
  allowed_ = !allowed_;
  if (allowed_) {
    begin();
  } else {
    take_back();
  }
}

void Recorder::client_said(std::string_view frame, const events::Request& request) {
  heed(request);
  if (!std::holds_alternative<events::AppendAudio>(request)) record("client", without_mark(frame));
}

void Recorder::client_sounded(std::size_t samples) {
  if (recording_) record("client", dialect_->anonymous_audio(samples));
}

void Recorder::told(std::string_view frame) {
  record("server", frame);
}

void Recorder::begin() {
  if (recordings_ == nullptr) return;
  file_ = recordings_->begin(session_id_, ++number_);
  recording_ = true;
  bytes_ = 0;
  passed_on_at_ = {};
}

void Recorder::take_back() {
  recording_ = false;
  lines_.clear();
  if (file_) recordings_->discard(std::move(file_));
}

void Recorder::record(std::string_view sender, std::string_view frame) {
  if (!recording_) return;
  if (bytes_ + frame.size() + room_for_the_last_line > recordings_->limits().file) return fill_up();
  append(sender, frame);
  if (lines_.size() >= batch_bytes || Clock::now() >= passed_on_at_ + batch_time) pass_on();
}

/// Says in the recording itself that it is not the whole.
void Recorder::fill_up() {
  std::vector<std::string> last;
  const events::Failure full{events::Failure::Kind::warning, "recording_full",
                             "The recording has reached its size: what follows is not in it"};
  dialect_->write(full, {}, last);
  for (const std::string& frame : last) append("server", frame);
  pass_on();
  recording_ = false;
}

void Recorder::append(std::string_view sender, std::string_view frame) {
  const std::size_t before = lines_.size();
  lines_.append(R"({"timestamp_wall":)").append(wall_time());
  lines_.append(R"(,"event_sender":")").append(sender).append(R"(","data":)");
  const auto begin = static_cast<std::ptrdiff_t>(lines_.size());
  lines_ += frame;
  // Between the values of JSON a line may break; nowhere else, so that a blank is the same.
  const auto breaks_line = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(lines_.begin() + begin, lines_.end(), breaks_line, ' ');
  lines_ += "}\n";
  bytes_ += lines_.size() - before;
}

void Recorder::pass_on() {
  passed_on_at_ = Clock::now();
  if (lines_.empty()) return;
  if (!recordings_->write(file_, std::exchange(lines_, {}))) recording_ = false;
}

void Recorder::end() {
  if (recording_) pass_on();
  recording_ = false;
  if (file_) recordings_->close(std::move(file_));
}

}  // namespace unmuted

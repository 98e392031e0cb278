#include "support/kyutai_server.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <numbers>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "net/accept_websocket.hpp"
#include "net/http.hpp"
#include "net/signal.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "net/websocket.hpp"
#include "support/certificate.hpp"

namespace unmuted::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using net::as_result;
using net::awaitable;
using nlohmann::json;

namespace {

constexpr double frame_seconds = 0.08;
constexpr std::size_t frame_samples = 1'920;
constexpr std::size_t hearing_delay = 6;  ///< frames from a sound to its word
constexpr std::size_t utterance_gap = 5;  ///< silent frames between two utterances
constexpr double sample_rate = 24'000;

const std::map<std::string, SpeechFault, std::less<>> fault_names{
    {"fine", SpeechFault::fine},
    {"refuse", SpeechFault::refuse},
    {"unauthorized", SpeechFault::unauthorized},
    {"loading", SpeechFault::loading},
    {"hang", SpeechFault::hang},
    {"full", SpeechFault::full},
    {"silent", SpeechFault::silent},
    {"strays", SpeechFault::strays},
    {"only-strays", SpeechFault::only_strays},
    {"garbage-first", SpeechFault::garbage_first},
    {"garbage", SpeechFault::garbage},
    {"error", SpeechFault::error},
    {"die-first", SpeechFault::die_first},
    {"die", SpeechFault::die},
    {"die-late", SpeechFault::die_late},
    {"close-early", SpeechFault::close_early},
    {"stall", SpeechFault::stall},
    {"deaf", SpeechFault::deaf},
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

// ---- messages

std::string packed(const json& message) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(message);
  return {bytes.begin(), bytes.end()};
}

const std::string ready_message = packed({{"type", "Ready"}});
const std::string full_message = packed({{"type", "Error"}, {"message", "no free channels"}});
const std::string failure_message = packed({{"type", "Error"}, {"message", "CUDA out of memory"}});
const std::string no_message = "\xc1 this is no MessagePack";

std::string text_of_word(const std::string& text, std::size_t begin, std::size_t end) {
  return packed({{"type", "Text"},
                 {"text", text},
                 {"start_s", static_cast<double>(begin) * frame_seconds},
                 {"stop_s", static_cast<double>(end) * frame_seconds}});
}

/// A whole number of periods a frame: any number of these frames is one tone.
std::size_t periods_of(std::string_view word) {
  std::size_t hash = 5381;
  for (const char c : word) hash = (hash * 33 + static_cast<unsigned char>(c)) % 1'000'003;
  return 16 + hash % 48;
}

/// As moshi-server writes it: numbers of four bytes.
std::string tone_message(std::size_t periods) {
  std::string bytes =
      "\x82\xa4type\xa5"
      "Audio\xa3pcm";
  bytes += '\xdc';
  bytes += static_cast<char>(frame_samples >> 8U);
  bytes += static_cast<char>(frame_samples & 0xffU);
  for (std::size_t i = 0; i < frame_samples; ++i) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(periods * i) / frame_samples;
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(0.25 * std::sin(turn)));
    bytes += '\xca';
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift & 0xffU);
  }
  return bytes;
}

/// One for all connections: they are many.
const std::string& tone_frame(std::string_view word) {
  static const std::array<std::string, 64> frames = [] {
    std::array<std::string, 64> all;
    for (std::size_t periods = 0; periods < all.size(); ++periods) all[periods] = tone_message(periods);
    return all;
  }();
  return frames.at(periods_of(word));
}

/// The loudness of a message with sound, from some of its samples, and their number; nothing where it is
/// another message. Reads the bytes: a tree of each frame would cost more than all the rest.
struct FrameOfSound {
  std::size_t samples;
  float loudness;
};

std::optional<FrameOfSound> read_sound(std::string_view bytes) {
  constexpr std::string_view head =
      "\x82\xa4type\xa5"
      "Audio\xa3pcm";
  if (!bytes.starts_with(head)) return std::nullopt;
  bytes.remove_prefix(head.size());
  const std::size_t count_bytes = bytes.starts_with('\xdd') ? 4 : 2;
  if (bytes.size() <= count_bytes || (bytes.front() != '\xdd' && bytes.front() != '\xdc'))
    return std::nullopt;
  std::size_t count = 0;
  for (const char c : bytes.substr(1, count_bytes)) count = count << 8U | static_cast<unsigned char>(c);
  bytes.remove_prefix(1 + count_bytes);
  if (bytes.size() != 5 * count) return std::nullopt;
  float sum = 0;
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < count; i += 17, ++looked_at) {
    std::uint32_t bits = 0;
    for (std::size_t b = 0; b < 4; ++b) bits = bits << 8U | static_cast<unsigned char>(bytes[5 * i + 1 + b]);
    if (bytes[5 * i] != '\xca') return std::nullopt;
    const auto sample = std::bit_cast<float>(bits);
    sum += sample * sample;
  }
  return FrameOfSound{count, looked_at == 0 ? 0 : std::sqrt(sum / static_cast<float>(looked_at))};
}

/// One that was upgraded. On the loop of the server.
struct Call {
  Call(const asio::any_io_executor& executor, net::WebSocket the_socket, std::size_t the_number,
       SpeechFault the_fault)
      : socket(std::move(the_socket)),
        number(the_number),
        fault(the_fault),
        changed(executor),
        idle(executor) {}

  void send(std::string message) {
    unsent.push_back(std::move(message));
    changed.notify();
  }

  net::WebSocket socket;
  const std::size_t number;
  const SpeechFault fault;
  net::Signal changed;
  asio::steady_timer idle;
  bool over = false;   ///< the client has closed, or the connection has been cut
  bool close = false;  ///< when all was sent

  // Speech-out.
  std::vector<std::string> words;
  bool complete = false;

  // Speech-in.
  bool hears = false;
  std::deque<std::string> unsent;
  std::optional<HearingScript> script;
  std::size_t samples = 0, frames = 0, frames_with_sound = 0, next_word = 0, silent_frames = 0;
  std::size_t next_utterance = 0;
  std::vector<std::string> utterance;                   ///< what is heard in the present one
  std::deque<std::pair<std::size_t, std::string>> due;  ///< words, by the frame at which they are told
};

using CallPtr = std::shared_ptr<Call>;

}  // namespace

std::optional<SpeechFault> speech_fault_named(std::string_view name) {
  const auto it = fault_names.find(name);
  return it == fault_names.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> speech_fault_names() {
  std::vector<std::string> all;
  for (const auto& [name, ignored] : fault_names) all.push_back(name);
  return all;
}

class KyutaiServer::Implementation {
 public:
  explicit Implementation(KyutaiServerOptions the_options) : options_(std::move(the_options)) {
    if (options_.tls) {
      files_.emplace(make_certificate("localhost"));
      certificate_.emplace(files_->certificate(), files_->key());
      if (!certificate_->read()) throw std::runtime_error("no certificate");
    }
    listen(options_.port);
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::jthread([this] {
      const auto even_when_refusing = asio::make_work_guard(io_);
      io_.run();
    });
  }

  ~Implementation() {
    io_.stop();
    thread_.join();
  }

  [[nodiscard]] std::string url() const {
    return (options_.tls ? "wss://" : "ws://") + options_.address + ":" + std::to_string(port_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string certificate_file() const {
    return files_ ? files_->certificate() : std::string();
  }

  void behave(SpeechFault fault, int times) {
    on_loop([this, fault, times] {
      fault_ = fault;
      times_ = times;
      deaf_hear_ = false;
      if (fault == SpeechFault::refuse) acceptor_.close();
      if (fault != SpeechFault::refuse && !acceptor_.is_open()) listen(port_);
    });
  }
  void hear(HearingScript script) {
    on_loop([this, &script] { scripts_.push_back(std::move(script)); });
  }
  void tell(const std::string& word, double start_time) {
    on_loop([&] {
      for (const CallPtr& call : open_calls_) {
        if (call->hears) call->send(packed({{"type", "Word"}, {"text", word}, {"start_time", start_time}}));
      }
    });
  }
  void listen_again() {
    on_loop([this] {
      deaf_hear_ = true;
      undeafened_.notify();
    });
  }
  void drop_connections() {
    on_loop([this] {
      for (const CallPtr& call : open_calls_) call->socket.abort();
    });
  }

  [[nodiscard]] std::vector<SpeechCall> calls() const { return locked(calls_); }
  [[nodiscard]] std::size_t connections() const { return locked(connections_); }
  [[nodiscard]] std::size_t open() const { return locked(open_); }
  [[nodiscard]] std::size_t places_taken() const { return locked(places_taken_); }

  bool wait_for_connections(std::size_t count) {
    return wait([&] { return connections_ >= count; });
  }
  bool wait_for_calls(std::size_t count) {
    return wait([&] { return calls_.size() >= count; });
  }
  bool wait_for_places(std::size_t count) {
    return wait([&] { return places_taken_ == count; });
  }
  bool wait_for_end() {
    return wait([&] { return open_ == 0; });
  }
  bool wait_for_texts(std::size_t call, std::size_t count) {
    return wait([&] { return calls_.size() > call && calls_[call].texts.size() >= count; });
  }
  bool wait_for_frames(std::size_t call, std::size_t count) {
    return wait([&] { return calls_.size() > call && calls_[call].frames >= count; });
  }

 private:
  // ---- threads

  /// Runs `function` on the loop, and returns when that is done.
  template <class Function>
  void on_loop(Function function) {
    std::promise<void> done;
    asio::post(io_, [&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  template <class Change>
  void record(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  template <class Value>
  Value locked(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  // ---- connections

  void listen(std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::make_address(options_.address), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    asio::co_spawn(io_, accept(), asio::detached);
  }

  awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(as_result);
      if (error) co_return;
      socket.set_option(tcp::no_delay(true));
      record([this] {
        ++connections_;
        ++open_;
      });
      asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
    }
  }

  awaitable<void> serve(tcp::socket socket) {
    auto stream = std::make_unique<net::HttpServerStream>(
        net::Stream(std::move(socket)), certificate_ ? certificate_->current() : nullptr, net::HttpLimits{});
    auto request = co_await stream->read_head();
    if (request) co_await answer(*stream, std::move(*request));
    stream.reset();
    record([this] { --open_; });
  }

  awaitable<void> answer(net::HttpServerStream& stream, net::HttpRequest request) {
    const bool speaks = request.path == "/api/tts_streaming";
    const bool hears = request.path == "/api/asr-streaming";
    const bool upgrade = request.websocket_upgrade && (speaks || hears);
    const SpeechFault fault = upgrade ? next_fault() : fault_;
    if (upgrade && fault == SpeechFault::hang) {
      // Until the client gives up: it says nothing more before.
      [[maybe_unused]] const auto more = co_await stream.read_head();
      co_return;
    }
    net::HttpResponse response = refusal(request, upgrade, fault);
    if (response.status != 101) {
      [[maybe_unused]] const bool written = co_await stream.write(std::move(response), false);
      co_await stream.finish();
      co_return;
    }
    SpeechCall seen;
    seen.target = request.target;
    seen.api_key = request.header("kyutai-api-key").value_or("");
    auto socket = co_await net::accept_websocket(stream.release(), std::move(request), "", {});
    if (!socket) co_return;
    std::size_t number = 0;
    record([&] {
      number = calls_.size();
      calls_.push_back(std::move(seen));
    });
    auto call = std::make_shared<Call>(io_.get_executor(), std::move(*socket), number, fault);
    call->hears = hears;
    co_await converse(call);
  }

  SpeechFault next_fault() {
    const SpeechFault fault = times_ > 0 ? fault_ : SpeechFault::fine;
    if (times_ > 0 && times_ != std::numeric_limits<int>::max()) --times_;
    return fault;
  }

  /// 101: it is none.
  net::HttpResponse refusal(const net::HttpRequest& request, bool upgrade, SpeechFault fault) const {
    net::HttpResponse response;
    const bool unknown = !options_.api_key.empty() && request.header("kyutai-api-key") != options_.api_key;
    if (fault == SpeechFault::loading) {
      response.status = 503;
      response.body = "the model is being loaded";
    } else if (!upgrade && request.path == "/api/build_info") {
      response.body = R"({"build_timestamp":"a test"})";
    } else if (!upgrade) {
      response.status = 404;
    } else if (fault == SpeechFault::unauthorized || unknown) {
      response.status = 401;
    } else {
      response.status = 101;
    }
    return response;
  }

  /// From the upgrade to the end.
  awaitable<void> converse(CallPtr call) {
    open_calls_.insert(call);
    const std::size_t taken = call->hears ? hearing_ : speaking_;
    if (taken >= options_.places || call->fault == SpeechFault::full) {
      [[maybe_unused]] const bool written = co_await call->socket.write(full_message, true);
      co_await call->socket.close(0, "");
    } else {
      std::size_t& places = call->hears ? hearing_ : speaking_;
      ++places;
      record([this] { ++places_taken_; });
      co_await use_place(call);
      --places;
      record([this] { --places_taken_; });
    }
    open_calls_.erase(call);
    record([&] { calls_[call->number].open = false; });
  }

  awaitable<void> use_place(CallPtr call) {
    asio::co_spawn(io_, read(call), asio::detached);
    const bool ready = co_await become_ready(*call);
    if (ready && call->hears) co_await hear(*call);
    if (ready && !call->hears) co_await speak(*call);
    while (!call->over) co_await call->changed.wait();
    call->socket.abort();
  }

  /// Everything that comes, to the end of the connection.
  awaitable<void> read(CallPtr call) {
    watch_idle(call);
    auto message = co_await call->socket.read();
    while (message) {
      if (call->fault == SpeechFault::die_first) call->socket.abort();
      take(call, message->payload);
      while (call->fault == SpeechFault::deaf && !deaf_hear_) co_await undeafened_.wait();
      message = co_await call->socket.read();
    }
    record([&] { calls_[call->number].closed_in_order = message.error().orderly; });
    call->over = true;
    call->changed.notify();
  }

  void watch_idle(const CallPtr& call) {
    if (!call->hears || options_.idle.count() == 0) return;
    call->idle.expires_after(options_.idle);
    call->idle.async_wait([weak = std::weak_ptr(call)](const error_code& cancelled) {
      const auto living = weak.lock();
      if (cancelled || !living) return;
      living->close = true;
      living->changed.notify();
    });
  }

  void take(const CallPtr& taker, std::string_view bytes) {
    Call& call = *taker;
    if (const auto sound = read_sound(bytes)) {
      watch_idle(taker);
      call.samples += sound->samples;
      record([&] {
        calls_[call.number].frames = call.samples / frame_samples;
        calls_[call.number].loudness.push_back(sound->loudness);
      });
      if (options_.listens) listen_to(call, sound->loudness);
      return;
    }
    const json message = json::from_msgpack(bytes, true, false);
    const std::string type = message.is_object() ? message.value("type", "") : "";
    record([&] {
      SpeechCall& seen = calls_[call.number];
      if (type == "Text") seen.texts.push_back(message.value("text", ""));
      if (type == "Voice") seen.voice_first = seen.texts.empty();
      if (type == "Voice") seen.voice_bytes = bytes.size();
      if (type == "Eos") seen.complete = true;
      if (type.empty()) seen.texts.emplace_back("(what is no message)");
    });
    if (type == "Eos") call.complete = true;
    if (type == "Marker") call.send(packed({{"type", "Marker"}, {"id", message.value("id", 0)}}));
    if (type == "Text") {
      for (std::string& word : words_of(message.value("text", ""))) call.words.push_back(std::move(word));
    }
    call.changed.notify();
  }

  awaitable<bool> become_ready(Call& call) {
    if (options_.ready_pause.count() > 0) co_await rest(Clock::now() + options_.ready_pause);
    if (call.fault == SpeechFault::silent) co_return false;
    if (call.fault == SpeechFault::garbage_first) {
      [[maybe_unused]] const bool written = co_await call.socket.write(no_message, true);
      co_return false;
    }
    const bool strays = call.fault == SpeechFault::strays || call.fault == SpeechFault::only_strays;
    const int count = !strays ? 0 : call.fault == SpeechFault::strays ? 10 : 50;
    for (int i = 0; i < count; ++i) {
      const bool written = co_await call.socket.write(tone_frame("somebody else"), true);
      if (!written) co_return false;
    }
    if (call.fault == SpeechFault::only_strays) co_return false;
    co_return co_await call.socket.write(ready_message, true);
  }

  awaitable<void> rest(TimePoint end) {
    asio::steady_timer timer(io_, end);
    co_await timer.async_wait(as_result);
  }

  /// In the middle of the first word. Whether the server goes on.
  awaitable<bool> strike(Call& call) {
    switch (call.fault) {
      case SpeechFault::garbage:
        co_await call.socket.write(no_message, true);
        co_return false;
      case SpeechFault::error:
        co_await call.socket.write(failure_message, true);
        co_return false;
      case SpeechFault::die:
        call.socket.abort();
        co_return false;
      case SpeechFault::close_early:
        co_await call.socket.close(1000, "");
        co_return false;
      case SpeechFault::stall:
        co_return false;
      default:
        co_return true;
    }
  }

  // ---- speech-out

  /// A step of the model begins a word and makes a frame of sound, which is of some steps before. The last
  /// word is spoken only when it is known that it is the last.
  awaitable<void> speak(Call& call) {
    const std::size_t length = options_.frames_a_word;
    const TimePoint began = Clock::now();
    for (std::size_t step = 0;;) {
      const std::size_t known = call.words.size() - (call.complete || call.words.empty() ? 0 : 1);
      const std::size_t end = known * length + (call.complete ? options_.lag : 0);
      if (call.over) co_return;
      if (step == end && call.complete) break;
      if (step >= end) {
        co_await call.changed.wait();
        continue;
      }
      if (options_.speed > 0) {
        const auto time =
            std::chrono::duration<double>(static_cast<double>(step) * frame_seconds / options_.speed);
        co_await rest(began + std::chrono::duration_cast<Duration>(time));
      }
      const std::size_t word = step / length;
      if (step % length == 0 && word > 0 && word < call.words.size()) {
        const std::string text = text_of_word(call.words[word - 1], step - length, step);
        const bool goes_on = co_await write(call, text);
        if (!goes_on) co_return;
      }
      if (step >= options_.lag) {
        const std::size_t frame = step - options_.lag;
        const bool goes_on = co_await write(call, tone_frame(call.words[frame / length]));
        if (!goes_on) co_return;
        if (frame == length / 2) {
          const bool unharmed = co_await strike(call);
          if (!unharmed) co_return;
        }
        if (frame + 1 == length && call.fault == SpeechFault::die_late) call.socket.abort();
      }
      ++step;
    }
    if (!call.words.empty()) {
      const std::size_t begin = (call.words.size() - 1) * length;
      const std::string text = text_of_word(call.words.back(), begin, begin + length);
      const bool written = co_await write(call, text);
      if (!written) co_return;
    }
    co_await call.socket.close(0, "");  // as moshi-server does, without a code
  }

  static awaitable<bool> write(Call& call, const std::string& message) {
    co_return co_await call.socket.write(message, true);
  }

  // ---- speech-in

  awaitable<void> hear(Call& call) {
    if (!scripts_.empty()) {
      call.script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    bool first_word = true;
    std::size_t since_word = 0;
    while (!call.over && !call.close) {
      if (call.unsent.empty()) {
        co_await call.changed.wait();
        continue;
      }
      const std::string message = std::move(call.unsent.front());
      call.unsent.pop_front();
      const bool written = co_await write(call, message);
      if (!written) co_return;
      const bool is_word = message.find("\xa4Word") != std::string::npos;
      if (is_word && std::exchange(first_word, false)) {
        const bool goes_on = co_await strike(call);
        if (!goes_on) co_return;
      }
      since_word += first_word ? 0 : 1;
      if (since_word == 5 && call.fault == SpeechFault::die_late) call.socket.abort();
    }
    if (call.close && !call.over) co_await call.socket.close(1000, "");
  }

  /// Once for each frame that has come.
  void listen_to(Call& call, float loudness) {
    const bool sounds = loudness > 0.003F;
    for (; (call.frames + 1) * frame_samples <= call.samples; ++call.frames) {
      const bool first = call.next_utterance == 0;
      if (sounds && (first || call.silent_frames >= utterance_gap)) begin_utterance(call);
      call.silent_frames = sounds ? 0 : call.silent_frames + 1;
      const std::size_t frames_a_word = options_.utterances.empty() ? 4 : 2;
      if (!call.script && sounds && call.frames_with_sound++ % frames_a_word == 0) hear_word(call);
      step(call);
      tell_words(call);
    }
  }

  void begin_utterance(Call& call) {
    const auto& all = options_.utterances;
    if (all.empty()) return;
    call.utterance = words_of(all[call.next_utterance++ % all.size()]);
    call.frames_with_sound = 0;
    call.next_word = 0;
  }

  void hear_word(Call& call) {
    const bool by_utterance = !options_.utterances.empty();
    const std::vector<std::string>& words = by_utterance ? call.utterance : options_.words;
    const bool all_heard = by_utterance && call.next_word >= words.size();
    if (words.empty() || all_heard) return;
    const std::string& word = words[call.next_word++ % words.size()];
    const json message{
        {"type", "Word"}, {"text", word}, {"start_time", static_cast<double>(call.frames) * frame_seconds}};
    call.due.emplace_back(call.frames + hearing_delay, packed(message));
  }

  void step(Call& call) const {
    static constexpr std::array<float, 4> by_silence{0.02F, 0.3F, 0.7F, 0.95F};
    float pause = by_silence.at(std::min<std::size_t>(call.silent_frames, 3));
    if (call.script && !call.script->pauses.empty()) {
      const auto& pauses = call.script->pauses;
      pause = pauses[std::min(call.frames, pauses.size() - 1)];
    }
    // The number is that of the model, whoever uses it.
    call.send(packed({{"type", "Step"},
                      {"step_idx", 1'000 + call.frames},
                      {"prs", {0.5F, 0.5F, pause, 0.5F}},
                      {"buffered_pcm", 0}}));
  }

  static void tell_words(Call& call) {
    for (; !call.due.empty() && call.due.front().first <= call.frames; call.due.pop_front()) {
      call.send(std::move(call.due.front().second));
      call.send(
          packed({{"type", "EndWord"}, {"stop_time", static_cast<double>(call.frames) * frame_seconds}}));
    }
    if (!call.script) return;
    for (const HearingScript::Word& word : call.script->words) {
      if (word.after != call.frames + 1) continue;
      call.send(packed({{"type", "Word"}, {"text", word.text}, {"start_time", word.start_time}}));
    }
  }

  const KyutaiServerOptions options_;
  std::optional<CertificateFiles> files_;
  std::optional<net::ServerCertificate> certificate_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  std::uint16_t port_ = 0;

  // On the loop.
  SpeechFault fault_ = SpeechFault::fine;
  int times_ = 0;
  std::set<CallPtr> open_calls_;
  std::deque<HearingScript> scripts_;
  std::size_t speaking_ = 0, hearing_ = 0;
  bool deaf_hear_ = false;
  net::Signal undeafened_{io_.get_executor()};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SpeechCall> calls_;
  std::size_t connections_ = 0, open_ = 0, places_taken_ = 0;
  std::jthread thread_;
};

KyutaiServer::KyutaiServer(KyutaiServerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
KyutaiServer::~KyutaiServer() = default;

std::string KyutaiServer::url() const {
  return implementation_->url();
}
std::uint16_t KyutaiServer::port() const {
  return implementation_->port();
}
std::string KyutaiServer::certificate_file() const {
  return implementation_->certificate_file();
}
void KyutaiServer::behave(SpeechFault fault, int times) {
  implementation_->behave(fault, times);
}
void KyutaiServer::hear(HearingScript script) {
  implementation_->hear(std::move(script));
}
void KyutaiServer::tell(std::string word, double start_time) {
  implementation_->tell(word, start_time);
}
void KyutaiServer::listen_again() {
  implementation_->listen_again();
}
void KyutaiServer::drop_connections() {
  implementation_->drop_connections();
}
std::vector<SpeechCall> KyutaiServer::calls() const {
  return implementation_->calls();
}
std::size_t KyutaiServer::connections() const {
  return implementation_->connections();
}
std::size_t KyutaiServer::open() const {
  return implementation_->open();
}
std::size_t KyutaiServer::places_taken() const {
  return implementation_->places_taken();
}
bool KyutaiServer::wait_for_connections(std::size_t count) {
  return implementation_->wait_for_connections(count);
}
bool KyutaiServer::wait_for_calls(std::size_t count) {
  return implementation_->wait_for_calls(count);
}
bool KyutaiServer::wait_for_places(std::size_t count) {
  return implementation_->wait_for_places(count);
}
bool KyutaiServer::wait_for_end() {
  return implementation_->wait_for_end();
}
bool KyutaiServer::wait_for_texts(std::size_t call, std::size_t count) {
  return implementation_->wait_for_texts(call, count);
}
bool KyutaiServer::wait_for_frames(std::size_t call, std::size_t count) {
  return implementation_->wait_for_frames(call, count);
}

double KyutaiServer::tone_of(std::string_view word) {
  return static_cast<double>(periods_of(word)) * sample_rate / frame_samples;
}

}  // namespace unmuted::test

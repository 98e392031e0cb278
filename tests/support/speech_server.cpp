#include "support/speech_server.hpp"

#include <cmath>
#include <deque>
#include <numbers>
#include <set>
#include <sstream>
#include <utility>

#include "net/asio.hpp"
#include "support/http_test_server.hpp"

namespace unmuted::test {

namespace http = boost::beast::http;
using net::awaitable;
using nlohmann::json;

std::vector<std::int16_t> tone_of(std::string_view word, int rate) {
  unsigned sum = 0;
  for (const char c : word) sum = sum * 31 + static_cast<unsigned char>(c);
  const double pitch = 200 + 10 * (sum % 80);  // Hz
  std::vector<std::int16_t> samples((word.size() + 1) * static_cast<std::size_t>(rate) / 20);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2 * std::numbers::pi * pitch * static_cast<double>(i) / rate;
    samples[i] = static_cast<std::int16_t>(std::lround(10'000 * std::sin(phase)));
  }
  return samples;
}

namespace {

std::vector<std::string> spoken_words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

void append_number(std::string& bytes, unsigned value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

std::string bytes_of(const std::vector<std::int16_t>& samples) {
  std::string bytes;
  for (const std::int16_t sample : samples) append_number(bytes, static_cast<std::uint16_t>(sample), 2);
  return bytes;
}

/// As of a stream: it does not know its length.
std::string wav_head(unsigned rate) {
  std::string head = "RIFF\xFF\xFF\xFF\xFFWAVELIST";
  append_number(head, 4, 4);
  head += "INFOfmt ";
  append_number(head, 16, 4);
  append_number(head, 1, 2);
  append_number(head, 1, 2);
  append_number(head, rate, 4);
  append_number(head, rate * 2, 4);
  append_number(head, 2, 2);
  append_number(head, 16, 2);
  return head + "data\xFF\xFF\xFF\xFF";
}

std::string head_of(const std::string& type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nTransfer-Encoding: chunked\r\n\r\n";
}

const std::string last_chunk = "0\r\n\r\n";

std::string transcript_event(const std::string& type, const std::string& member, const std::string& text) {
  return event(json{{"type", type}, {member, text}}.dump());
}

/// The parts of a form by their names.
std::map<std::string, std::string> parts_of(const std::string& type, const std::string& body) {
  std::map<std::string, std::string> parts;
  const std::size_t named = type.find("boundary=");
  if (named == std::string::npos) return parts;
  const std::string line = "--" + type.substr(named + 9);
  for (std::size_t at = body.find(line); at != std::string::npos;) {
    const std::size_t end = body.find("\r\n" + line, at + line.size());
    if (end == std::string::npos) break;
    const std::string part = body.substr(at + line.size() + 2, end - at - line.size() - 2);
    const std::size_t name = part.find("name=\"") + 6;
    const std::size_t content = part.find("\r\n\r\n");
    parts[part.substr(name, part.find('"', name) - name)] = part.substr(content + 4);
    at = end + 2;
  }
  return parts;
}

}  // namespace

class SpeechServer::Implementation final : public HttpTestServer {
 public:
  explicit Implementation(const SpeechServerOptions& options)
      : HttpTestServer({options.port, options.tls, "localhost", options.models, options.base}),
        options_(options) {
    run();
  }
  ~Implementation() override { stop(); }

  void transcribe(std::string text) {
    on_loop([&] { transcripts_.push_back(std::move(text)); });
  }
  void refuse_parameter(std::string name) {
    on_loop([&] { refused_.insert(std::move(name)); });
  }
  void gate_words() {
    on_loop([this] { gates_ = true; });
  }

  [[nodiscard]] std::vector<SpeechRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  bool wait_for_requests(std::size_t count) {
    return wait([&] { return requests_.size() >= count; });
  }

 private:
  [[nodiscard]] bool is_for_speech(const std::string& path) const {
    return path == options_.base + "/audio/speech";
  }

  bool accepts(const std::string& path, const Request& request) override {
    const bool known = path == options_.base + "/audio/transcriptions" || is_for_speech(path);
    if (!known || request.method() != http::verb::post) return false;
    record([&] { requests_.push_back(read(request)); });
    return true;
  }

  static SpeechRequest read(const Request& request) {
    SpeechRequest asked;
    asked.target = std::string(request.target());
    asked.authorization = std::string(request[http::field::authorization]);
    const std::string type(request[http::field::content_type]);
    if (type.starts_with("application/json")) asked.body = json::parse(request.body(), nullptr, false);
    asked.fields = parts_of(type, request.body());
    asked.file = asked.fields["file"];
    asked.fields.erase("file");
    return asked;
  }

  awaitable<bool> answer(Peer& peer, const Request& request, Behaviour behaviour) override {
    const SpeechRequest asked = read(request);
    for (const std::string& name : refused_) {
      if (asked.body.contains(name) || asked.fields.contains(name)) co_return co_await refuse(peer, name);
    }
    const std::string path = asked.target.substr(0, asked.target.find('?'));
    const std::string text = asked.body.is_object() ? asked.body.value("input", "") : std::string();
    if (is_for_speech(path)) co_return co_await speak(peer, text, behaviour);
    co_return co_await hear(peer, asked.fields, behaviour);
  }

  static awaitable<bool> refuse(Peer& peer, const std::string& parameter) {
    const json error{{"message", "Unrecognized request argument supplied: " + parameter},
                     {"param", parameter}};
    const json body{{"error", error}};
    const std::string answer = response("400 Bad Request", "application/json", body.dump());
    co_return co_await peer.write(answer);
  }

  awaitable<bool> speak(Peer& peer, std::string text, Behaviour behaviour) {
    if (behaviour == Behaviour::mp3) {
      const std::string frames = std::string("ID3\x04", 4) + std::string(200, '\0');
      const std::string answer = response("200 OK", "audio/mpeg", frames);
      co_return co_await peer.write(answer);
    }
    if (behaviour == Behaviour::whole_json) {
      const std::string answer = response("200 OK", "application/json", R"({"audio":"AAAA"})");
      co_return co_await peer.write(answer);
    }
    const bool wav = behaviour == Behaviour::wav;
    constexpr unsigned wav_rate = 16'000;
    const bool begun = co_await peer.write(head_of(wav ? "audio/wav" : "audio/pcm"));
    if (!begun) co_return false;
    std::vector<std::string> pieces;
    for (const std::string& word : spoken_words(text)) {
      pieces.push_back(bytes_of(tone_of(word, wav ? wav_rate : 24'000)));
    }
    if (wav && !pieces.empty()) pieces.front() = wav_head(wav_rate) + pieces.front();
    if (behaviour == Behaviour::odd) pieces = cut_oddly(pieces);
    if (behaviour == Behaviour::silent) pieces.clear();
    for (std::string& piece : pieces) piece = chunk(piece);
    co_return co_await give_pieces(peer, std::move(pieces), behaviour);
  }

  /// The same bytes, so that no piece ends with a sample.
  static std::vector<std::string> cut_oddly(const std::vector<std::string>& pieces) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    std::vector<std::string> odd;
    for (std::size_t at = 0; at < all.size(); at += 1001) odd.push_back(all.substr(at, 1001));
    return odd;
  }

  awaitable<bool> hear(Peer& peer, std::map<std::string, std::string> fields, Behaviour behaviour) {
    std::string text = options_.transcript;
    if (behaviour == Behaviour::fine && !transcripts_.empty()) {
      text = std::move(transcripts_.front());
      transcripts_.pop_front();
    }
    if (behaviour == Behaviour::whole_json || (behaviour == Behaviour::fine && fields["stream"] != "true")) {
      const json body{{"text", text}};
      const std::string answer = response("200 OK", "application/json", body.dump());
      co_return co_await peer.write(answer);
    }
    const bool begun = co_await peer.write(head_of("text/event-stream; charset=utf-8"));
    if (!begun) co_return false;
    std::vector<std::string> pieces;
    for (const std::string& word : spoken_words(text)) {
      pieces.push_back(
          transcript_event("transcript.text.delta", "delta", pieces.empty() ? word : " " + word));
    }
    pieces.push_back(transcript_event("transcript.text.done", "text", text));
    if (behaviour == Behaviour::error_event)
      pieces.back() = event(R"({"error":{"message":"the decoder gave up"}})");
    if (behaviour == Behaviour::bad_json) pieces.front() = event("{\"type\": ");
    if (behaviour == Behaviour::silent) pieces.clear();
    co_return co_await give_pieces(peer, std::move(pieces), behaviour);
  }

  awaitable<bool> give_pieces(Peer& peer, std::vector<std::string> pieces, Behaviour behaviour) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      bool open = co_await pause(peer, options_.word_pause);
      if (open && i > 0 && gates_) open = co_await pass_gate(peer);
      if (open) open = co_await peer.write(pieces[i]);
      if (!open) co_return false;
      if (behaviour == Behaviour::half_chunk) {
        co_await peer.write("40\r\nhalf");
        co_return false;
      }
      if (behaviour == Behaviour::die) co_return die(peer);
      if (behaviour == Behaviour::hang_later) co_return co_await wait_for_end(peer);
    }
    if (behaviour == Behaviour::endless_line) {
      const std::string much = chunk(std::string(64U << 10U, 'x'));
      while (co_await peer.write(much)) {
      }
      co_return co_await wait_for_end(peer);
    }
    co_return co_await peer.write(last_chunk);
  }

  const SpeechServerOptions options_;
  std::vector<SpeechRequest> requests_;

  // Of the loop.
  std::deque<std::string> transcripts_;
  std::set<std::string> refused_;
  bool gates_ = false;
};

SpeechServer::SpeechServer(SpeechServerOptions options)
    : implementation_(std::make_unique<Implementation>(options)) {}
SpeechServer::~SpeechServer() = default;

std::string SpeechServer::url() const {
  return implementation_->url();
}
std::string SpeechServer::certificate_file() const {
  return implementation_->certificate_file();
}
void SpeechServer::behave(Behaviour behaviour, int times) {
  implementation_->behave(behaviour, times);
}
void SpeechServer::transcribe(std::string text) {
  implementation_->transcribe(std::move(text));
}
void SpeechServer::refuse_parameter(std::string name) {
  implementation_->refuse_parameter(std::move(name));
}
void SpeechServer::answer(RawAnswer answer) {
  implementation_->answer_with(std::move(answer));
}
void SpeechServer::gate_words() {
  implementation_->gate_words();
}
void SpeechServer::release() {
  implementation_->release();
}
void SpeechServer::drop_connections() {
  implementation_->drop_connections();
}
std::vector<SpeechRequest> SpeechServer::requests() const {
  return implementation_->requests();
}
std::size_t SpeechServer::connections() const {
  return implementation_->connections();
}
bool SpeechServer::wait_for_requests(std::size_t count) {
  return implementation_->wait_for_requests(count);
}
bool SpeechServer::wait_for_answers(std::size_t count) {
  return implementation_->wait_for_answers(count);
}
bool SpeechServer::wait_for_ends(std::size_t count) {
  return implementation_->wait_for_ends(count);
}
bool SpeechServer::wait_for_abandoned(std::size_t count) {
  return implementation_->wait_for_abandoned(count);
}

}  // namespace unmuted::test

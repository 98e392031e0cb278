#include "support/model_server.hpp"

#include <deque>
#include <sstream>
#include <utility>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "support/http_test_server.hpp"

namespace unmuted::test {

namespace http = boost::beast::http;
using net::awaitable;
using nlohmann::json;

namespace {

const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

ReplyStep step(const json& delta, const json& reason = nullptr) {
  const json choice{{"index", 0}, {"delta", delta}, {"finish_reason", reason}};
  return {false, json{{"object", "chat.completion.chunk"}, {"choices", json::array({choice})}}.dump(), false};
}

ReplyScript echo(const json& request) {
  const json& messages = request.at("messages");
  const std::string said = messages.empty() ? "" : messages.back().value("content", "");
  ReplyScript script{step({{"role", "assistant"}, {"content", ""}}), text("You said:")};
  std::istringstream words(said);
  for (std::string word; words >> word;) script.push_back(text(" " + word));
  script.push_back(finish());
  return script;
}

ReplyScript calls(int count, const std::string& name, const std::string& arguments) {
  ReplyScript script;
  for (int i = 0; i < count; ++i) script.push_back(call(i, "call_" + std::to_string(i), name, arguments));
  script.push_back(finish("tool_calls"));
  return script;
}

std::string first_tool(const json& request) {
  if (!request.contains("tools")) return "some_tool";
  return request["tools"].front()["function"]["name"];
}

}  // namespace

ReplyStep text(const std::string& delta) {
  return step({{"content", delta}});
}

ReplyStep call(int index, const std::string& id, const std::string& name, const std::string& arguments) {
  json piece{{"index", index}, {"function", {{"arguments", arguments}}}};
  if (!id.empty()) piece["id"] = id;
  if (!id.empty()) piece["type"] = "function";
  if (!name.empty()) piece["function"]["name"] = name;
  return step({{"tool_calls", json::array({piece})}});
}

ReplyStep finish(const std::string& reason) {
  return step(json::object(), reason);
}

ReplyStep gate() {
  return {true, "", false};
}

ReplyStep stamp() {
  return {false, "", true};
}

namespace {

std::string stamped_word() {
  const auto now = Clock::now().time_since_epoch();
  return text("@" + std::to_string(std::chrono::nanoseconds(now).count()) + " ").data;
}

}  // namespace

class ModelServer::Implementation final : public HttpTestServer {
 public:
  explicit Implementation(const ModelServerOptions& options)
      : HttpTestServer({options.port, options.tls, options.certificate_host, options.models, options.base}),
        options_(options) {
    run();
  }
  ~Implementation() override { stop(); }

  void reply(ReplyScript script) {
    on_loop([this, script] { scripts_.push_back(script); });
  }

  [[nodiscard]] std::vector<ModelRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  bool wait_for_requests(std::size_t count) {
    return wait([&] { return requests_.size() >= count; });
  }

 private:
  bool accepts(const std::string& path, const Request& request) override {
    if (path != options_.base + "/chat/completions" || request.method() != http::verb::post) return false;
    ModelRequest recorded{std::string(request.target()),
                          std::string(request[http::field::authorization]),
                          std::string(request["api-key"]),
                          {}};
    recorded.body = json::parse(request.body(), nullptr, false);
    record([&] { requests_.push_back(recorded); });
    return true;
  }

  awaitable<bool> answer(Peer& peer, const Request& request, Behaviour behaviour) override {
    if (behaviour == Behaviour::whole_json) {
      co_return co_await peer.write(
          response("200 OK", "application/json", R"({"choices":[{"message":{"content":"Hello."}}]})"));
    }
    const json body = json::parse(request.body(), nullptr, false);
    const bool begun = co_await peer.write(stream_head);
    if (!begun) co_return false;
    co_return co_await stream(peer, behaviour, body);
  }

  ReplyScript script_for(Behaviour behaviour, const json& request) {
    if (behaviour == Behaviour::call_tool && request["messages"].back()["role"] != "tool") {
      return calls(1, first_tool(request), "{}");
    }
    if (behaviour == Behaviour::unknown_tool) return calls(1, "launch_rocket", "{}");
    if (behaviour == Behaviour::bad_arguments) return calls(1, first_tool(request), "{\"correct\": tru");
    if (behaviour == Behaviour::many_calls) return calls(1000, first_tool(request), "{}");
    if (scripts_.empty()) return echo(request);
    ReplyScript script = std::move(scripts_.front());
    scripts_.pop_front();
    return script;
  }

  awaitable<bool> stream(Peer& peer, Behaviour behaviour, const json& request) {
    switch (behaviour) {
      case Behaviour::half_chunk:
        co_await peer.write(event(text("Hello").data) + "40\r\ndata: {\"choi");
        co_return false;
      case Behaviour::bad_json:
        co_return co_await peer.write(
            chunk("data: " + text("Hello").data + "\n\ndata: {\"choices\": [}\n\n") + chunk(""));
      case Behaviour::error_event:
        co_return co_await peer.write(event(R"({"error":{"message":"the context is too long"}})") +
                                      chunk(""));
      case Behaviour::endless_line: {
        const std::string much = chunk("data: " + std::string(64U << 10U, 'x'));
        while (co_await peer.write(much)) {
        }
        co_return co_await wait_for_end(peer);
      }
      case Behaviour::hang_later:
        co_await peer.write(event(text("Hello").data));
        co_return co_await wait_for_end(peer);
      case Behaviour::die:
        co_await peer.write(event(text("Hello").data));
        co_return die(peer);
      default:
        co_return co_await play(peer, script_for(behaviour, request));
    }
  }

  awaitable<bool> play(Peer& peer, ReplyScript script) {
    for (const ReplyStep& next : script) {
      bool open = co_await pause(peer, options_.word_pause);
      if (open && next.gate) open = co_await pass_gate(peer);
      std::string data = next.data;
      if (next.stamp) data = stamped_word();
      const std::string bytes = event(data);
      if (open && !next.gate) open = co_await peer.write(bytes);
      if (!open) co_return false;
    }
    co_return co_await peer.write(event("[DONE]") + "0\r\n\r\n");
  }

  const ModelServerOptions options_;
  std::deque<ReplyScript> scripts_;
  std::vector<ModelRequest> requests_;
};

ModelServer::ModelServer(ModelServerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
ModelServer::~ModelServer() = default;

std::string ModelServer::url() const {
  return implementation_->url();
}
std::string ModelServer::certificate_file() const {
  return implementation_->certificate_file();
}
void ModelServer::behave(Behaviour behaviour, int times) {
  implementation_->behave(behaviour, times);
}
void ModelServer::reply(ReplyScript script) {
  implementation_->reply(std::move(script));
}
void ModelServer::answer(RawAnswer answer) {
  implementation_->answer_with(std::move(answer));
}
void ModelServer::answer_models(RawAnswer answer) {
  implementation_->answer_models(std::move(answer));
}
void ModelServer::release() {
  implementation_->release();
}
void ModelServer::drop_connections() {
  implementation_->drop_connections();
}
std::vector<ModelRequest> ModelServer::requests() const {
  return implementation_->requests();
}
std::size_t ModelServer::connections() const {
  return implementation_->connections();
}
std::size_t ModelServer::abandoned() const {
  return implementation_->abandoned();
}
bool ModelServer::wait_for_answers(std::size_t count) {
  return implementation_->wait_for_answers(count);
}
bool ModelServer::wait_for_requests(std::size_t count) {
  return implementation_->wait_for_requests(count);
}
bool ModelServer::wait_for_ends(std::size_t count) {
  return implementation_->wait_for_ends(count);
}
bool ModelServer::wait_for_abandoned(std::size_t count) {
  return implementation_->wait_for_abandoned(count);
}

}  // namespace unmuted::test

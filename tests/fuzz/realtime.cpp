// The wire of OpenAI's Realtime API: what a client sends is an event within its limits, or is refused in one
// error that has the event's id. Then, whatever happens in a session in whatever order, what the client is
// told of it keeps the rules that clients depend on.

#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base64.hpp"
#include "core/utf8.hpp"
#include "events/realtime/dialect.hpp"
#include "events/realtime/read.hpp"
#include "events/user_text.hpp"
#include "fuzz/fuzz.hpp"
#include "support/realtime_rules.hpp"

namespace {

using namespace unmuted::events;
using nlohmann::json;
using std::chrono::milliseconds;
using unmuted::TurnId;
using unmuted::test::RealtimeRules;

// ---- What comes

void check_item(const Item& item) {
  FUZZ_CHECK(item.id.size() <= realtime::max_id && item.call_id.size() <= realtime::max_id);
  FUZZ_CHECK(item.text.size() <= realtime::max_result && unmuted::is_utf8(item.text));
  FUZZ_CHECK(item.kind != Item::Kind::message || item.text.size() <= max_user_text);
}

void check_options(const ReplyOptions& options) {
  FUZZ_CHECK(options.instructions.value_or("").size() <= realtime::max_instructions);
  FUZZ_CHECK(options.max_tokens.value_or(0) >= 0);
  if (options.tools) FUZZ_CHECK(options.tools->size() <= realtime::max_tools);
}

void check_request(const ClientRequest& message) {
  FUZZ_CHECK(message.id.size() <= realtime::max_id);
  if (const auto* append = std::get_if<AppendAudio>(&message.request))
    FUZZ_CHECK(unmuted::base64_decode(append->audio).has_value());
  if (const auto* add = std::get_if<AddItem>(&message.request)) check_item(add->item);
  if (const auto* reply = std::get_if<StartReply>(&message.request)) {
    check_options(reply->options);
    for (const Item& item : reply->input.value_or(std::vector<Item>())) check_item(item);
  }
  if (const auto* cut = std::get_if<CutItem>(&message.request)) FUZZ_CHECK(cut->heard.count() >= 0);
  if (const auto* wanted = std::get_if<Configure>(&message.request)) check_options(wanted->settings.reply);
}

void read_frame(std::string_view text) {
  const auto dialect = realtime_dialect();
  auto message = dialect->read(text);
  if (message) return check_request(*message);
  const std::string id = message.error().request_id;
  std::vector<std::string> frames;
  dialect->write(failure_of(std::move(message.error())), id, frames);
  FUZZ_CHECK(frames.size() == 1);
  const json error = json::parse(frames.front());
  FUZZ_CHECK(error.at("type") == "error");
  FUZZ_CHECK(id.empty() ? error.at("error").at("event_id").is_null()
                        : error.at("error").at("event_id") == id);
}

// ---- What is told

/// A session in which anything happens next.
class Walk {
 public:
  void step(unsigned char what) {
    switch (what % 16) {
      case 0:
        if (!reply_) begin((what & 16U) != 0, (what & 32U) != 0);
        break;
      case 1:
        if (reply_) tell(WordReady{turn_, " word", place()});
        break;
      case 2:
        if (reply_) tell(WordSpoken{turn_, "word"});
        break;
      case 3:
        if (reply_) tell(TextWritten{turn_, "text", place()});
        break;
      case 4:
        if (reply_) tell(AudioSpoken{turn_, unmuted::audio::Samples(what)});
        break;
      case 5:
        if (reply_) call();
        break;
      case 6:
      case 7:
        if (reply_) end(static_cast<Ending>(what / 16 % 4));
        break;
      case 8:
        if (!speech_.empty()) break;
        speech_ = next_id();
        tell(UserSpeechStarted{speech_, milliseconds(what)});
        break;
      case 9:
        if (!speech_.empty()) tell(UserWord{"word", 0});
        break;
      case 10:
        if (!speech_.empty()) stop_speech((what & 16U) != 0);
        break;
      case 11:
        tell(ItemAdded{{.id = next_id(), .text = "text"}, last()});
        break;
      case 12:
        tell(Failure{static_cast<Failure::Kind>(what / 16 % 4), "some_code", "message"});
        break;
      case 13:
        tell(ToolCalled{turn_, "tool", "{}", "result"});
        break;
      case 14: {
        if (!speech_.empty()) break;  // turns go by voice, or by the client
        const std::string id = next_id();
        tell(UserTurnEnded{id, last()});
        tell(UserTurnHeard{id, (what & 16U) != 0 ? "text" : ""});
        break;
      }
      default:
        if (!rules_.order().empty() && !reply_) tell(ItemRemoved{rules_.order().front()});
        break;
    }
  }
  void finish() {
    if (reply_) end(Ending::interrupted);
    FUZZ_CHECK(rules_.finish().empty());
  }

 private:
  std::string next_id() { return "item_" + std::to_string(++ids_); }
  [[nodiscard]] std::string last() const { return rules_.order().empty() ? "" : rules_.order().back(); }
  Place place() { return {!std::exchange(placed_, true), last()}; }

  void tell(const Notice& notice) {
    std::vector<std::string> frames;
    dialect_->write(notice, {}, frames);
    for (const std::string& frame : frames) {
      for (const std::string& fault : rules_.check(json::parse(frame))) {
        std::fprintf(stderr, "%s\n%s\n", fault.c_str(), frame.c_str());
        FUZZ_CHECK(false);
      }
    }
  }
  void begin(bool written, bool aside) {
    reply_ = true;
    placed_ = false;
    turn_ = TurnId{++turns_};
    ReplyStarted started{turn_, "voice", {}, next_id()};
    started.options.written = written;
    started.aside = aside;
    tell(started);
  }
  void call() {
    const Item item{
        .id = next_id(), .kind = Item::Kind::call, .call_id = "call", .name = "tool", .arguments = "{}"};
    tell(CallHandedOut{turn_, item, last()});
  }
  void end(Ending how) {
    reply_ = false;
    tell(ReplyEnded{turn_, "", how, {}});
  }
  void stop_speech(bool said) {
    UserSpeechStopped stopped;
    if (said) stopped = {speech_, last(), {}};
    speech_.clear();
    tell(stopped);
  }

  RealtimeRules rules_;
  std::shared_ptr<Dialect> dialect_ = [this] {
    auto made = realtime_dialect();
    std::vector<std::string> frames;
    made->write(SessionBegan{"abc"}, {}, frames);
    FUZZ_CHECK(frames.size() == 1 && rules_.check(json::parse(frames.front())).empty());
    return made;
  }();
  int ids_ = 0;
  std::uint64_t turns_ = 0;
  TurnId turn_{0};
  bool reply_ = false, placed_ = false;
  std::string speech_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_frame(unmuted::fuzz::text_of(data, size));
  Walk walk;
  for (std::size_t i = 0; i < size && i < 1'000; ++i) walk.step(data[i]);
  walk.finish();
  return 0;
}

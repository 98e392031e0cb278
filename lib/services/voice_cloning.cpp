#include "services/voice_cloning.hpp"

#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "net/offload.hpp"
#include "net/url.hpp"
#include "services/refusal.hpp"
#include "services/voice_message.hpp"

namespace unmuted {

using net::awaitable;

namespace {

constexpr const char* of_the_service = "The voice cloning service ";

/// What Kyutai's services want to see; it is no secret.
const std::pair<std::string, std::string> kyutai_key{"kyutai-api-key", "public_token"};

tl::unexpected<Error> unreachable(const Error& error) {
  if (error.code == "timed_out")
    return fail("timed_out", std::string(of_the_service) + "did not answer in time");
  return fail("service_unavailable", of_the_service + ("cannot be used: " + error.message));
}

/// What an answer other than 200 means for whoever sent the recording.
tl::unexpected<Error> refused(unsigned status, std::string_view body) {
  const std::string said = failure_text(body);
  const std::string why = "(HTTP " + std::to_string(status) + ")" + (said.empty() ? "" : ": " + said);
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return fail("recording_refused", of_the_service + ("does not take the recording " + why));
    case 429:
    case 503:
      return fail("service_at_capacity", of_the_service + ("has no free place " + why));
    default:
      return fail("service_unavailable", of_the_service + ("cannot be used " + why));
  }
}

}  // namespace

Result<void> check_cloning_url(const std::string& url) {
  const auto parsed = net::parse_url(url);
  if (!parsed) return tl::unexpected(parsed.error());
  const bool fits =
      (parsed->scheme == "http" || parsed->scheme == "https") && url.find('?') == std::string::npos;
  if (fits) return {};
  return fail("invalid_url", "Expected an address such as http://localhost:8092, got " + url);
}

Result<std::unique_ptr<VoiceCloning>> VoiceCloning::create(Options options, VoiceStore& store,
                                                           WorkerPool& pool) {
  if (auto fits = check_cloning_url(options.url); !fits) return tl::unexpected(fits.error());
  while (options.url.ends_with('/')) options.url.pop_back();
  auto client = net::HttpClient::create();
  if (!client) return tl::unexpected(client.error());
  return std::unique_ptr<VoiceCloning>(new VoiceCloning(std::move(options), std::move(*client), store, pool));
}

VoiceCloning::VoiceCloning(Options options, net::HttpClient client, VoiceStore& store, WorkerPool& pool)
    : options_(std::move(options)),
      client_(std::move(client)),
      store_(store),
      chores_(pool, WorkerPool::Lane::chores) {}

awaitable<Result<std::string>> VoiceCloning::clone(std::string recording) {
  struct Place {
    explicit Place(std::atomic<std::size_t>& the_count) : count(the_count), number(++the_count) {}
    ~Place() { --count; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::atomic<std::size_t>& count;
    const std::size_t number;
  };
  const Place place(under_way_);
  if (place.number > options_.max_at_once) {
    co_return fail("service_at_capacity", "Too many voices are being cloned; try again in a moment");
  }
  auto voice = co_await ask_for_voice(std::move(recording));
  if (!voice) co_return tl::unexpected(voice.error());
  std::string name = new_voice_name();
  const auto kept = co_await store_.put(name, std::move(*voice));
  if (!kept) co_return tl::unexpected(kept.error());
  co_return name;
}

awaitable<Result<std::string>> VoiceCloning::ask_for_voice(std::string recording) {
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = options_.url + "/api/voice";
  request.headers = {{"Content-Type", "application/octet-stream"}, kyutai_key};
  request.body = std::move(recording);
  request.idle_timeout = options_.patience;
  request.total_timeout = options_.patience;
  request.max_body = options_.max_voice;
  auto answer = co_await client_.fetch(std::move(request));
  if (!answer) co_return unreachable(answer.error());
  if (answer->status != 200) co_return refused(answer->status, answer->body);

  // A large one takes milliseconds.
  net::PoolCall call;
  auto look = [voice = std::make_shared<std::string>(std::move(answer->body))] {
    return std::pair(is_voice_message(*voice), voice);
  };
  const auto looked = co_await net::offload(chores_, call, std::move(look));
  if (!looked) co_return fail("service_at_capacity", "The server is too busy; try again");
  if (looked->first) co_return std::move(*looked->second);
  co_return fail("service_unavailable", std::string(of_the_service) + "sent what is no voice");
}

awaitable<bool> VoiceCloning::up() {
  using namespace net::asio::experimental::awaitable_operators;
  net::HttpClientRequest request;
  request.url = options_.url + "/api/build_info";
  request.headers = {kyutai_key};
  request.idle_timeout = std::chrono::seconds(2);
  request.total_timeout = request.idle_timeout;
  auto probe = client_.fetch(std::move(request));
  const auto [answer, store_up] = co_await (std::move(probe) && store_.up());
  co_return answer && answer->status == 200 && store_up;
}

}  // namespace unmuted

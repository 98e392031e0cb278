#include "net/name_lookup.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace unmuted::net {

struct NameLookup::State {
  struct Entry {
    bool under_way = false;
    std::optional<Result<Addresses>> answer;
    TimePoint until;                 ///< the answer is good
    std::vector<Question*> waiting;  ///< each takes itself out before it ends
  };

  explicit State(NameLookupOptions the_options) : options(std::move(the_options)) {}

  const NameLookupOptions options;
  std::mutex mutex;
  std::map<std::string, Entry> entries;
  std::deque<std::string> queue;  ///< names that no thread has taken yet
  unsigned threads = 0;
};

Result<Addresses> look_up_by_system(const std::string& name) {
  asio::io_context io;
  asio::ip::tcp::resolver resolver(io);
  boost::system::error_code failure;
  Addresses addresses;
  for (const auto& found : resolver.resolve(name, "", failure)) {
    addresses.push_back(found.endpoint().address());
  }
  if (failure) return fail("connect_failed", "Cannot find " + name + ": " + failure.message());
  return addresses;
}

NameLookup::Question::Question(const asio::any_io_executor& executor, std::string name,
                               std::shared_ptr<State> state)
    : changed(executor), executor_(executor), name_(std::move(name)), state_(std::move(state)) {}

NameLookup::Question::~Question() {
  const std::lock_guard lock(state_->mutex);
  const auto entry = state_->entries.find(name_);
  if (entry != state_->entries.end()) std::erase(entry->second.waiting, this);
}

NameLookup::NameLookup(NameLookupOptions options) : state_(std::make_shared<State>(std::move(options))) {}

std::shared_ptr<NameLookup::Question> NameLookup::ask(const asio::any_io_executor& executor,
                                                      const std::string& name) {
  auto question = std::make_shared<Question>(executor, name, state_);
  const std::lock_guard lock(state_->mutex);
  const TimePoint now = Clock::now();
  std::erase_if(state_->entries,
                [now](const auto& entry) { return !entry.second.under_way && entry.second.until <= now; });
  State::Entry& entry = state_->entries[name];
  if (entry.answer && !entry.under_way) {
    question->answer = entry.answer;
    return question;
  }
  entry.waiting.push_back(question.get());
  if (std::exchange(entry.under_way, true)) return question;
  state_->queue.push_back(name);
  if (state_->threads == state_->options.threads) return question;
  try {
    std::thread([state = state_] { work(state); }).detach();
    ++state_->threads;
  } catch (const std::system_error& none) {
    // A thread that works already comes to it; without any, nobody would.
    if (state_->threads > 0) return question;
    state_->queue.clear();
    answer(*state_, name, fail("connect_failed", "Cannot look up " + name + ": " + none.what()));
  }
  return question;
}

void NameLookup::forget(const std::string& name) {
  const std::lock_guard lock(state_->mutex);
  const auto entry = state_->entries.find(name);
  if (entry != state_->entries.end() && !entry->second.under_way) state_->entries.erase(entry);
}

void NameLookup::work(const std::shared_ptr<State>& state) {
  ::pthread_setname_np(::pthread_self(), "names");
  std::unique_lock lock(state->mutex);
  while (!state->queue.empty()) {
    const std::string name = std::move(state->queue.front());
    state->queue.pop_front();
    lock.unlock();
    Result<Addresses> found;
    try {
      found = state->options.look_up(name);
    } catch (const std::exception& bug) {
      found = fail("connect_failed", "Cannot look up " + name + ": " + bug.what());
    }
    lock.lock();
    answer(*state, name, found);
  }
  --state->threads;
}

/// With the mutex held: those who wait, and so their loops, live as long as they stand in the list.
void NameLookup::answer(State& state, const std::string& name, const Result<Addresses>& answer) {
  State::Entry& entry = state.entries[name];
  entry.answer = answer;
  entry.under_way = false;
  entry.until = Clock::now() + (answer ? state.options.keep : state.options.keep_failure);
  for (Question* waiting : std::exchange(entry.waiting, {})) {
    auto deliver = [weak = waiting->weak_from_this(), answer] {
      const auto question = weak.lock();
      if (!question) return;
      question->answer = answer;
      question->changed.notify();
    };
    asio::post(waiting->executor_, std::move(deliver));
  }
}

}  // namespace unmuted::net

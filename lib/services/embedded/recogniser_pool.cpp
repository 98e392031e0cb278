#include "services/embedded/recogniser_pool.hpp"

#include <algorithm>
#include <utility>

namespace unmuted::embedded {

RecogniserPool::Loan::Loan(std::shared_ptr<RecogniserPool> pool, std::unique_ptr<Recogniser> lent)
    : recogniser(std::move(lent)), pool_(std::move(pool)) {}

RecogniserPool::Loan::~Loan() {
  if (pool_) pool_->give_back(std::move(recogniser));
}

RecogniserPool::Place::Place(std::shared_ptr<RecogniserPool> pool, std::function<void()> free)
    : pool_(std::move(pool)) {
  const std::lock_guard lock(pool_->mutex_);
  place_ = pool_->waiting_.insert(pool_->waiting_.end(), std::move(free));
}

RecogniserPool::Place::~Place() {
  const std::lock_guard lock(pool_->mutex_);
  pool_->waiting_.erase(place_);
  pool_->tell_first();  // whom it was in the way of
}

std::optional<RecogniserPool::Loan> RecogniserPool::Place::take(const Vocabulary& vocabulary) {
  const std::lock_guard lock(pool_->mutex_);
  if (place_ != pool_->waiting_.begin() || pool_->free_.empty()) return std::nullopt;
  return Loan(pool_, pool_->pick(vocabulary));
}

void RecogniserPool::give_back(std::unique_ptr<Recogniser> recogniser) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(recogniser));
  tell_first();
}

/// Of those that are there already, where none has the vocabulary, the one that has been free for longest:
/// what others know may still be wanted.
std::unique_ptr<Recogniser> RecogniserPool::pick(const Vocabulary& vocabulary) {
  auto found = std::find_if(free_.begin(), free_.end(),
                            [&](const auto& each) { return each && each->knows(vocabulary); });
  if (found == free_.end()) {
    found = std::find_if(free_.begin(), free_.end(), [](const auto& each) { return each != nullptr; });
  }
  if (found == free_.end()) found = free_.begin();
  std::unique_ptr<Recogniser> picked = std::move(*found);
  free_.erase(found);
  return picked;
}

void RecogniserPool::tell_first() {
  if (!waiting_.empty() && !free_.empty()) waiting_.front()();
}

}  // namespace unmuted::embedded

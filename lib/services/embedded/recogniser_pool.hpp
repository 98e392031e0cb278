#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "services/embedded/recogniser.hpp"

namespace unmuted::embedded {

/// A small number of recognisers, which are lent for an utterance each, in the order in which they were asked
/// for. Every member may be called from any thread.
class RecogniserPool : public std::enable_shared_from_this<RecogniserPool> {
 public:
  /// One of them, until it is destroyed.
  class Loan {
   public:
    Loan(std::shared_ptr<RecogniserPool> pool, std::unique_ptr<Recogniser> recogniser);
    ~Loan();
    Loan(Loan&&) noexcept = default;
    Loan& operator=(Loan&&) = delete;

    /// Null until its first borrower has put it here.
    std::unique_ptr<Recogniser> recogniser;

   private:
    std::shared_ptr<RecogniserPool> pool_;  ///< null: moved from
  };

  /// Who waits for one.
  class Place {
   public:
    /// `free` is called, on any thread, when it may be this one's turn; it must not call back.
    Place(std::shared_ptr<RecogniserPool> pool, std::function<void()> free);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// One, where this is the first who waits and one is free: the one that has the vocabulary already, if
    /// there is such a one.
    std::optional<Loan> take(const Vocabulary& vocabulary);

   private:
    std::shared_ptr<RecogniserPool> pool_;
    std::list<std::function<void()>>::iterator place_;
  };

  explicit RecogniserPool(std::size_t count) : free_(count) {}

 private:
  void give_back(std::unique_ptr<Recogniser> recogniser);
  std::unique_ptr<Recogniser> pick(const Vocabulary& vocabulary);
  void tell_first();

  std::mutex mutex_;
  std::deque<std::unique_ptr<Recogniser>> free_;  ///< null: one that was not needed yet
  std::list<std::function<void()>> waiting_;      ///< in their order
};

}  // namespace unmuted::embedded

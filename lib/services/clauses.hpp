#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/spelling.hpp"

namespace unmuted {

/// What is synthesised at once.
struct Clause {
  struct Word {
    std::string text;  ///< as it is spelled, without white space
    /// Of the words that were said, those that begin with it; 0 for a further part of one.
    std::size_t said = 1;
    std::size_t weight = 1;  ///< how long it takes to speak, in letters
  };
  std::vector<Word> words;

  /// The words with a space between them. Empty when nothing of the clause is heard.
  [[nodiscard]] std::string text() const;
};

/// Cuts what is said, word by word, into clauses: early, so that the first of them can soon be heard, and
/// short enough for an engine. Each word that is said counts in exactly one clause; those of which nothing is
/// heard count with the word before them, or else with the next.
class Clauses {
 public:
  explicit Clauses(Spelling spelling) : spelling_(spelling) {}

  /// The next word; its white space does not matter.
  void say(std::string_view word);
  /// No more words follow.
  void complete();

  /// The next clause that is whole.
  std::optional<Clause> take();
  /// Whether every word has been given in a clause and no more follow.
  [[nodiscard]] bool over() const { return complete_ && ready_.empty(); }
  /// Whether words of letters were said, and all in a script that cannot be spelled.
  [[nodiscard]] bool unreadable() const { return letters_said_ && !anything_heard_; }

 private:
  void add(std::string part, std::size_t said);
  /// Signs of which nothing is heard: a dash by itself.
  void pause(std::string_view signs);
  void end_clause();

  Spelling spelling_;
  Clause open_;
  std::size_t weight_ = 0;   ///< of the open clause
  std::size_t unheard_ = 0;  ///< words that count with the next
  std::deque<Clause> ready_;
  bool first_ = true;  ///< no clause has ended yet
  bool complete_ = false;
  bool letters_said_ = false, anything_heard_ = false;
};

}  // namespace unmuted

#pragma once

#include <span>
#include <string>
#include <vector>

namespace unmuted::embedded {

/// What is listened for.
struct Grammar {
  struct Word {
    std::string spelling;  ///< small letters; "to(2)" is another way to say "to", which comes before
    std::string phones;    ///< as in "T UW"
  };
  std::vector<Word> words;                        ///< all of the phrases
  std::vector<std::vector<std::string>> phrases;  ///< each of at least one word; no two are the same
};

/// The grammar of phrases as somebody writes them. How a word sounds is looked up in the dictionary, the file
/// of that name, or guessed from its letters and digits. Phrases of which nothing is left in ASCII, or with a
/// word of an absurd length, are left out. Blocks, for some 15 ms: for the pool.
Grammar make_grammar(std::span<const std::string> phrases, const std::string& dictionary);

}  // namespace unmuted::embedded

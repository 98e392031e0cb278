#pragma once

#include <string_view>

namespace unmuted::probe {

/// How alike two texts are, word by word, without case and punctuation: 1 less the word error rate of
/// `heard`, and not less than 0. Of longer texts the first 5,000 words count.
double likeness_of(std::string_view said, std::string_view heard);

}  // namespace unmuted::probe

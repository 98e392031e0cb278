#include "conversation/markdown/emphasis.hpp"

#include <algorithm>
#include <cstddef>

#include "core/unicode.hpp"

namespace unmuted::markdown {
namespace {

using Runs = std::vector<DelimiterRun>;

bool is_one_word(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.bytes == 0 || !is_word_sign(first.value)) return false;
    text.remove_prefix(first.bytes);
  }
  return true;
}

/// Two stars between letters are a*b*c, and may as well be un**believ**able.
bool may_pair(const DelimiterRun& opener, const DelimiterRun& closer, std::string_view text) {
  if (opener.sign != closer.sign || !opener.opens || opener.left == 0) return false;
  const bool product = opener.between_letters && closer.between_letters;
  if (!product) return true;
  const std::size_t begin = opener.at + opener.length;
  return opener.length > 1 && closer.length > 1 && is_one_word(text.substr(begin, closer.at - begin));
}

/// Takes that many signs off what was opened before.
void close_earlier(DelimiterRun& run, std::size_t signs, OpenEmphasis& open) {
  open.of(run.sign) -= static_cast<unsigned>(signs);
  run.dropped = true;
}

void close_with(Runs& runs, std::size_t closer, std::string_view text, OpenEmphasis& open) {
  DelimiterRun& run = runs[closer];
  for (std::size_t i = closer; i-- > 0 && run.left > 0;) {
    if (!may_pair(runs[i], run, text)) continue;
    const std::size_t signs = std::min(run.left, runs[i].left);
    run.left -= signs;
    runs[i].left -= signs;
    runs[i].dropped = run.dropped = true;
  }
  const std::size_t earlier = open.of(run.sign);
  if (run.left > 0 && earlier > 0 && !(run.between_letters && run.length == 1)) {
    close_earlier(run, std::min(earlier, run.left), open);
    run.left = 0;
  }
  if (run.dropped && !run.opens) run.left = 0;
}

/// The end of an emphasis that a space was put before: "**so **".
void close_alone(DelimiterRun& run, OpenEmphasis& open) {
  if (run.length < 2 || open.of(run.sign) < run.length) return;
  close_earlier(run, run.length, open);
}

bool has_no_partner(const DelimiterRun& run, char sign) {
  return run.sign == sign && !run.dropped && run.length > 1 && !run.alone && !run.between_letters;
}

/// Where a script has no spaces, emphasis of what has quotes or brackets at its sides seems to end where it
/// begins and to begin where it ends.
void pair_anyhow(Runs& runs) {
  for (const char sign : {'*', '~'}) {
    DelimiterRun* opener = nullptr;
    for (DelimiterRun& run : runs) {
      if (!has_no_partner(run, sign)) continue;
      if (opener == nullptr || opener->length != run.length) {
        opener = run.may_pair_anyhow ? &run : nullptr;
        continue;
      }
      const bool power = opener->after_digit && run.before_digit;
      opener->dropped = run.dropped = !power;
      opener->left = run.left = 0;
      opener = nullptr;
    }
  }
}

/// The same where white space stands between the two.
void pair_anyhow_across_space(DelimiterRun& run, OpenEmphasis& open) {
  if (run.sign == '_' || !has_no_partner(run, run.sign)) return;
  if (run.opens && !run.closes && !run.after_space && open.of(run.sign) >= run.length) {
    close_earlier(run, run.length, open);
    run.left = 0;
  } else if (run.closes && run.before_quotation) {
    run.opens = run.after_script = true;
  }
}

/// What has no partner here may have it in a later text.
void stay_open(DelimiterRun& run, OpenEmphasis& open) {
  if (!run.opens || run.left == 0 || run.between_letters) return;
  if (run.closes && !run.dropped && !run.after_script) return;
  run.dropped = true;
  open.of(run.sign) += static_cast<unsigned>(run.left);
}

}  // namespace

void pair_delimiters(Runs& runs, std::string_view text, OpenEmphasis& open) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].alone) close_alone(runs[i], open);
    if (runs[i].closes) close_with(runs, i, text, open);
  }
  pair_anyhow(runs);
  for (DelimiterRun& run : runs) {
    pair_anyhow_across_space(run, open);
    stay_open(run, open);
  }
}

}  // namespace unmuted::markdown

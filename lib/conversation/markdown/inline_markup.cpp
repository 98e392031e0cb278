#include "conversation/markdown/inline_markup.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "conversation/markdown/address.hpp"
#include "conversation/markdown/character_reader.hpp"
#include "conversation/markdown/entity.hpp"
#include "conversation/markdown/html.hpp"
#include "conversation/markdown/link.hpp"
#include "conversation/markdown/signs.hpp"
#include "core/unicode.hpp"

namespace unmuted::markdown {
namespace {

constexpr int max_nesting = 4;  ///< of links in links: an image in a link in a link

/// A letter of a script that writes spaces between words.
bool is_spaced(CodePoint c) {
  return c.bytes > 0 && c.value < first_spaceless_script && is_word_sign(c.value);
}

/// Whether what comes after a link is another word: not the s of a plural.
bool is_glued(std::string_view after) {
  if (after.empty()) return false;
  if (after[0] == '[' || after[0] == '!') return true;
  const bool plural = after[0] == 's' && !is_spaced(first_code_point(after.substr(1)));
  return !plural && is_spaced(first_code_point(after));
}

/// Separators part what would be glued without them, and vanish elsewhere.
std::string resolve_separators(std::string text) {
  if (text.find(separator) == std::string::npos) return text;
  constexpr std::u32string_view closing =
      U".,;:!?)]}'"
      U"\"\u00BB\u203A\u2026\u060C\u061B\u061F\u06D4\u0964\u0965\u3001\u3002\u3009\u300B\u300D\u300F\u3011"
      U"\u3015\uFF01\uFF09\uFF0C\uFF0E\uFF1A\uFF1B\uFF1F\uFF3D\uFF5E\uFF61\uFF63\uFF64";
  const auto opens = [](char32_t c) {
    return c == '(' || c == '[' || c == '{' || opening_signs.find(c) != std::u32string_view::npos;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != separator) {
      result += text[i];
      continue;
    }
    const std::size_t next = text.find_first_not_of(separator, i);
    if (next == none) break;
    const char32_t after = first_code_point(std::string_view(text).substr(next)).value;
    const bool parts = !result.empty() && !opens(last_code_point(result).value) &&
                       closing.find(after) == std::u32string_view::npos;
    if (parts) result += ' ';
    i = next - 1;
  }
  return result;
}

/// Reads one run of text from its beginning to its end.
class Parser {
 public:
  Parser(std::string_view text, Cut cut) : text_(text), delimiters_(text, cut) {}

  std::string parse(OpenEmphasis& open) {
    out_.reserve(text_.size() + 1);
    parse(0, text_.size(), 0);
    if (runs_.empty()) return std::move(out_);
    pair_delimiters(runs_, out_, open);
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (run->dropped) out_.erase(run->at, run->length);
    }
    return std::move(out_);
  }

 private:
  void parse(std::size_t begin, std::size_t end, int depth) {
    for (std::size_t i = begin; i < end;) i = parse_at(i, end, depth);
  }

  /// Takes what stands at `i`; answers where it ends, as all of these do.
  std::size_t parse_at(std::size_t i, std::size_t end, int depth) {
    switch (text_[i]) {
      case '\\':
        return escape(i, end);
      case '`':
        return code(i, end);
      case '*':
      case '_':
      case '~':
        return delimiter(i, end);
      case '!':
        if (i + 1 < end && text_[i + 1] == '[') return image(i, end, depth);
        break;
      case '[':
        return bracket(i, end, depth);
      case '<':
        return angle(i, end);
      case '&':
        return entity(i, end);
      case '$':
        if (i + 1 < end && text_[i + 1] == '$') return i + 2;  // a formula; what it says stays
        break;
      case '\xE3':
        if (text_.substr(i).starts_with("\u3010")) return citation(i, end, "\u3010", "\u3011");
        break;
      case '\xEE':
        if (text_.substr(i).starts_with("\uE200")) return citation(i, end, "\uE200", "\uE201");
        break;
      case 'h':
      case 'H':
      case 'f':
      case 'F':
      case 'm':
      case 'M':
      case 'w':
      case 'W':
        return word_or_address(i, end);
      default:
        break;
    }
    return copy(i);
  }

  std::size_t copy(std::size_t i) {
    out_ += text_[i];
    return i + 1;
  }

  [[nodiscard]] bool after_letter(std::size_t i) const { return i > 0 && is_letter_or_digit(text_[i - 1]); }
  [[nodiscard]] std::string_view up_to(std::size_t end) const { return text_.substr(0, end); }
  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }

  std::size_t escape(std::size_t i, std::size_t end) {
    if (i + 1 >= end || !is_ascii_punctuation(text_[i + 1])) return copy(i);
    const bool formula = is_one_of(text_[i + 1], "()[]");
    if (!formula) out_ += text_[i + 1];
    return i + 2;
  }

  std::size_t code(std::size_t i, std::size_t end) {
    const std::size_t ticks = run_length(up_to(end), i);
    for (std::size_t at = text_.find('`', i + ticks); at < end; at = text_.find('`', at)) {
      const std::size_t closing = run_length(up_to(end), at);
      if (closing == ticks) {
        out_ += trim(between(i + ticks, at), inline_blanks);
        return at + ticks;
      }
      at += closing;
    }
    const bool apostrophe = ticks == 1 && after_letter(i) && i + 1 < end && is_letter_or_digit(text_[i + 1]);
    if (apostrophe) out_ += '\'';
    return i + ticks;
  }

  std::size_t delimiter(std::size_t i, std::size_t end) {
    const std::size_t length = run_length(up_to(end), i);
    DelimiterRun run = delimiters_.read(i, length);
    run.at = out_.size();
    runs_.push_back(run);
    out_.append(length, run.sign);
    return i + length;
  }

  std::size_t image(std::size_t i, std::size_t end, int depth) {
    const auto found = depth < max_nesting ? link_at(up_to(end), i + 1, false) : std::nullopt;
    return found ? link(i, *found, end, depth) : copy(i);
  }

  std::size_t bracket(std::size_t i, std::size_t end, int depth) {
    if (depth == max_nesting) return copy(i);
    if (const auto mark_end = footnote_mark_end(up_to(end), i)) return *mark_end;
    const auto found = link_at(up_to(end), i, after_letter(i));
    return found ? link(i, *found, end, depth) : copy(i);
  }

  std::size_t link(std::size_t i, const Link& link, std::size_t end, int depth) {
    if (is_spaced(last_code_point(up_to(i)))) out_ += separator;
    parse(link.text_begin, link.text_end, depth + 1);
    if (is_glued(between(link.end, end))) out_ += separator;
    return link.end;
  }

  /// 【4:0†source】; what else stands between such brackets is text.
  std::size_t citation(std::size_t i, std::size_t end, std::string_view opens, std::string_view closes) {
    const std::size_t close = text_.find(closes, i);
    if (close == none || close >= end) return copy(i);
    const std::string_view inside = between(i + opens.size(), close);
    const bool marks = opens != "\u3010" || inside.find("\u2020") != none ||
                       inside.find_first_not_of("0123456789:,-; ") == none;
    return marks ? close + closes.size() : copy(i);
  }

  /// An autolink, or a tag.
  std::size_t angle(std::size_t i, std::size_t end) {
    const std::size_t close = text_.find('>', i);
    if (close == none || close >= end) return copy(i);
    const std::string_view inside = between(i + 1, close);
    if (const auto address = spoken_autolink(inside)) {
      out_ += *address;
      return close + 1;
    }
    const auto tag = html_tag(inside, after_letter(i));
    if (!tag) return copy(i);
    if (is_breaking_tag(tag->name)) {
      out_ += ' ';
    } else if (!tag->name.empty() && (!is_inline_tag(tag->name) || is_comparison(i, close, end))) {
      out_ += separator;
    }
    if (tag->name == "img") out_.append(alternative_text(tag->attributes)) += separator;
    return close + 1;
  }

  /// a<b>c, with no </b>: it may be no tag at all.
  [[nodiscard]] bool is_comparison(std::size_t i, std::size_t close, std::size_t end) const {
    const std::string_view name = between(i + 1, close);
    if (!after_letter(i) || name == "wbr" || !std::all_of(name.begin(), name.end(), is_letter_or_digit)) {
      return false;
    }
    return between(close, end).find("</" + std::string(name)) == none;
  }

  std::size_t entity(std::size_t i, std::size_t end) {
    const Entity found = entity_at(between(i, end));
    if (found.length == 0) return copy(i);
    append_readable(found.code_point);
    return i + found.length;
  }

  void append_readable(char32_t code_point) {
    switch (kind_of(code_point)) {
      case TextKind::white_space:
      case TextKind::line_break:
        out_ += ' ';
        return;
      case TextKind::invisible:
      case TextKind::joiner:
        return;
      case TextKind::pictograph:
        out_ += separator;
        return;
      default:
        break;
    }
    if (const char quote = straight_quote(code_point); quote != 0) {
      out_ += quote;
    } else {
      append_utf8(out_, code_point);
    }
  }

  std::size_t word_or_address(std::size_t i, std::size_t end) {
    if (after_letter(i)) return copy(i);
    const Address address = address_at(between(i, end));
    if (address.length == 0) return copy(i);
    out_ += address.spoken;
    return i + address.length;
  }

  std::string_view text_;
  DelimiterReader delimiters_;
  std::string out_;
  std::vector<DelimiterRun> runs_;
};

}  // namespace

std::string InlineMarkup::spoken(std::string_view text, Cut cut) {
  return resolve_separators(Parser(text, cut).parse(open_));
}

}  // namespace unmuted::markdown

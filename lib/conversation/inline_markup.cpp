#include "conversation/inline_markup.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/unicode.hpp"

namespace unmuted {
namespace {

constexpr std::size_t none = std::string_view::npos;
constexpr int max_nesting = 4;  ///< of links in links: an image in a link in a link
constexpr std::string_view blanks = " \t\n";
constexpr std::u32string_view opening_signs = U"\u00AB\u2039\u3008\u300A\u300C\u300E\u3010\u3014\uFF08\uFF3B";
constexpr char32_t first_spaceless_script = 0xE00;  ///< Thai; those of East Asia have greater code points

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

bool is_letter_or_digit(char c) {
  return is_letter(c) || is_digit(c);
}

bool is_ascii_punctuation(char c) {
  return c > ' ' && c < 0x7F && !is_letter_or_digit(c);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return result;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == none) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::size_t run_length(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(text[at], at), text.size()) - at;
}

// ---- Addresses ----------------------------------------------------------------------------------------

bool starts_with_any_case(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char wanted, char c) {
    return c == wanted || (is_letter(c) && (c | 0x20) == wanted);
  });
}

constexpr std::string_view mail_scheme = "mailto:";

/// The length of "https://" and its like at the beginning of `text`; 0 when there is none.
std::size_t scheme_length(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://", "ftp://"}) {
    if (starts_with_any_case(text, scheme)) return scheme.size();
  }
  return 0;
}

std::string_view host_of(std::string_view address) {
  std::string_view host = address.substr(scheme_length(address));
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const std::size_t user = host.rfind('@'); user != none) host.remove_prefix(user + 1);
  const std::size_t port = host.rfind(':');
  if (port != none && host.find(']', port) == none) host = host.substr(0, port);
  return host;
}

constexpr char32_t first_foreign_script = 0x590;  ///< from Hebrew on; before it are those of Europe
constexpr std::string_view after_address = "<>\"`|*\\^{} \t\n\x1F";
constexpr std::string_view punctuation_after_address = ".,;:!?'_~";

/// How far an address goes in running text: not over the signs that set it apart, nor into Chinese.
std::size_t address_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  int parentheses = 0, brackets = 0;
  while (end < text.size()) {
    const char c = text[end];
    if (after_address.find(c) != none) break;
    if ((c == ')' && --parentheses < 0) || (c == ']' && --brackets < 0)) break;
    parentheses += c == '(' ? 1 : 0;
    brackets += c == '[' ? 1 : 0;
    const CodePoint next = first_code_point(text.substr(end));
    if (next.value >= first_foreign_script || next.bytes == 0 ||
        (next.value >= 0x80 && kind_of(next.value) != TextKind::word)) {
      break;
    }
    end += next.bytes;
  }
  while (end > at && punctuation_after_address.find(text[end - 1]) != none) --end;
  return end;
}

struct ForeignHost {
  std::size_t length = 0;          ///< 0 when it is none
  std::size_t address_length = 0;  ///< with its scheme and path
};

/// How many bytes from `at` on are signs that a host or a path may have.
std::size_t foreign_length(std::string_view text, std::size_t at, bool host) {
  std::size_t end = at;
  while (end < text.size()) {
    const CodePoint next = first_code_point(text.substr(end));
    const bool letter = next.bytes > 0 && is_word_sign(next.value);
    const bool sign = host ? next.value == '.' || next.value == '-'
                           : next.value < 0x80 && after_address.find(text[end]) == none &&
                                 std::string_view("()[]").find(text[end]) == none;
    if (!letter && !sign) break;
    end += next.bytes;
  }
  while (end > at && punctuation_after_address.find(text[end - 1]) != none) --end;
  return end - at;
}

/// A name such as \u4E2D\u6587.com. Its last part is in one script: Chinese after "com" goes on with the
/// text.
ForeignHost foreign_host(std::string_view text, std::size_t scheme) {
  if (scheme == 0) return {};
  std::string_view host = text.substr(scheme, foreign_length(text, scheme, true));
  const std::size_t last = host.rfind('.') + 1;
  if (last == 0 || last == host.size()) return {};
  std::size_t end = last;
  while (end < host.size() && static_cast<unsigned char>(host[end]) < 0x80) ++end;
  const bool whole = end == last || end == host.size();
  if (!whole) host = host.substr(0, end);
  bool foreign = false;
  for (std::size_t i = 0; i < host.size(); i += first_code_point(host.substr(i)).bytes) {
    foreign = foreign || first_code_point(host.substr(i)).value >= first_foreign_script;
  }
  if (!foreign) return {};
  const std::size_t host_end = scheme + host.size();
  const bool goes_on =
      whole && host_end < text.size() && std::string_view(":/?#").find(text[host_end]) != none;
  return {host.size(), host_end + (goes_on ? foreign_length(text, host_end, false) : 0)};
}

// ---- Entities -----------------------------------------------------------------------------------------

struct Entity {
  char32_t code_point = 0;
  std::size_t length = 0;  ///< of "&name;"; 0 when it is none
};

constexpr std::pair<std::string_view, char32_t> named_entities[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", 0xA0},    {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"laquo", 0xAB},   {"raquo", 0xBB},
    {"copy", 0xA9},    {"reg", 0xAE},      {"trade", 0x2122}, {"deg", 0xB0},     {"euro", 0x20AC},
    {"pound", 0xA3},   {"times", 0xD7},    {"divide", 0xF7},  {"plusmn", 0xB1},  {"frac12", 0xBD},
    {"middot", 0xB7},  {"bull", 0x2022},   {"ensp", 0x2002},  {"emsp", 0x2003},  {"thinsp", 0x2009},
    {"shy", 0xAD},     {"zwnj", 0x200C},   {"zwj", 0x200D},   {"rarr", 0x2192},  {"larr", 0x2190},
    {"ne", 0x2260},    {"le", 0x2264},     {"ge", 0x2265},    {"lbrack", '['},   {"rbrack", ']'},
    {"ast", '*'},      {"lowbar", '_'},    {"grave", '`'},    {"num", '#'},      {"vert", '|'},
    {"agrave", 0xE0},  {"acirc", 0xE2},    {"ccedil", 0xE7},  {"egrave", 0xE8},  {"eacute", 0xE9},
    {"ecirc", 0xEA},   {"iuml", 0xEF},     {"ocirc", 0xF4},   {"ugrave", 0xF9},  {"ucirc", 0xFB},
    {"auml", 0xE4},    {"ouml", 0xF6},     {"uuml", 0xFC},    {"szlig", 0xDF},   {"ntilde", 0xF1}};

std::optional<char32_t> number(std::string_view digits, unsigned base) {
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char low = static_cast<char>(c | 0x20);
    const bool hexadecimal = base == 16 && low >= 'a' && low <= 'f';
    if (!is_digit(c) && !hexadecimal) return std::nullopt;
    value = value * base + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value > 0x10FFFF || surrogate ? std::nullopt : std::optional<char32_t>(value);
}

std::optional<char32_t> entity_value(std::string_view name) {
  if (name.starts_with("#x") || name.starts_with("#X")) return number(name.substr(2), 16);
  if (name.starts_with('#')) return number(name.substr(1), 10);
  for (const auto& [known, code_point] : named_entities) {
    if (name == known) return code_point;
  }
  return std::nullopt;
}

Entity entity_at(std::string_view text) {
  constexpr std::size_t longest = 10;
  const std::size_t end = text.substr(0, longest).find(';');
  if (end == none) return {};
  const std::optional<char32_t> value = entity_value(text.substr(1, end - 1));
  return value ? Entity{*value, end + 1} : Entity{};
}

// ---- Tags ---------------------------------------------------------------------------------------------

/// Those that stand inside a word, as in H<sub>2</sub>O; every other one parts words.
bool is_inline_tag(std::string_view name) {
  static constexpr std::string_view names[] = {
      "a",    "abbr",  "b",    "bdi",    "bdo",    "big", "cite", "code", "del", "dfn",  "em",
      "font", "i",     "ins",  "kbd",    "mark",   "q",   "rb",   "rp",   "rt",  "ruby", "s",
      "samp", "small", "span", "strike", "strong", "sub", "sup",  "tt",   "u",   "var",  "wbr"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_block_tag(std::string_view name) {
  static constexpr std::string_view names[] = {"br", "hr",    "p",   "div", "li", "ul", "ol", "td", "th",
                                               "tr", "table", "img", "pre", "h1", "h2", "h3", "h4"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

struct Tag {
  std::string name;  ///< lower case, "!" for what is not spoken at all; empty when it is no tag
  std::string_view attributes;
};

/// `<b and c>` compares, `<a href="x">` is a tag.
bool are_attributes(std::string_view text) {
  text = trim(text);
  if (text.ends_with('/')) text = trim(text.substr(0, text.size() - 1));
  return text.empty() || text == "open" || text.find('=') != none;
}

/// `inside`: what stands between < and >.
Tag tag_of(std::string_view inside, bool in_word) {
  if (inside.starts_with('!') || inside.starts_with('?')) return {"!", {}};
  const bool closes = inside.starts_with('/');
  if (closes) inside.remove_prefix(1);
  std::size_t end = 0;
  while (end < inside.size() && (is_letter_or_digit(inside[end]) || inside[end] == '-')) ++end;
  if (end == 0 || !is_letter(inside[0])) return {};
  const std::string_view attributes = inside.substr(end);
  if (!attributes.empty() && blanks.find(attributes[0]) == none && attributes[0] != '/') return {};
  if (!are_attributes(attributes)) return {};
  std::string name = lower(inside.substr(0, end));
  if (in_word && !closes && !is_inline_tag(name) && !is_block_tag(name)) return {};  // vector<int>
  return {std::move(name), attributes};
}

std::string_view alternative_text(std::string_view attributes) {
  const std::size_t at = attributes.find("alt=\"");
  if (at == none) return {};
  const std::string_view text = attributes.substr(at + 5);
  return text.substr(0, text.find('"'));
}

// ---- Emphasis -----------------------------------------------------------------------------------------

/// A run of `*`, `_` or `~` that may be emphasis.
struct Run {
  std::size_t at;  ///< in the output
  char sign;
  std::size_t length;
  std::size_t left;  ///< how many of its signs have no partner
  bool opens = false, closes = false;
  bool alone = false;             ///< white space at both sides
  bool between_letters = false;   ///< of ASCII: a product rather than an emphasis
  bool after_script = false;      ///< that is written without spaces: an emphasis may begin inside a word
  bool may_pair_anyhow = false;   ///< with one that stands in the same run of text, whatever is beside them
  bool before_quotation = false;  ///< of words, or before brackets: it begins something rather than ends it
  bool after_space = false, after_digit = false, before_digit = false;
  bool dropped = false;
};

std::size_t index_of(char sign) {
  return sign == '*' ? 0 : sign == '_' ? 1 : 2;
}

bool is_one_word(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.bytes == 0 || !is_word_sign(first.value)) return false;
    text.remove_prefix(first.bytes);
  }
  return true;
}

/// Two stars between letters are a*b*c, and may as well be un**believ**able. `text` is the output with all
/// its signs.
bool may_pair(const Run& opener, const Run& closer, std::string_view text) {
  if (opener.sign != closer.sign || !opener.opens || opener.left == 0) return false;
  const bool product = opener.between_letters && closer.between_letters;
  if (!product) return true;
  const std::size_t begin = opener.at + opener.length;
  return opener.length > 1 && closer.length > 1 && is_one_word(text.substr(begin, closer.at - begin));
}

void close_with(std::vector<Run>& runs, std::size_t closer, std::string_view text,
                InlineMarkup::OpenSigns& open) {
  Run& run = runs[closer];
  for (std::size_t i = closer; i-- > 0 && run.left > 0;) {
    if (!may_pair(runs[i], run, text)) continue;
    const std::size_t signs = std::min(run.left, runs[i].left);
    run.left -= signs;
    runs[i].left -= signs;
    runs[i].dropped = run.dropped = true;
  }
  unsigned& before = open[index_of(run.sign)];
  if (run.left > 0 && before > 0 && !(run.between_letters && run.length == 1)) {
    before -= static_cast<unsigned>(std::min<std::size_t>(before, run.left));
    run.left = 0;
    run.dropped = true;
  }
  if (run.dropped && !run.opens) run.left = 0;
}

/// The end of an emphasis that a space was put before: "**so **".
void close_alone(Run& run, InlineMarkup::OpenSigns& open) {
  unsigned& before = open[index_of(run.sign)];
  if (run.length < 2 || before < run.length) return;
  before -= static_cast<unsigned>(run.length);
  run.dropped = true;
}

bool has_no_partner(const Run& run, char sign) {
  return run.sign == sign && !run.dropped && run.length > 1 && !run.alone && !run.between_letters;
}

/// Where a script has no spaces, emphasis of what has quotes or brackets at its sides seems to end where it
/// begins and to begin where it ends.
void pair_anyhow(std::vector<Run>& runs) {
  for (const char sign : {'*', '~'}) {
    Run* opener = nullptr;
    for (Run& run : runs) {
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
void pair_anyhow_across_space(Run& run, InlineMarkup::OpenSigns& open) {
  if (run.sign == '_' || !has_no_partner(run, run.sign)) return;
  unsigned& before = open[index_of(run.sign)];
  if (run.opens && !run.closes && !run.after_space && before >= run.length) {
    before -= static_cast<unsigned>(run.length);
    run.dropped = true;
    run.left = 0;
  } else if (run.closes && run.before_quotation) {
    run.opens = run.after_script = true;
  }
}

void resolve(std::vector<Run>& runs, std::string_view text, InlineMarkup::OpenSigns& open) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].alone) close_alone(runs[i], open);
    if (runs[i].closes) close_with(runs, i, text, open);
  }
  pair_anyhow(runs);
  for (Run& run : runs) {
    pair_anyhow_across_space(run, open);
    if (!run.opens || run.left == 0 || run.between_letters) continue;
    if (run.closes && !run.dropped && !run.after_script) continue;
    run.dropped = true;
    open[index_of(run.sign)] += static_cast<unsigned>(run.left);
  }
}

// ---- The parser ---------------------------------------------------------------------------------------

class Parser {
 public:
  Parser(std::string_view text, InlineMarkup::Cut cut) : text_(text), cut_(cut) {}

  std::string parse(InlineMarkup::OpenSigns& open) {
    out_.reserve(text_.size() + 1);
    parse(0, text_.size(), 0);
    if (runs_.empty()) return std::move(out_);
    resolve(runs_, out_, open);
    drop_runs();
    return std::move(out_);
  }

 private:
  void parse(std::size_t begin, std::size_t end, int depth) {
    for (std::size_t i = begin; i < end;) i = parse_at(i, end, depth);
  }

  /// Takes what stands at `i`; answers where it ends.
  std::size_t parse_at(std::size_t i, std::size_t end, int depth) {
    switch (text_[i]) {
      case '\\':
        return escape(i, end);
      case '`':
        return code(i, end);
      case '*':
      case '_':
      case '~':
        return emphasis(i, end);
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

  std::size_t escape(std::size_t i, std::size_t end) {
    if (i + 1 >= end || !is_ascii_punctuation(text_[i + 1])) return copy(i);
    if (std::string_view("()[]").find(text_[i + 1]) == none) out_ += text_[i + 1];
    return i + 2;
  }

  std::size_t code(std::size_t i, std::size_t end) {
    const std::size_t ticks = run_length(text_.substr(0, end), i);
    for (std::size_t at = text_.find('`', i + ticks); at < end; at = text_.find('`', at)) {
      const std::size_t closing = run_length(text_.substr(0, end), at);
      if (closing == ticks) {
        out_ += trim(text_.substr(i + ticks, at - i - ticks));
        return at + ticks;
      }
      at += closing;
    }
    const bool apostrophe = ticks == 1 && after_letter(i) && i + 1 < end && is_letter_or_digit(text_[i + 1]);
    if (apostrophe) out_ += '\'';
    return i + ticks;
  }

  // ---- Emphasis: the flanking rules of CommonMark

  enum class Side { space, punctuation, letter };

  static Side side_of(CodePoint beside) {
    if (beside.value == static_cast<unsigned char>(separator)) return Side::punctuation;
    switch (kind_of(beside.value)) {
      case TextKind::white_space:
      case TextKind::line_break:
        return Side::space;
      case TextKind::punctuation:
      case TextKind::text_pictograph:
      case TextKind::pictograph:
        return Side::punctuation;
      default:
        return Side::letter;
    }
  }
  [[nodiscard]] Side before(std::size_t i) const {
    using Cut = InlineMarkup::Cut;
    if (i == 0) return cut_ == Cut::before || cut_ == Cut::both ? Side::letter : Side::space;
    return side_of(last_code_point(text_.substr(0, i)));
  }
  [[nodiscard]] Side after(std::size_t i) const {
    using Cut = InlineMarkup::Cut;
    if (i == text_.size()) return cut_ == Cut::after || cut_ == Cut::both ? Side::letter : Side::space;
    return side_of(first_code_point(text_.substr(i)));
  }

  /// No words begin here: *.txt, */5, ____,
  [[nodiscard]] bool is_before_closing_sign(std::size_t i) const {
    if (i >= text_.size() || text_.substr(i).starts_with("..")) return false;
    return std::string_view(".,;:!?)]}/%").find(text_[i]) != none;
  }

  /// A quotation mark with a letter after it, or an opening bracket.
  [[nodiscard]] bool is_before_quotation(std::size_t i, bool ascii_before) const {
    const CodePoint sign = first_code_point(text_.substr(std::min(i, text_.size())));
    if (sign.bytes == 0) return false;
    if (sign.value == '(' || sign.value == '[') return !ascii_before;
    if (sign.value == '"' || sign.value == '\'' || sign.value == '`') {
      return side_of(first_code_point(text_.substr(i + 1))) == Side::letter && i + 1 < text_.size();
    }
    return opening_signs.find(sign.value) != std::u32string_view::npos;
  }

  /// ^_^ and its like.
  [[nodiscard]] bool is_face(std::size_t i, std::size_t length) const {
    if (i == 0 || i + length >= text_.size() || length > 1) return false;
    const char beside = text_[i - 1];
    return beside == text_[i + 1] && is_ascii_punctuation(beside) &&
           std::string_view("\"'*_~`").find(beside) == none;
  }

  /// The star of a pattern: ^a.*b$
  [[nodiscard]] bool is_repetition(std::size_t i) {
    if (i == 0 || std::string_view(".])").find(text_[i - 1]) == none) return false;
    if (!is_pattern_) is_pattern_ = looks_like_pattern(text_);
    return *is_pattern_;
  }
  static bool looks_like_pattern(std::string_view text) {
    if (text.find('^') != none) return true;
    for (std::size_t i = text.find('$'); i < text.size(); i = text.find('$', i)) {
      const std::size_t dollars = run_length(text, i);
      i += dollars;
      if (dollars == 1 && (i == text.size() || !is_letter_or_digit(text[i]))) return true;
    }
    return false;
  }

  std::size_t emphasis(std::size_t i, std::size_t end) {
    const std::size_t length = run_length(text_.substr(0, end), i);
    const char sign = text_[i];
    const Side left = before(i), right = after(i + length);
    const bool left_flanking = right == Side::letter || (right == Side::punctuation && left != Side::letter);
    const bool right_flanking = left == Side::letter || (left == Side::punctuation && right != Side::letter);
    Run run{out_.size(), sign, length, length};
    run.opens = left_flanking && !is_before_closing_sign(i + length);
    run.closes = right_flanking;
    run.alone = left == Side::space && right == Side::space;
    const bool ascii_before = after_letter(i);
    const bool ascii_after = i + length < text_.size() && is_letter_or_digit(text_[i + length]);
    run.between_letters = ascii_before && ascii_after;
    run.after_script = left == Side::letter && right == Side::letter &&
                       last_code_point(text_.substr(0, i)).value >= first_spaceless_script;
    run.after_space = left == Side::space;
    run.after_digit = ascii_before && is_digit(text_[i - 1]);
    run.before_digit = i + length < text_.size() && is_digit(text_[i + length]);
    run.before_quotation = is_before_quotation(i + length, ascii_before);
    const bool before_bracket =
        i + length < text_.size() && (text_[i + length] == '(' || text_[i + length] == '[');
    run.may_pair_anyhow = run.opens || run.before_quotation || before_bracket ||
                          (!ascii_before && right != Side::space && !is_before_closing_sign(i + length));
    if (sign == '_') {
      run.opens = run.opens && (!right_flanking || left == Side::punctuation);
      run.closes = run.closes && (!left_flanking || right == Side::punctuation);
      const bool in_name = i > 0 && std::string_view("%$@#=+^").find(text_[i - 1]) != none;
      run.opens = run.opens && !in_name;
    }
    const bool digits = run.after_digit && run.before_digit;
    const bool no_mark = digits || is_face(i, length) || (sign == '~' && length != 2);
    if (no_mark || (sign == '*' && length == 1 && is_repetition(i))) {
      run.opens = run.closes = run.may_pair_anyhow = run.before_quotation = false;
    }
    runs_.push_back(run);
    out_.append(length, sign);
    return i + length;
  }

  void drop_runs() {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (run->dropped) out_.erase(run->at, run->length);
    }
  }

  // ---- Links

  /// Where the bracket at `i` is closed.
  [[nodiscard]] std::size_t closing(std::size_t i, std::size_t end, char closes) const {
    int open = 0;
    for (std::size_t at = i; at < end; ++at) {
      if (text_[at] == '\\') {
        ++at;
      } else if (text_[at] == text_[i]) {
        ++open;
      } else if (text_[at] == closes && --open == 0) {
        return at;
      }
    }
    return none;
  }

  /// What follows the text of a link, and belongs to it: "(address)" or "[label]". Answers where that ends.
  [[nodiscard]] std::size_t destination_end(std::size_t at, std::size_t end, bool in_word) const {
    if (at >= end) return none;
    if (text_[at] == '(') {
      const std::size_t titled = end_after_title(at, end);
      const std::size_t close = titled != none ? titled : closing(at, end, ')');
      if (close == none) return none;
      const std::string_view inside = text_.substr(at + 1, close - at - 1);
      return is_destination(inside) && (!in_word || is_address(trim(inside))) ? close + 1 : none;
    }
    if (text_[at] != '[' || in_word) return none;
    const std::size_t close = closing(at, end, ']');
    return close == none ? none : close + 1;
  }

  /// Where the parenthesis at `at` is closed, when a title in quotation marks comes before: it may hold more
  /// of them.
  [[nodiscard]] std::size_t end_after_title(std::size_t at, std::size_t end) const {
    const std::size_t blank = text_.find_first_of(" \t", at);
    const std::size_t title = blank < end ? text_.find_first_not_of(" \t", blank) : none;
    const std::size_t first_close = closing(at, end, ')');
    if (title >= end || first_close < title || (text_[title] != '"' && text_[title] != '\'')) return none;
    std::size_t last = title + 1;
    while (last < end && text_[last] != text_[title]) last += text_[last] == '\\' ? 2 : 1;
    const std::size_t close = last < end ? text_.find_first_not_of(" \t", last + 1) : none;
    return close < end && text_[close] == ')' ? close : none;
  }

  static bool is_destination(std::string_view text) {
    text = trim(text);
    if (text.starts_with('<')) return text.find('>') != none;
    const std::size_t blank = text.find_first_of(blanks);
    if (blank == none) return true;
    const std::string_view title = trim(text.substr(blank));
    return title.size() > 1 && (title.front() == '"' || title.front() == '\'' || title.front() == '(');
  }

  std::size_t bracket(std::size_t i, std::size_t end, int depth) {
    const std::size_t close = depth < max_nesting ? closing(i, end, ']') : none;
    if (close == none) return copy(i);
    if (text_[i + 1] == '^' && close > i + 2) return close + 1;  // a footnote's mark
    const std::size_t link_end = destination_end(close + 1, end, after_letter(i));
    if (link_end == none) return copy(i);
    return link(i + 1, close, link_end, end, depth);
  }

  std::size_t image(std::size_t i, std::size_t end, int depth) {
    const std::size_t close = depth < max_nesting ? closing(i + 1, end, ']') : none;
    const std::size_t link_end = close == none ? none : destination_end(close + 1, end, false);
    if (link_end == none) return copy(i);
    return link(i + 2, close, link_end, end, depth);
  }

  std::size_t link(std::size_t begin, std::size_t close, std::size_t link_end, std::size_t end, int depth) {
    const std::size_t mark = begin - (begin > 1 && text_[begin - 2] == '!' ? 2 : 1);
    if (is_spaced(last_code_point(text_.substr(0, mark)))) out_ += separator;
    parse(begin, close, depth + 1);
    if (is_glued(text_.substr(link_end, end - link_end))) out_ += separator;
    return link_end;
  }

  /// A letter of a script that writes spaces between words.
  static bool is_spaced(CodePoint c) {
    return c.bytes > 0 && c.value < first_spaceless_script && is_word_sign(c.value);
  }

  /// Whether what comes after a link is another word: not the s of a plural.
  static bool is_glued(std::string_view after) {
    if (after.empty()) return false;
    if (after[0] == '[' || after[0] == '!') return true;
    const bool plural = after[0] == 's' && !is_spaced(first_code_point(after.substr(1)));
    return !plural && is_spaced(first_code_point(after));
  }

  // ---- The rest

  /// 【4:0†source】; what else stands between such brackets is text.
  std::size_t citation(std::size_t i, std::size_t end, std::string_view opens, std::string_view closes) {
    const std::size_t close = text_.find(closes, i);
    if (close == none || close >= end) return copy(i);
    const std::string_view inside = text_.substr(i + opens.size(), close - i - opens.size());
    const bool marks = opens != "\u3010" || inside.find("\u2020") != none ||
                       inside.find_first_not_of("0123456789:,-; ") == none;
    return marks ? close + closes.size() : copy(i);
  }

  std::size_t angle(std::size_t i, std::size_t end) {
    const std::size_t close = text_.find('>', i);
    if (close == none || close >= end) return copy(i);
    const std::string_view inside = text_.substr(i + 1, close - i - 1);
    if (inside.find_first_of(blanks) == none && is_autolink(inside)) {
      out_ += scheme_length(inside) > 0 ? host_of(inside) : inside.substr(inside.find(':') + 1);
      return close + 1;
    }
    const Tag tag = tag_of(inside, after_letter(i));
    if (tag.name.empty()) return copy(i);
    if (tag.name == "br" || tag.name == "p" || tag.name == "li") {
      out_ += ' ';
    } else if (tag.name != "!" && (!is_inline_tag(tag.name) || is_comparison(i, close, end))) {
      out_ += separator;
    }
    if (tag.name == "img") out_.append(alternative_text(tag.attributes)) += separator;
    return close + 1;
  }

  /// a<b>c, with no </b>: it may be no tag at all.
  [[nodiscard]] bool is_comparison(std::size_t i, std::size_t close, std::size_t end) const {
    const std::string_view name = text_.substr(i + 1, close - i - 1);
    if (!after_letter(i) || name == "wbr" || !std::all_of(name.begin(), name.end(), is_letter_or_digit)) {
      return false;
    }
    return text_.substr(close, end - close).find("</" + std::string(name)) == none;
  }

  static bool is_autolink(std::string_view inside) {
    if (scheme_length(inside) > 0 || starts_with_any_case(inside, mail_scheme)) return true;
    return inside.find('@') != none && inside.find('=') == none;
  }

  std::size_t entity(std::size_t i, std::size_t end) {
    const Entity found = entity_at(text_.substr(i, end - i));
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

  std::size_t mail_address(std::size_t i, std::size_t end) {
    const std::size_t address_ends = address_end(text_.substr(0, end), i);
    std::string_view address = text_.substr(i, address_ends - i);
    address = address.substr(0, address.find('?'));
    if (address.find('@') == none) return copy(i);
    out_ += address.substr(mail_scheme.size());
    return address_ends;
  }

  std::size_t word_or_address(std::size_t i, std::size_t end) {
    if (after_letter(i)) return copy(i);
    const std::string_view rest = text_.substr(i, end - i);
    const std::size_t scheme = scheme_length(rest);
    if (starts_with_any_case(rest, mail_scheme)) return mail_address(i, end);
    if (const ForeignHost host = foreign_host(rest, scheme); host.length > 0) {
      out_ += rest.substr(scheme, host.length);
      return i + host.address_length;
    }
    if (scheme == 0 && !starts_with_any_case(rest, "www.")) return copy(i);
    const std::size_t address_ends = address_end(text_.substr(0, end), i);
    if (address_ends <= i + scheme) return copy(i);
    const std::string_view host = host_of(text_.substr(i, address_ends - i));
    if (host.empty()) return copy(i);
    out_ += host;
    return address_ends;
  }

  std::string_view text_;
  InlineMarkup::Cut cut_;
  std::string out_;
  std::vector<Run> runs_;
  std::optional<bool> is_pattern_;  ///< when it was asked for
};

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

}  // namespace

char straight_quote(char32_t code_point) {
  if (code_point >= 0x2018 && code_point <= 0x201B) return '\'';
  if (code_point >= 0x201C && code_point <= 0x201F) return '"';
  return 0;
}

bool is_address(std::string_view text) {
  if (text.starts_with('<')) text = text.substr(1, text.find('>') - 1);
  if (text.empty()) return false;
  if (scheme_length(text) > 0 || starts_with_any_case(text, mail_scheme)) return true;
  return text.front() == '/' || text.front() == '#' || text.starts_with("./") || text.starts_with("../");
}

std::string InlineMarkup::spoken(std::string_view text, Cut cut) {
  return resolve_separators(Parser(text, cut).parse(open_));
}

}  // namespace unmuted

#include "services/reply_markup.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/ascii.hpp"
#include "services/text_signs.hpp"

namespace unmuted {
namespace {

using Kind = MarkupMeaning::Kind;
using Fit = Markup::Fit;

constexpr std::size_t max_tag = 256;           ///< bytes, attributes included
constexpr std::size_t max_token = 100;         ///< bytes of a special token
constexpr std::string_view wide_bar = "｜";    // U+FF5C
constexpr std::string_view low_block = "▁";    // U+2581
constexpr std::string_view dsml = "｜DSML｜";  // a prefix of tags

/// A new format is a new row. Where the closer of a row is an opener as well, it opens.
constexpr std::array meanings{
    MarkupMeaning{"<think>", "</think> </thinking>", Kind::thought},
    MarkupMeaning{"<thinking>", "</thinking> </think>", Kind::thought},
    MarkupMeaning{"<thought>", "</thought> </thoughts>", Kind::thought},
    MarkupMeaning{"<thoughts>", "</thoughts> </thought>", Kind::thought},
    MarkupMeaning{"<reasoning>", "</reasoning>", Kind::thought},
    MarkupMeaning{"<reflection>", "</reflection>", Kind::thought},
    MarkupMeaning{"<longcat_think>", "</longcat_think>", Kind::thought},
    MarkupMeaning{"<analysis>", "</analysis>", Kind::thought},
    MarkupMeaning{"<scratchpad>", "</scratchpad>", Kind::thought},
    MarkupMeaning{"<reason>", "</reason>", Kind::thought},
    MarkupMeaning{"<inner_monologue>", "</inner_monologue>", Kind::thought},
    MarkupMeaning{"<thinking_process>", "</thinking_process>", Kind::thought},
    MarkupMeaning{"<ant_thinking>", "</ant_thinking>", Kind::thought},
    MarkupMeaning{"<seed:think>", "</seed:think>", Kind::thought},
    MarkupMeaning{"<seed:cot_budget_reflect>", "</seed:cot_budget_reflect>", Kind::thought},
    MarkupMeaning{"[think]", "[/think]", Kind::thought},
    MarkupMeaning{"◁think▷", "◁/think▷", Kind::thought},
    MarkupMeaning{"<|begin_of_thought|>", "<|end_of_thought|>", Kind::thought},
    MarkupMeaning{"<|start_thinking|>", "<|end_thinking|>", Kind::thought},
    MarkupMeaning{"<|think|>", "<|/think|> <|end_think|>", Kind::thought},
    // What a model makes up as the result of a call.
    MarkupMeaning{"<tool_response>", "</tool_response>", Kind::thought},
    MarkupMeaning{"<function_results>", "</function_results>", Kind::thought},
    MarkupMeaning{"<|tool_outputs_begin|>", "<|tool_outputs_end|>", Kind::thought},

    MarkupMeaning{"<tool_call>", "</tool_call>", Kind::call},
    MarkupMeaning{"<tool_calls>", "</tool_calls>", Kind::call},
    MarkupMeaning{"<function=>", "</function>", Kind::call, true},
    MarkupMeaning{"<function_call>", "</function_call>", Kind::call},
    MarkupMeaning{"<function_calls>", "</function_calls>", Kind::call},
    MarkupMeaning{"<invoke>", "</invoke>", Kind::call, true},
    MarkupMeaning{"<toolcall>", "</toolcall>", Kind::call},
    MarkupMeaning{"<tools>", "</tools>", Kind::call},
    MarkupMeaning{"<start_function_call>", "<end_function_call>", Kind::call},
    MarkupMeaning{"<minimax:tool_call>", "</minimax:tool_call>", Kind::call},
    MarkupMeaning{"[tool_calls]", "", Kind::call},
    MarkupMeaning{"<|python_tag|>", "<|eom_id|> <|eot_id|>", Kind::call},
    MarkupMeaning{"<|tool_call|>", "<|/tool_call|> </tool_call>", Kind::call},
    MarkupMeaning{"<|tool_call_start|>", "<|tool_call_end|>", Kind::call},
    MarkupMeaning{"<|start_action|>", "<|end_action|>", Kind::call},
    MarkupMeaning{"<|tool_calls_begin|>", "<|tool_calls_end|>", Kind::call},
    MarkupMeaning{"<|tool_call_begin|>", "<|tool_call_end|>", Kind::call},
    MarkupMeaning{"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", Kind::call},

    MarkupMeaning{"<|start|>", "<|message|> <|channel|>", Kind::header},
    MarkupMeaning{"<|channel|>", "<|message|>", Kind::header},
    MarkupMeaning{"<|start_header_id|>", "<|end_header_id|>", Kind::header},
    MarkupMeaning{"<|im_start|>", "\n", Kind::header},
    MarkupMeaning{"<start_of_turn>", "\n", Kind::header},
};

/// Tags without a meaning of their own that are not to be heard either.
constexpr std::array<std::string_view, 3> stray_tags{"</s>", "<end_of_turn>", "<eos>"};

bool is_name(char c) {
  const char l = lower_ascii(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '-' || c == '.';
}

template <class Use>
void for_each_word(std::string_view words, Use use) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    use(words.substr(0, end));
    words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
  }
}

/// The names of the table, of one form.
struct Names {
  std::vector<std::string_view> tags;      ///< without brackets and slash: "think"
  std::vector<std::string_view> literals;  ///< "[think]"

  Names() {
    const auto add = [this](std::string_view name) {
      if (name.empty() || name == "\n" || name.starts_with("<|")) return;
      if (!name.starts_with('<')) {
        literals.push_back(name);
        return;
      }
      name.remove_prefix(name.starts_with("</") ? 2 : 1);
      name.remove_suffix(1);
      if (name.ends_with('=')) name.remove_suffix(1);
      tags.push_back(name);
    };
    for (const MarkupMeaning& meaning : meanings) {
      add(meaning.opener);
      for_each_word(meaning.closers, add);
    }
    std::for_each(stray_tags.begin(), stray_tags.end(), add);
  }
};

const Names& names() {
  static const Names all;
  return all;
}

Markup unsure() {
  Markup markup;
  markup.fit = Fit::unsure;
  return markup;
}

bool begins_a_tag(std::string_view name) {
  const auto& tags = names().tags;
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) { return tag.starts_with(name); });
}

bool is_tag(std::string_view name) {
  const auto& tags = names().tags;
  return std::find(tags.begin(), tags.end(), name) != tags.end();
}

/// The rest of a tag whose name has been read, from `at`.
Markup tag_with(std::string name, std::string_view text, std::size_t at, bool closing) {
  const bool assigned = text[at] == '=';
  if (!assigned && text[at] != '>' && text[at] != '/' && !is_blank(text[at])) return {};
  if (assigned != (name == "function" && !closing)) return {};
  const std::size_t end = text.substr(0, max_tag).find_first_of("<>", at);
  if (end == std::string_view::npos) return text.size() < max_tag ? unsure() : Markup{};
  if (text[end] == '<') return {};
  Markup markup;
  markup.fit = Fit::whole;
  markup.length = end + 1;
  markup.name = (closing ? "</" : "<") + std::move(name) + (assigned ? "=>" : ">");
  markup.closed = text[end - 1] == '/' && !assigned;
  return markup;
}

/// `at` is where the name begins, or its slash.
Markup tag_at(std::string_view text, std::size_t at) {
  const bool closing = at < text.size() && text[at] == '/';
  if (closing) ++at;
  const std::string_view prefix = text.substr(std::min(at, text.size()), dsml.size());
  if (prefix == dsml) at += dsml.size();
  if (prefix != dsml && dsml.starts_with(prefix)) return unsure();  // also when nothing is known yet
  std::string name;
  while (at < text.size() && is_name(text[at])) {
    name += lower_ascii(text[at++]);
    if (!begins_a_tag(name)) return {};
  }
  if (at == text.size()) return unsure();
  return is_tag(name) ? tag_with(std::move(name), text, at, closing) : Markup{};
}

/// The length of the bar, narrow or wide, at the beginning of `text`; 0 when there is none.
std::size_t bar_at(std::string_view text) {
  if (text.starts_with('|')) return 1;
  return text.starts_with(wide_bar) ? wide_bar.size() : 0;
}

bool may_become(std::string_view text, std::string_view whole) {
  return text.size() < whole.size() && whole.starts_with(text);
}

/// <|NAME|>, `at` is where the name begins.
Markup token_at(std::string_view text, std::size_t at) {
  std::string name = "<|";
  const std::string_view within = text.substr(0, max_token);
  while (at < within.size()) {
    const std::string_view rest = within.substr(at);
    if (is_name(rest.front()) || rest.front() == '/') {
      name += lower_ascii(rest.front());
      ++at;
    } else if (rest.starts_with(low_block)) {
      name += '_';
      at += low_block.size();
    } else if (const std::size_t bar = bar_at(rest); bar != 0 && name.size() > 2) {
      if (rest.size() == bar) return unsure();
      if (rest[bar] != '>') return {};
      Markup markup;
      markup.fit = Fit::whole;
      markup.length = at + bar + 1;
      markup.name = name + "|>";
      return markup;
    } else {
      return may_become(rest, low_block) || may_become(rest, wide_bar) ? unsure() : Markup{};
    }
  }
  return text.size() < max_token ? unsure() : Markup{};
}

Markup literal_at(std::string_view text) {
  bool possible = false;
  for (const std::string_view literal : names().literals) {
    const std::size_t length = std::min(text.size(), literal.size());
    const auto same = [](char a, char b) { return lower_ascii(a) == b; };
    if (!std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), literal.begin(), same))
      continue;
    possible = true;
    if (length < literal.size()) continue;
    Markup markup;
    markup.fit = Fit::whole;
    markup.length = length;
    markup.name = std::string(literal);
    return markup;
  }
  return possible ? unsure() : Markup{};
}

}  // namespace

Markup markup_at(std::string_view text) {
  if (text.empty()) return unsure();
  if (text.front() != '<') return literal_at(text);
  const std::string_view after = text.substr(1);
  if (after.empty()) return unsure();
  const std::size_t bar = bar_at(after);
  if (bar == 0 && may_become(after, wide_bar)) return unsure();
  const bool is_dsml = may_become(after, dsml) || after.starts_with(dsml);
  if (bar == 0 || (is_dsml && after.size() > wide_bar.size())) return tag_at(text, 1);
  return token_at(text, 1 + bar);
}

bool MarkupMeaning::closed_by(std::string_view name) const {
  bool found = false;
  for_each_word(closers, [&](std::string_view closer) { found = found || closer == name; });
  return found;
}

const MarkupMeaning* meaning_of(std::string_view opener) {
  const auto* it = std::find_if(meanings.begin(), meanings.end(),
                                [&](const MarkupMeaning& meaning) { return meaning.opener == opener; });
  return it == meanings.end() ? nullptr : it;
}

bool closes_a_thought(std::string_view name) {
  return std::any_of(meanings.begin(), meanings.end(), [&](const MarkupMeaning& meaning) {
    return meaning.kind == Kind::thought && meaning.closed_by(name);
  });
}

}  // namespace unmuted

// The small judges of texts: speech_lint, prompt_template, script_log, field_path.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "characters/field_path.hpp"
#include "characters/prompt_template.hpp"
#include "characters/script_log.hpp"
#include "characters/speech_lint.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST(SpeechLint, OnlyAClearContradictionOfLanguagesCounts) {
  const std::string english =
      "You are the host of a show and you ask the questions that your guests have to answer. "
      "This is what you do with all of them, and it will be fun.";
  const std::string french =
      "Vous êtes le présentateur et vous posez des questions à vos invités dans le studio. "
      "Vous parlez avec les gens qui sont sur le plateau.";
  EXPECT_EQ(contradicting_language(english, "fr"), "en");
  EXPECT_EQ(contradicting_language(french, "en"), "fr");
  EXPECT_EQ(contradicting_language(french, "en-GB"), "fr");
  for (const char* declared : {"en", "en/fr", "de"}) EXPECT_FALSE(contradicting_language(english, declared));
  EXPECT_FALSE(contradicting_language(english + " " + french, "fr"));
  EXPECT_FALSE(contradicting_language("Bonjour!", "en"));
}

TEST(SpeechLint, FindsWhatCannotBeSpoken) {
  for (const char* text : {"Hi 😀", "Hi ☀", "1️⃣", "🇫🇷", "↗️", "✓", "*sighs* hi", "**bold**",
                           "<b>hi</b>", "`x`", "[a](b)", "see https://x.org", "# Title", "a\n## b"}) {
    EXPECT_TRUE(unpronounceable_part(text)) << text;
  }
  for (const char* text : {"Good evening!", "2 * 3 is 6", "a < b", "C'est l'été — déjà?", "Number #1",
                           "日本語", "© 20 °C →", "C♯", ""}) {
    EXPECT_FALSE(unpronounceable_part(text)) << text;
  }
}

TEST(PromptTemplate, FillsInTextsNumbersAndLists) {
  const json values{{"a", "x"}, {"n", 2}, {"l", {"p", "q"}}, {"e", json::array()}, {"again", "{{a}}"}};
  EXPECT_EQ(fill_template("{{a}}{{n}} {{l}}|{{e}}|{{again}}", values, 100), "x2 p\nq||{{a}}");
  EXPECT_EQ(fill_template("{{ a }} {{}} {{a {b}} }} {", values, 100), "{{ a }} {{}} {{a {b}} }} {");
  EXPECT_EQ(fill_template("{{a}}", nullptr, 100), "{{a}}");
}

TEST(PromptTemplate, TellsWhatIsMissingAndStopsAtItsLimit) {
  EXPECT_FALSE(fill_template("{{b}}", {{"a", 1}}, 100));
  EXPECT_FALSE(fill_template("{{b}}", json::array(), 100));
  EXPECT_FALSE(fill_template("{{a}}", {{"a", {{"k", 1}}}}, 100));
  EXPECT_FALSE(fill_template("{{a}}", 7, 100));
  EXPECT_FALSE(fill_template("{{a}}{{a}}{{a}}", {{"a", std::string(40, 'x')}}, 100));
}

TEST(PromptTemplate, LeavesOutWhatAClientsTextCannotKnow) {
  const auto left = [](std::string_view text, const json& values) {
    return fill_template(text, values, 200, UnknownKeys::are_left_out).value_or("?");
  };
  EXPECT_EQ(left("You are {{a}}, not {{b}}.", {{"a", "{{b}}"}}), "You are {{b}}, not \u2026.");
  EXPECT_EQ(left("You are {{a}}.", nullptr), "You are \u2026.");
  EXPECT_EQ(left("Ask:\n {{list}}\nThen stop.", nullptr), "Ask:\nThen stop.");
}

TEST(PromptTemplate, IsPublishedWithoutItsPlaceholders) {
  EXPECT_EQ(without_placeholders("Think of {{animal}}, and wait."), "Think of \u2026, and wait.");
  EXPECT_EQ(without_placeholders("One.\n{{a}}\r\n  {{a}} {{b}}\nTwo {{ a }} {{}} {x} {{a"),
            "One.\nTwo {{ a }} {{}} {x} {{a");
  EXPECT_EQ(without_placeholders("{{a}}"), "");
  EXPECT_EQ(without_placeholders("\n\nplain\n"), "\n\nplain\n");
}

TEST(ScriptLog, BoundsLinesAndTheirNumberInAnySecond) {
  ScriptLog log;
  const TimePoint begin = TimePoint{} + 5s;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(log.accept("x", begin + i * 50ms));
  EXPECT_FALSE(log.accept("x", begin + 999ms));
  EXPECT_TRUE(log.accept("x", begin + 1000ms));
  EXPECT_FALSE(log.accept("x", begin + 1001ms));
  EXPECT_TRUE(log.accept("x", begin + 1050ms));
}

TEST(ScriptLog, WritesOnePrintableLine) {
  ScriptLog log;
  EXPECT_EQ(log.accept("a\nb\x1b[31m\xFF", TimePoint{}), "a\\nb\\x1b[31m\uFFFD");
  EXPECT_LE(log.accept(std::string(70'000, '\x01'), TimePoint{})->size(), ScriptLog::max_line_bytes);
  EXPECT_EQ(log.accept(std::string(500, 'a'), TimePoint{}), std::string(500, 'a'));
}

TEST(PromptTemplate, AnyTextTakesTimeThatGrowsWithItsLength) {
  constexpr std::size_t million = 1'000'000, no_limit = std::numeric_limits<std::size_t>::max();
  const auto repeated = [](std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  const std::string braces = repeated("{{", million) + repeated("} ", million);
  EXPECT_EQ(fill_template(braces, json::object(), no_limit), braces);
  EXPECT_EQ(without_placeholders(braces), braces);
  // Each list is written out once.
  const json blanks = {{"k", json(million, "")}};
  EXPECT_EQ(fill_template(repeated("{{k}}", million), blanks, no_limit), "");
}

TEST(FieldPath, StepsAreTakenOffAsTheyWerePutOn) {
  std::string_view path = "tools[2][\"a b\"].x";
  EXPECT_EQ(take_step(path), (FieldStep{"tools", 0}));
  EXPECT_EQ(take_step(path), (FieldStep{{}, 2}));
  EXPECT_EQ(take_step(path), (FieldStep{"a b", 0}));
  EXPECT_EQ(take_step(path), (FieldStep{"x", 0}));
  EXPECT_EQ(path, "");
}

TEST(FieldPath, AnyStepMakesAPathShorter) {
  for (const std::string_view text :
       {"y\"]", "[\"", "[\"x", "[", "[]", "..", ".[", "[x]", "[9999999999999999999999]", "\"]\"]", ".",
        "a..b", "[[[\"\"]]", "\xFF["}) {
    for (std::string_view path = text; !path.empty();) {
      const std::size_t before = path.size();
      take_step(path);
      ASSERT_LT(path.size(), before) << text;
    }
  }
}

TEST(FieldPath, NamesAndTheirNeighbours) {
  EXPECT_EQ(field_path(field_path(field_path("", "tools"), 2), "a b"), "tools[2][\"a b\"]");
  EXPECT_EQ(nearest_name("gretting", {"name", "greeting"}), "greeting");
  EXPECT_EQ(nearest_name("xyz", {"name", "greeting"}), "");
}

}  // namespace
}  // namespace unmuted

// The characters that come with the server: they load without a remark, and those that answer by script hold
// whole conversations.

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "characters/character_loader.hpp"
#include "characters/script_instance.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::size_t max_reply_bytes = 600;
const std::string cast_directory = UNMUTED_SOURCE_DIR "/characters";

std::shared_ptr<MemoryBudget> budget() {
  return std::make_shared<MemoryBudget>(1U << 30U);
}

/// The default cast, loaded once for all tests.
const CharacterSet& cast() {
  static const CharacterSetPtr set = [] {
    const CharacterLoader loader(std::make_shared<CharacterStore>(), budget());
    auto loaded = loader.load(std::filesystem::canonical(cast_directory).string());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return *loaded;
  }();
  return *set;
}

CharacterPtr character(std::string_view name) {
  const CharacterPtr found = cast().find(name);
  if (!found) throw std::runtime_error("no character " + std::string(name));
  return found;
}

/// A resource of the cast as data.
json resource(const std::string& name) {
  std::ifstream file(cast_directory + "/resources/" + name + ".lua");
  std::stringstream source;
  source << file.rdbuf();
  script::Environment environment;
  environment.budget = budget();
  script::State state(std::move(environment));
  auto value = state.load(name, source.str());
  if (!value) throw std::runtime_error(value.error().message);
  return *value;
}

bool is_speakable(const std::string& text) {
  if (text.find_first_of("*_#`<>[]{}|\\") != std::string::npos) return false;
  // Letters of French and English and typographic quotes lie below U+2100; emoji and symbols do not.
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (lead >= 0xE3 || (lead == 0xE2 && next >= 0x84)) return false;
  }
  return true;
}

/// One conversation with a character that answers by script.
class Talk {
 public:
  explicit Talk(const std::string& name, std::uint64_t seed = 1) : Talk(character(name), seed) {}

  Talk(CharacterPtr character, std::uint64_t seed) {
    InstanceOptions options;
    options.module_name = "session_test.characters." + character->stem();
    options.seed = seed;
    options.budget = budget();
    options.base_prompt = [](std::string_view text, std::string_view) { return std::string(text); };
    options.log = [lines = log_](std::string_view line) { lines->emplace_back(line); };
    auto created = ScriptInstance::create(std::move(character), std::move(options));
    if (!created) throw std::runtime_error(created.error().message);
    instance_ = *created;
    context_.now = std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 50));
    context_.timezone = "UTC";
  }

  /// The character's first words.
  std::string open() { return answer(); }

  std::string say(const std::string& words) {
    context_.history.push_back({{"role", "user"}, {"content", words}});
    return answer();
  }

  std::string system_prompt() {
    auto prompt = instance_->system_prompt(context_);
    EXPECT_TRUE(prompt) << prompt.error().message;
    return prompt ? *prompt : std::string();
  }

  std::string call(const std::string& tool, const json& arguments) {
    auto result = instance_->call_tool(tool, arguments, context_);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : std::string();
  }

  CallContext& context() { return context_; }
  bool closed() const { return closed_; }
  const std::vector<std::string>& log() const { return *log_; }

 private:
  std::string answer() {
    auto reply = instance_->reply(context_);
    if (!reply) {
      ADD_FAILURE() << instance_->character()->name << ": " << reply.error().code << ": "
                    << reply.error().message;
      return {};
    }
    EXPECT_THAT(reply->text, Not(IsEmpty())) << instance_->character()->name;
    EXPECT_LE(reply->text.size(), max_reply_bytes) << reply->text;
    EXPECT_TRUE(is_speakable(reply->text)) << reply->text;
    context_.history.push_back({{"role", "assistant"}, {"content", reply->text}});
    closed_ = closed_ || reply->close;
    return reply->text;
  }

  std::shared_ptr<std::vector<std::string>> log_ = std::make_shared<std::vector<std::string>>();
  ScriptInstancePtr instance_;
  CallContext context_;
  bool closed_ = false;
};

std::vector<CharacterPtr> scripted() {
  std::vector<CharacterPtr> result;
  for (const auto& each : cast().characters()) {
    if (each->has_reply) result.push_back(each);
  }
  return result;
}

// --- The cast as a whole

TEST(DefaultCast, EveryGameSaysWhatItListensFor) {
  for (const auto& each : cast().characters()) {
    const bool game = std::count(each->tags.begin(), each->tags.end(), "game") > 0;
    EXPECT_EQ(game, !each->vocabulary.empty()) << each->name;
    for (const std::string& phrase : each->vocabulary) EXPECT_TRUE(is_speakable(phrase)) << phrase;
  }
  EXPECT_THAT(character("Quiz show")->vocabulary, Contains("Saturn"));
  EXPECT_THAT(character("Guess the animal")->vocabulary, Contains("is it a honeybee"));
  EXPECT_THAT(character("Narrator")->vocabulary, Contains("climb through the window"));
}

TEST(DefaultCast, LoadsWithoutARemark) {
  const LoadReport& report = cast().report();
  for (const auto& problem : report.errors)
    ADD_FAILURE() << problem.file << ":" << problem.line << " " << problem.message;
  for (const auto& problem : report.warnings) {
    ADD_FAILURE() << problem.file << ":" << problem.line << " " << problem.message;
  }
  EXPECT_GE(report.loaded, 12U);
  EXPECT_EQ(report.loaded, report.total_files);
}

TEST(DefaultCast, HasEveryKindOfCharacter) {
  std::map<std::string, int> languages;
  int hidden = 0, greeting = 0, freesound = 0, tools = 0;
  for (const auto& each : cast().characters()) {
    ++languages[each->instructions.language];
    hidden += each->good.value_or(true) ? 0 : 1;
    greeting += each->greeting ? 1 : 0;
    freesound += each->voice.source_type == "freesound" ? 1 : 0;
    tools += each->tools.empty() ? 0 : 1;
    EXPECT_THAT(each->tags, Not(IsEmpty())) << each->name;
    EXPECT_TRUE(each->comment) << each->name;
  }
  EXPECT_GE(languages["fr"], 3);
  EXPECT_EQ(languages["en/fr"], 1);
  EXPECT_EQ(hidden, 1);
  EXPECT_GE(greeting, 1);
  EXPECT_EQ(freesound, 1);
  EXPECT_GE(tools, 3);
  EXPECT_FALSE(character("Charles")->has_reply);
  EXPECT_FALSE(character("Charles")->has_system_prompt);
}

TEST(DefaultCast, IsWrittenForTheEar) {
  for (const auto& each : cast().characters()) {
    std::string instructions = each->instructions.text;
    std::erase_if(instructions,
                  [](char c) { return c == '{' || c == '}' || c == '_'; });  // {{key}}, tool_name
    EXPECT_TRUE(is_speakable(instructions)) << each->name;
    EXPECT_TRUE(is_speakable(each->greeting.value_or(""))) << each->name;
  }
}

TEST(DefaultCast, EveryPromptIsFilledInWhateverTheClientGives) {
  const std::array contexts{
      json(),
      json(17),
      json("text"),
      json::array({1, 2}),
      json{{"player", 3}, {"coins", "many"}, {"stock", {{"item", 1}}}},
      json{{"player", "Ada"}, {"coins", 12}, {"stock", {{{"item", "rope"}, {"price", 5}}}}}};
  for (const auto& each : cast().characters()) {
    for (const json& given : contexts) {
      Talk talk(each, 7);
      talk.context().context = given;
      const std::string prompt = talk.system_prompt();
      EXPECT_THAT(prompt, Not(HasSubstr("{{"))) << each->name;
      EXPECT_EQ(prompt, talk.system_prompt())
          << each->name << ": a prompt must not change within a conversation";
    }
  }
}

TEST(DefaultCast, TheTraderKnowsWhatTheGameTells) {
  Talk talk("Market trader");
  talk.context().context = {{"player", "Ada"}, {"coins", 4}, {"stock", {{{"item", "rope"}, {"price", 5}}}}};
  const std::string prompt = talk.system_prompt();
  EXPECT_THAT(prompt, HasSubstr("Ada, who has 4 coins"));
  EXPECT_THAT(prompt, HasSubstr("rope, for 5 coins"));
  EXPECT_EQ(json::parse(talk.call("close_deal", {{"item", "rope"}, {"price", 5}})).at("sold"), false);
  EXPECT_EQ(json::parse(talk.call("close_deal", {{"item", "rope"}, {"price", 4}})).at("sold"), true);
}

// --- Quiz show

/// The questions of the quiz, so that a test can look up what was asked.
class Quiz {
 public:
  explicit Quiz(std::uint64_t seed) : talk(std::string("Quiz show"), seed) { heard = talk.open(); }

  /// Answers right, in one of the ways in which people speak.
  void answer_rightly() {
    static const std::array<std::string, 4> frames{"%", "Um, I think it's %!", "the... % please",
                                                   "It must be %?"};
    std::string words = frames.at(asked_++ % frames.size());
    std::string answer = question().at("answers").at(0);
    std::transform(answer.begin(), answer.end(), answer.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    words.replace(words.find('%'), 1, answer);
    say(words);
  }
  void say(const std::string& words) { heard = talk.say(words); }

  /// The question that was asked last.
  json question() const {
    static const json all = resource("quiz_questions");
    json found;
    std::size_t last = 0;
    for (const auto& each : all) {
      const std::size_t at = heard.rfind(each.at("ask").get<std::string>());
      if (at == std::string::npos || (!found.is_null() && at < last)) continue;
      found = each;
      last = at;
    }
    if (found.is_null()) throw std::runtime_error("no question in: " + heard);
    return found;
  }

  Talk talk;
  std::string heard;

 private:
  std::size_t asked_ = 0;
};

TEST(QuizShow, AllAnswersRightIsAPerfectGame) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Quiz quiz(seed);
    for (int i = 0; i < 5; ++i) {
      quiz.answer_rightly();
      EXPECT_THAT(quiz.heard, StartsWith("That is right!"));
    }
    EXPECT_THAT(quiz.heard, HasSubstr("final score is five out of five"));
    EXPECT_THAT(quiz.heard, HasSubstr("perfect game"));
  }
}

TEST(QuizShow, KeepsTheScoreOverAWholeGame) {
  Quiz quiz(3);
  const std::string first = quiz.question().at("ask");
  quiz.say("Could you repeat that?");
  EXPECT_THAT(quiz.heard, HasSubstr(first));
  quiz.say("...");
  EXPECT_THAT(quiz.heard, HasSubstr(first));
  quiz.answer_rightly();

  const std::string second = quiz.question().at("answers").at(0);
  quiz.say("a purple umbrella");
  EXPECT_THAT(quiz.heard, HasSubstr("It was " + second));

  const std::string third = quiz.question().at("answers").at(0);
  quiz.say("Skip, please.");
  EXPECT_THAT(quiz.heard, HasSubstr("It was " + third));

  quiz.say("How many points do I have?");
  EXPECT_THAT(quiz.heard, HasSubstr("one out of three"));
  quiz.answer_rightly();
  quiz.answer_rightly();
  EXPECT_THAT(quiz.heard, HasSubstr("final score is three out of five"));
  EXPECT_FALSE(quiz.talk.closed());

  quiz.say("no thank you");
  EXPECT_THAT(quiz.heard, HasSubstr("three out of five"));
  EXPECT_TRUE(quiz.talk.closed());
}

TEST(QuizShow, AnotherGameStartsFromZero) {
  Quiz quiz(4);
  for (int i = 0; i < 5; ++i) quiz.answer_rightly();
  quiz.say("Yes, again!");
  EXPECT_THAT(quiz.heard, HasSubstr("Question one."));
  for (int i = 0; i < 5; ++i) quiz.say("skip");
  EXPECT_THAT(quiz.heard, HasSubstr("zero out of five"));
}

TEST(QuizShow, EveryListedAnswerOfEveryQuestionIsAccepted) {
  const json all = resource("quiz_questions");
  std::set<std::string> met;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Quiz probe(seed);
    const json question = probe.question();
    if (!met.insert(question.at("ask")).second) continue;
    for (const auto& answer : question.at("answers")) {
      Quiz quiz(seed);
      quiz.say("Is it " + answer.get<std::string>() + ", maybe?");
      EXPECT_THAT(quiz.heard, StartsWith("That is right!")) << question << answer;
    }
  }
  EXPECT_GE(met.size(), all.size() / 2);
}

TEST(QuizShow, CanBeStoppedAndGivesUpOnSilence) {
  Quiz stopped(5);
  stopped.answer_rightly();
  stopped.say("Stop.");
  EXPECT_THAT(stopped.heard, HasSubstr("one out of one"));
  EXPECT_TRUE(stopped.talk.closed());

  Quiz silent(5);
  for (int i = 0; i < 3; ++i) silent.say("...");
  EXPECT_TRUE(silent.talk.closed());
}

TEST(QuizShow, TheToolCountsForTheLanguageModel) {
  Talk talk("Quiz show");
  EXPECT_THAT(talk.system_prompt(), HasSubstr("5. "));
  talk.call("record_answer", {{"correct", true}});
  EXPECT_EQ(talk.call("record_answer", {{"correct", false}}), "Score: 1 right out of 2 answered");
}

TEST(QuizShow, TwoConversationsShareNothing) {
  Quiz one(6), other(6);
  one.answer_rightly();
  one.answer_rightly();
  one.talk.call("record_answer", {{"correct", true}});
  other.say("What is my score?");
  EXPECT_THAT(other.heard, HasSubstr("zero out of zero"));
  EXPECT_EQ(other.talk.call("record_answer", {{"correct", true}}), "Score: 1 right out of 1 answered");
  one.say("What is my score?");
  EXPECT_THAT(one.heard, HasSubstr("two out of two"));
}

// --- Guess the animal

/// The animal that a conversation with this seed is about: found by giving up in another one.
json secret(std::uint64_t seed) {
  static const json animals = resource("animals").at("animals");
  Talk talk("Guess the animal", seed);
  talk.open();
  const std::string revealed = talk.say("I give up");
  for (const auto& animal : animals) {
    if (revealed.find("It was " + animal.at("name").get<std::string>() + ".") != std::string::npos)
      return animal;
  }
  throw std::runtime_error("no animal in: " + revealed);
}

TEST(GuessTheAnimal, IsWonByNamingIt) {
  std::set<std::string> animals;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const std::string name = secret(seed).at("name");
    animals.insert(name);
    Talk talk("Guess the animal", seed);
    talk.open();
    EXPECT_THAT(talk.say("Does it have wings?"), AnyOf("Yes.", "No."));
    EXPECT_THAT(talk.say("I know! It's " + name + ", isn't it?"), HasSubstr("Yes! It is " + name));
    EXPECT_THAT(talk.say("yes, another"), HasSubstr("new animal"));
  }
  EXPECT_GT(animals.size(), 10U);
}

TEST(GuessTheAnimal, AnswersTruthfully) {
  const json zoo = resource("animals");
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const json animal = secret(seed);
    const auto& own = animal.at("is");
    for (const auto& [trait, phrases] : zoo.at("traits").items()) {
      Talk talk("Guess the animal", seed);
      talk.open();
      const bool has = std::find(own.begin(), own.end(), trait) != own.end();
      EXPECT_EQ(talk.say("Tell me about " + phrases.at(0).get<std::string>() + "?"), has ? "Yes." : "No.")
          << animal.at("name") << " " << trait;
    }
    Talk talk("Guess the animal", seed);
    talk.open();
    const int legs = animal.at("legs");
    EXPECT_THAT(talk.say("Does it have four legs?"), StartsWith(legs == 4 ? "Yes" : "No"));
    EXPECT_THAT(talk.say("Has it got " + std::to_string(legs) + " legs"), StartsWith("Yes"));
    const int size = animal.at("size");
    EXPECT_THAT(talk.say("Is it bigger than a dog?"), StartsWith(size == 4  ? "It is about the same"
                                                                 : size > 4 ? "Yes"
                                                                            : "No"));
    EXPECT_THAT(talk.say("Tell me, is it smaller than a horse?"),
                StartsWith(size == 6  ? "It is about the same"
                           : size < 6 ? "Yes"
                                      : "No"));
  }
}

TEST(GuessTheAnimal, EveryTraitOfAnAnimalCanBeAskedFor) {
  const json zoo = resource("animals");
  std::set<std::string> names;
  for (const auto& animal : zoo.at("animals")) {
    EXPECT_TRUE(names.insert(animal.at("name")).second) << animal.at("name");
    EXPECT_THAT(animal.at("clues"), SizeIs(testing::Ge(3U)));
    for (const auto& trait : animal.at("is")) EXPECT_TRUE(zoo.at("traits").contains(trait)) << trait;
  }
}

TEST(GuessTheAnimal, GivesCluesCountsAndEnds) {
  const json animal = secret(9);
  Talk talk("Guess the animal", 9);
  talk.open();
  EXPECT_THAT(talk.say("Give me a hint"), HasSubstr(animal.at("clues").at(0).get<std::string>()));
  EXPECT_THAT(talk.say("another clue please"), HasSubstr(animal.at("clues").at(1).get<std::string>()));
  EXPECT_THAT(talk.say("what do you think of the weather"), HasSubstr("yes or no"));
  std::string last;
  for (int i = 0; i < 20; ++i) last = talk.say("Is it a mammal?");
  EXPECT_THAT(last, HasSubstr("It was " + animal.at("name").get<std::string>()));
  EXPECT_FALSE(talk.closed());
  talk.say("no");
  EXPECT_TRUE(talk.closed());
}

TEST(GuessTheAnimal, ThePromptAndTheScriptThinkOfTheSameAnimal) {
  Talk talk("Guess the animal", 11);
  const std::string prompt = talk.system_prompt();
  talk.open();
  const std::string revealed = talk.say("I give up");
  const std::size_t from = prompt.find("thinking of ") + 12;
  EXPECT_THAT(revealed, HasSubstr(prompt.substr(from, prompt.find(", and") - from)));
}

// --- Narrator

/// The story as a graph: to each scene, what has to be said to come there from the start.
std::map<std::string, std::vector<std::string>> ways(const json& story) {
  std::map<std::string, std::vector<std::string>> found{{story.at("start"), {}}};
  std::deque<std::string> open{story.at("start")};
  while (!open.empty()) {
    const std::string name = open.front();
    open.pop_front();
    for (const auto& choice : story.at("scenes").at(name).value("choices", json::array())) {
      std::vector<std::string> way = found.at(name);
      way.push_back(choice.at("say"));
      if (found.emplace(choice.at("to"), std::move(way)).second) open.push_back(choice.at("to"));
    }
  }
  return found;
}

TEST(Narrator, EverySceneCanBeReached) {
  const json story = resource("lighthouse_story");
  const auto known = ways(story);
  EXPECT_EQ(known.size(), story.at("scenes").size());
  EXPECT_GE(known.size(), 12U);
  int endings = 0;
  for (const auto& [name, way] : known) {
    const json& scene = story.at("scenes").at(name);
    Talk talk("Narrator");
    std::string heard = talk.open();
    for (const auto& words : way) heard = talk.say("I would like to " + words + ".");
    EXPECT_THAT(heard, StartsWith(scene.at("text").get<std::string>())) << name;
    EXPECT_THAT(talk.log(), Contains(EndsWith("enters " + name)));
    if (!scene.value("ending", false)) continue;
    ++endings;
    EXPECT_THAT(heard, HasSubstr("from the beginning?")) << name;
  }
  EXPECT_GE(endings, 3);
}

TEST(Narrator, EveryChoiceLeadsWhereItSays) {
  const json story = resource("lighthouse_story");
  for (const auto& [name, way] : ways(story)) {
    const json choices = story.at("scenes").at(name).value("choices", json::array());
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const std::string target = story.at("scenes").at(choices[i].at("to").get<std::string>()).at("text");
      for (const std::string& words :
           {choices[i].at("say").get<std::string>(), std::string(i == 0 ? "the first one" : "the second")}) {
        Talk talk("Narrator");
        talk.open();
        for (const auto& step : way) talk.say(step);
        EXPECT_THAT(talk.say(words), StartsWith(target)) << name << ": " << words;
      }
    }
  }
}

TEST(Narrator, KnowsWhereTheListenerIsAndStartsAgain) {
  Talk talk("Narrator");
  const std::string beginning = talk.open();
  talk.say("the boat");
  EXPECT_THAT(talk.say("Where am I?"), StartsWith("You are in the rowing boat."));
  EXPECT_THAT(talk.say("bananas"), HasSubstr("does not know that way"));
  EXPECT_THAT(talk.say("Restart, please"), EndsWith(beginning));
  EXPECT_THAT(talk.say("Goodbye"), Not(HasSubstr("Do you")));
  EXPECT_TRUE(talk.closed());
}

TEST(Narrator, TheToolWritesToTheLog) {
  Talk talk("Narrator");
  EXPECT_EQ(talk.call("log_story_event", {{"event", "The bridge fell."}, {"weight", "turn"}}), "noted");
  EXPECT_THAT(talk.log(), Contains(HasSubstr("The bridge fell.")));
}

// --- Willow, Devinettes, Echo

TEST(Listener, TurnsRoundWhatItHears) {
  Talk talk("Willow");
  talk.open();
  EXPECT_THAT(talk.say("I feel sad because my boss doesn't listen to me."),
              HasSubstr("sad because your boss doesn't listen to you"));
  EXPECT_THAT(talk.say("I remember that you were at my house"), HasSubstr("that I was at your house"));
  EXPECT_THAT(talk.say("Sometimes I want to die"), HasSubstr("emergency number"));
  talk.say("Goodbye, Willow");
  EXPECT_TRUE(talk.closed());
}

TEST(Listener, DoesNotSayTheSameThingTwiceInARow) {
  Talk talk("Willow");
  talk.open();
  std::string before;
  for (int i = 0; i < 30; ++i) {
    const std::string heard = talk.say(i % 2 == 0 ? "It rained on the hill." : "The hill was wet.");
    EXPECT_NE(heard, before);
    before = heard;
  }
}

TEST(Devinettes, AreSolvedWithTheirAnswers) {
  const json all = resource("devinettes");
  Talk talk("Devinettes", 2);
  std::string heard = talk.open();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto asked = std::find_if(all.begin(), all.end(), [&](const json& each) {
      return heard.find(each.at("texte").get<std::string>()) != std::string::npos;
    });
    ASSERT_NE(asked, all.end()) << heard;
    heard = talk.say("Euh… c'est " + asked->at("reponses").at(0).get<std::string>() + " !");
    EXPECT_THAT(heard, StartsWith("Bravo"));
  }
  EXPECT_TRUE(talk.closed());
  EXPECT_THAT(heard, HasSubstr("quinze"));
}

TEST(Devinettes, AWrongAnswerBringsAHintThenTheSolution) {
  Talk talk("Devinettes", 3);
  talk.open();
  EXPECT_THAT(talk.say("une baleine à bosse"), HasSubstr("indice"));
  EXPECT_THAT(talk.say("un tournevis"), HasSubstr("C'était"));
  talk.say("Arrête, au revoir");
  EXPECT_TRUE(talk.closed());
}

TEST(Echo, RepeatsWhatItHears) {
  Talk talk("Echo");
  talk.open();
  EXPECT_EQ(talk.say("One, two, three!"), "I heard: one two three.");
  EXPECT_EQ(talk.say("..."), "I hear nothing.");
  EXPECT_EQ(talk.say("Bye"), "Bye!");
}

// --- All that answer by script

std::string repeated(const std::string& part, std::size_t bytes) {
  std::string result;
  while (result.size() + part.size() <= bytes) result += part;
  return result;
}

TEST(ScriptedCharacters, NothingThatIsSaidMakesAReplyFail) {
  constexpr std::size_t bytes = 32U << 10U;
  const std::vector<std::string> inputs{"",
                                        "...",
                                        "…",
                                        "—",
                                        "Hello.",
                                        repeated("a", bytes),
                                        repeated("é", bytes),
                                        repeated("i feel ", bytes),
                                        repeated("legs than ", bytes),
                                        repeated("\xF4\x8F\xBF\xBF", bytes),
                                        "\xE2\x80\xAE"
                                        "abc",
                                        "日本語のテスト",
                                        "\xF0\x9F\x98\x80 *waves* <b>{{name}}</b>",
                                        std::string("a\0b", 3),
                                        "yes",
                                        "no",
                                        "skip",
                                        "again",
                                        "the first",
                                        "left",
                                        "clue",
                                        "is it bigger than",
                                        "is it bigger than a dog",
                                        "I feel \xF0\x9F\x98\x80",
                                        "because",
                                        "un indice",
                                        "stop"};
  for (const auto& each : scripted()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Talk talk(each, seed);
      for (std::size_t i = 0; i < inputs.size() * 2; ++i) talk.say(inputs[(i * 7 + seed) % inputs.size()]);
    }
  }
}

TEST(ScriptedCharacters, OpenWithOrWithoutADummyMessage) {
  for (const auto& each : scripted()) {
    Talk bare(each, 1), dummy(each, 1);
    EXPECT_EQ(bare.open(), dummy.say("Hello.")) << each->name;
  }
}

TEST(ScriptedCharacters, ALongConversationIsNoBurden) {
  for (const auto& each : scripted()) {
    Talk talk(each, 1);
    for (int i = 0; i < 100; ++i) {
      talk.context().history.push_back({{"role", "user"}, {"content", repeated("and so on ", 500)}});
      talk.context().history.push_back({{"role", "assistant"}, {"content", repeated("I see. ", 500)}});
    }
    talk.say("Hello there");  // within the limits of a call, or it fails
    talk.say("I think so");
  }
}

}  // namespace
}  // namespace unmuted

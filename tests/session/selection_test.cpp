#include "session/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/prompt_template.hpp"

namespace unmuted {
namespace {

using events::SessionUpdate;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

CharacterPtr make_character(std::string name, std::string voice, std::string text) {
  auto character = std::make_shared<Character>();
  character->origin.format = "lua";
  character->origin.file_name = name + ".lua";
  character->name = std::move(name);
  character->voice.path_on_server = std::move(voice);
  character->instructions = {text, "en", without_placeholders(text)};
  return character;
}

SessionUpdate voice(std::string name) {
  SessionUpdate update;
  update.voice = std::move(name);
  return update;
}

SessionUpdate with_text(SessionUpdate update, std::string text) {
  update.instructions = std::move(text);
  return update;
}

SessionUpdate with_object(SessionUpdate update, events::Instructions instructions) {
  update.instructions = std::move(instructions);
  return update;
}

class SelectionTest : public testing::Test {
 protected:
  CharacterPtr charles = make_character("Charles", "voices/charles.wav", "Be Charles.");
  CharacterPtr dora = make_character("Dora", "voices/dora.wav", "Be Dora.");
  CharacterSet set{"/cast", {charles, dora}, LoadReport{2, 2, {}, {}, {}}};
  Selection none;

  Selection after(const Selection& current, const SessionUpdate& update) {
    auto change = select(set, current, update);
    EXPECT_TRUE(change);
    return change ? change->selection : current;
  }
  bool restarts(const Selection& current, const SessionUpdate& update) {
    auto change = select(set, current, update);
    EXPECT_TRUE(change);
    return change && change->restart;
  }
};

TEST_F(SelectionTest, FindsByName) {
  const auto change = select(set, none, voice("Dora"));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.character, dora);
  EXPECT_TRUE(change->restart);
  EXPECT_FALSE(change->selection.allow_recording);
}

TEST_F(SelectionTest, FindsByThePathOfTheVoice) {
  EXPECT_EQ(after(none, voice("voices/charles.wav")).character, charles);
}

TEST_F(SelectionTest, NamesWhoThereIsWhenNobodyMatches) {
  const auto change = select(set, none, voice("Emil"));
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, "character_not_found");
  EXPECT_THAT(change.error().message, HasSubstr("Emil"));
  EXPECT_THAT(change.error().message, HasSubstr("Charles, Dora"));
  EXPECT_EQ(change.error().where, "session.voice");
}

TEST_F(SelectionTest, AnUnknownVoiceWithATextIsAnAdHocCharacter) {
  const auto selection = after(none, with_text(voice("voices/other.wav"), "Be brief."));
  ASSERT_TRUE(selection.character);
  EXPECT_TRUE(selection.ad_hoc);
  EXPECT_EQ(selection.character->voice.path_on_server, "voices/other.wav");
  EXPECT_EQ(selection.character->instructions.text, "Be brief.");
  EXPECT_EQ(selection.character->instructions.language, "en");
  EXPECT_FALSE(selection.text);
}

TEST_F(SelectionTest, AnAdHocCharacterTakesTheLanguageOfTheInstructions) {
  const auto selection = after(none, with_object(voice("v"), {"constant", "Sois bref.", "fr"}));
  EXPECT_EQ(selection.character->instructions.language, "fr");
}

TEST_F(SelectionTest, AnUnknownVoiceWithAThemeIsPlayedByTheFirstGoodCharacter) {
  const SessionUpdate update = with_object(voice("unmute/default.wav"), {"smalltalk", std::nullopt, "en/fr"});
  EXPECT_FALSE(select(set, none, update));  // nobody is marked as good
  auto good = std::make_shared<Character>(*dora);
  good->good = true;
  const CharacterSet with_good{"/cast", {charles, good}, LoadReport{2, 2, {}, {}, {}}};
  const auto change = select(with_good, none, update);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.character, good);
  EXPECT_FALSE(change->selection.ad_hoc);
  ASSERT_EQ(change->warnings.size(), 1U);
  EXPECT_EQ(change->warnings[0].code, "character_not_found");
  EXPECT_THAT(change->warnings[0].message, AllOf(HasSubstr("unmute/default.wav"), HasSubstr("Dora")));
  EXPECT_FALSE(select(with_good, none, voice("unmute/default.wav")));  // who names only a voice means it
}

TEST_F(SelectionTest, AnUnknownThemeIsPassedOverWithAWarning) {
  const auto change = select(
      set, none, with_object(voice("voices/dora.wav"), {"domestic_robot", std::nullopt, std::nullopt}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.character, dora);
  EXPECT_FALSE(change->selection.text);
  ASSERT_EQ(change->warnings.size(), 1U);
  EXPECT_EQ(change->warnings[0].where, "session.instructions.type");
  EXPECT_THAT(change->warnings[0].message, HasSubstr("domestic_robot"));
}

TEST_F(SelectionTest, AnUnknownTypeWithATextIsThatText) {
  const auto change = select(set, none, with_object(voice("Dora"), {"domestic_robot", "Beep.", "en"}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.text, "Beep.");
  EXPECT_TRUE(change->warnings.empty());
}

TEST_F(SelectionTest, OfOneVoiceThePublishedTextTellsWhoIsMeant) {
  const auto willow = make_character("Willow", "voices/charles.wav", "Be Willow, with {{leaves}}.");
  const CharacterSet shared{"/cast", {charles, willow, dora}, LoadReport{3, 3, {}, {}, {}}};
  const auto meant = [&](const std::string& name, const std::string& text) {
    return select(shared, none, with_object(voice(name), {"constant", text, "en"}))->selection;
  };
  EXPECT_EQ(meant("voices/charles.wav", "Be Willow, with {{leaves}}.").character, willow);
  EXPECT_EQ(meant("voices/charles.wav", "Be Willow, with \u2026.").character, willow);
  EXPECT_FALSE(meant("voices/charles.wav", "Be Willow, with \u2026.").text);
  EXPECT_EQ(meant("voices/charles.wav", "Be Charles.").character, charles);
  EXPECT_EQ(meant("voices/charles.wav", "Be Dora.").character, charles);
  EXPECT_EQ(meant("Charles", "Be Willow, with \u2026.").character, charles);  // a name is a name
}

TEST_F(SelectionTest, OfOneVoiceATextOfBeforeAnEditTellsToo) {
  const auto willow = make_character("Willow", "voices/charles.wav", "Be the new Willow.");
  const CharacterSet shared{"/cast", {charles, willow}, LoadReport{2, 2, {}, {}, {}}};
  const auto published = [&](const Character& one, std::string_view text) {
    return (one.name == "Willow" && text == "Be Willow.") ||
           (one.name == "Charles" && text == "Be the new Willow.");
  };
  const auto meant = [&](const std::string& text) {
    return select(shared, none, with_text(voice("voices/charles.wav"), text), published)->selection;
  };
  EXPECT_EQ(meant("Be Willow.").character, willow);
  EXPECT_FALSE(meant("Be Willow.").text);
  EXPECT_EQ(meant("Be the new Willow.").character, willow);  // its own of today says more than a former one
}

TEST_F(SelectionTest, ATextThatWasPublishedBeforeReplacesNothing) {
  const auto published = [&](const Character& one, std::string_view text) {
    return one.name == "Charles" && text == "Be the old Charles.";
  };
  const auto update = with_text(voice("voices/charles.wav"), "Be the old Charles.");
  EXPECT_FALSE(select(set, none, update, published)->selection.text);
  EXPECT_TRUE(select(set, none, with_text(voice("Dora"), "Be the old Charles."), published)->selection.text);
}

TEST_F(SelectionTest, NoMessageTellsWhereTheCastLies) {
  EXPECT_THAT(select(set, none, voice("Emil")).error().message, Not(HasSubstr("/cast")));
}

TEST_F(SelectionTest, ATextThatDiffersReplacesTheCharactersOwn) {
  EXPECT_EQ(after(none, with_text(voice("Charles"), "Be rude.")).text, "Be rude.");
  EXPECT_EQ(after(none, with_object(voice("Charles"), {"constant", "Be rude.", "en"})).text, "Be rude.");
}

TEST_F(SelectionTest, TheTextThatItPublishesReplacesNothing) {
  EXPECT_FALSE(after(none, with_object(voice("Charles"), {"constant", "Be Charles.", "en"})).text);
}

TEST_F(SelectionTest, AThemeReplacesNothing) {
  EXPECT_FALSE(after(none, with_object(voice("Charles"), {"quiz_show", std::nullopt, std::nullopt})).text);
}

TEST_F(SelectionTest, AnUnknownTypeOfInstructionsCountsByItsText) {
  EXPECT_EQ(after(none, with_object(voice("Charles"), {"lighthouse_keeper", "Speak of ships.", "en"})).text,
            "Speak of ships.");
  const auto without =
      after(none, with_object(voice("Charles"), {"lighthouse_keeper", std::nullopt, std::nullopt}));
  EXPECT_EQ(without.character, charles);
  EXPECT_FALSE(without.text);
  EXPECT_FALSE(select(set, none, with_object(voice("v"), {"lighthouse_keeper", std::nullopt, std::nullopt})));
  EXPECT_FALSE(select(set, none, with_object(voice("v"), {"constant", " ", std::nullopt})));
}

TEST_F(SelectionTest, TheSameAgainRestartsNothing) {
  const auto first = after(none, with_text(voice("Charles"), "Be rude."));
  EXPECT_FALSE(restarts(first, with_text(voice("Charles"), "Be rude.")));
  EXPECT_FALSE(restarts(first, voice("voices/charles.wav")));
  EXPECT_FALSE(restarts(first, SessionUpdate{}));
  const auto ad_hoc = after(none, with_text(voice("v"), "Be brief."));
  EXPECT_FALSE(restarts(ad_hoc, with_text(voice("v"), "Be brief.")));
  EXPECT_FALSE(restarts(ad_hoc, voice("v")));
}

TEST_F(SelectionTest, AnotherCharacterVoiceOrTextRestarts) {
  const auto first = after(none, voice("Charles"));
  EXPECT_TRUE(restarts(first, voice("Dora")));
  EXPECT_TRUE(restarts(first, with_text({}, "Be rude.")));
  const auto ad_hoc = after(none, with_text(voice("v"), "Be brief."));
  EXPECT_TRUE(restarts(ad_hoc, with_text({}, "Be long.")));
  EXPECT_TRUE(restarts(ad_hoc, voice("w")));
  EXPECT_TRUE(restarts(ad_hoc, voice("Charles")));
}

TEST_F(SelectionTest, UpdatesMerge) {
  SessionUpdate update;
  update.allow_recording = true;
  update.context = nlohmann::json{{"level", 3}};
  auto selection = after(after(none, voice("Charles")), update);
  EXPECT_EQ(selection.character, charles);
  EXPECT_TRUE(selection.allow_recording);
  EXPECT_EQ(selection.context["level"], 3);
  selection = after(selection, with_text({}, "Be rude."));
  selection = after(selection, voice("Dora"));
  EXPECT_EQ(selection.text, "Be rude.");
  EXPECT_TRUE(selection.allow_recording);
}

TEST_F(SelectionTest, ATextBeforeAnyVoiceWaitsForOne) {
  const auto waiting = after(none, with_text({}, "Be rude."));
  EXPECT_FALSE(waiting.character);
  EXPECT_FALSE(restarts(none, with_text({}, "Be rude.")));
  EXPECT_EQ(after(waiting, voice("Charles")).text, "Be rude.");
}

}  // namespace
}  // namespace unmuted

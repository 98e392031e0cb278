#include "session/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/prompt_template.hpp"

namespace unmuted {
namespace {

using events::Configure;
using events::Instructions;
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

Configure voice(std::string name) {
  Configure update;
  update.voice = std::move(name);
  return update;
}

Configure with_text(Configure update, std::string text) {
  update.instructions = Instructions{Instructions::Kind::text, "constant", std::move(text)};
  return update;
}

Configure with_object(Configure update, Instructions instructions) {
  update.instructions = std::move(instructions);
  return update;
}

class SelectionTest : public testing::Test {
 protected:
  CharacterPtr charles = make_character("Charles", "voices/charles.wav", "Be Charles.");
  CharacterPtr dora = make_character("Dora", "voices/dora.wav", "Be Dora.");
  CharacterSet set{"/cast", {charles, dora}, LoadReport{2, 2, {}, {}, {}}};
  Selection none;

  Selection after(const Selection& current, const Configure& update) {
    auto change = select(set, current, update);
    EXPECT_TRUE(change);
    return change ? change->selection : current;
  }
  bool restarts(const Selection& current, const Configure& update) {
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
  const auto selection =
      after(none, with_object(voice("v"), {Instructions::Kind::text, "constant", "Sois bref.", "fr"}));
  EXPECT_EQ(selection.character->instructions.language, "fr");
}

TEST_F(SelectionTest, AnUnknownVoiceWithAThemeIsPlayedByTheFirstGoodCharacter) {
  const Configure update =
      with_object(voice("unmute/default.wav"), {Instructions::Kind::theme, "smalltalk", "", "en/fr"});
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
      set, none, with_object(voice("voices/dora.wav"), {Instructions::Kind::unknown, "domestic_robot"}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.character, dora);
  EXPECT_FALSE(change->selection.text);
  ASSERT_EQ(change->warnings.size(), 1U);
  EXPECT_EQ(change->warnings[0].where, "session.instructions.type");
  EXPECT_THAT(change->warnings[0].message, HasSubstr("domestic_robot"));
}

TEST_F(SelectionTest, AnUnknownTypeWithATextIsThatText) {
  const auto change = select(
      set, none, with_object(voice("Dora"), {Instructions::Kind::text, "domestic_robot", "Beep.", "en"}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection.text, "Beep.");
  EXPECT_TRUE(change->warnings.empty());
}

TEST_F(SelectionTest, OfOneVoiceThePublishedTextTellsWhoIsMeant) {
  const auto willow = make_character("Willow", "voices/charles.wav", "Be Willow, with {{leaves}}.");
  const CharacterSet shared{"/cast", {charles, willow, dora}, LoadReport{3, 3, {}, {}, {}}};
  const auto meant = [&](const std::string& name, const std::string& text) {
    return select(shared, none, with_object(voice(name), {Instructions::Kind::text, "constant", text, "en"}))
        ->selection;
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
  EXPECT_EQ(
      after(none, with_object(voice("Charles"), {Instructions::Kind::text, "constant", "Be rude.", "en"}))
          .text,
      "Be rude.");
}

TEST_F(SelectionTest, TheTextThatItPublishesReplacesNothing) {
  EXPECT_FALSE(
      after(none, with_object(voice("Charles"), {Instructions::Kind::text, "constant", "Be Charles.", "en"}))
          .text);
}

TEST_F(SelectionTest, AThemeReplacesNothing) {
  EXPECT_FALSE(
      after(none, with_object(voice("Charles"), {Instructions::Kind::theme, "quiz_show", "", std::nullopt}))
          .text);
}

TEST_F(SelectionTest, AnUnknownTypeOfInstructionsCountsByItsText) {
  EXPECT_EQ(after(none, with_object(voice("Charles"),
                                    {Instructions::Kind::text, "lighthouse_keeper", "Speak of ships.", "en"}))
                .text,
            "Speak of ships.");
  const auto without =
      after(none, with_object(voice("Charles"), {Instructions::Kind::unknown, "lighthouse_keeper"}));
  EXPECT_EQ(without.character, charles);
  EXPECT_FALSE(without.text);
  EXPECT_FALSE(
      select(set, none, with_object(voice("v"), {Instructions::Kind::unknown, "lighthouse_keeper"})));
  EXPECT_FALSE(select(set, none, with_object(voice("v"), {Instructions::Kind::none, "constant", " "})));
}

TEST_F(SelectionTest, TheSameAgainRestartsNothing) {
  const auto first = after(none, with_text(voice("Charles"), "Be rude."));
  EXPECT_FALSE(restarts(first, with_text(voice("Charles"), "Be rude.")));
  EXPECT_FALSE(restarts(first, voice("voices/charles.wav")));
  EXPECT_FALSE(restarts(first, Configure{}));
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
  Configure update;
  update.context = nlohmann::json{{"level", 3}};
  auto selection = after(after(none, voice("Charles")), update);
  EXPECT_EQ(selection.character, charles);
  EXPECT_EQ(selection.context["level"], 3);
  selection = after(selection, with_text({}, "Be rude."));
  selection = after(selection, voice("Dora"));
  EXPECT_EQ(selection.text, "Be rude.");
}

TEST_F(SelectionTest, AClonedVoiceSpeaksByTheClientsTextOrChats) {
  const std::string cloned = "custom:0b3c7d2e-94a1-4f60-8c2b-7d1e5a90c3f4";
  const auto briefed = after(none, with_text(voice(cloned), "Be brief."));
  EXPECT_TRUE(briefed.ad_hoc);
  EXPECT_EQ(briefed.character->voice.path_on_server, cloned);
  EXPECT_EQ(briefed.character->instructions.text, "Be brief.");
  EXPECT_EQ(briefed.told("id", false).voice, cloned);
  EXPECT_EQ(briefed.told("id", false).character, std::nullopt);

  // Unmute's page sends a theme with it, or nothing at all.
  Configure theme = voice(cloned);
  theme.instructions = events::Instructions{events::Instructions::Kind::theme, "smalltalk", "", "fr"};
  for (const Selection& before : {none, briefed, after(none, voice("Charles"))}) {
    const auto chats = after(before, theme);
    EXPECT_TRUE(chats.ad_hoc);
    EXPECT_EQ(chats.character->voice.path_on_server, cloned);
    EXPECT_NE(chats.character->instructions.text, "Be brief.");
    EXPECT_EQ(chats.character->instructions.language, "fr");
  }
  EXPECT_TRUE(after(after(none, voice("Charles")), voice(cloned)).ad_hoc);
  // Another voice for the same text.
  const std::string other = "custom:1b3c7d2e-94a1-4f60-8c2b-7d1e5a90c3f4";
  const auto again = after(briefed, voice(other));
  EXPECT_EQ(again.character->voice.path_on_server, other);
  EXPECT_EQ(again.character->instructions.text, "Be brief.");
  // What only looks like one is a voice like others.
  EXPECT_FALSE(select(set, none, voice("custom:ann")));
}

TEST_F(SelectionTest, ATextBeforeAnyVoiceWaitsForOne) {
  const auto waiting = after(none, with_text({}, "Be rude."));
  EXPECT_FALSE(waiting.character);
  EXPECT_FALSE(restarts(none, with_text({}, "Be rude.")));
  EXPECT_EQ(after(waiting, voice("Charles")).text, "Be rude.");
}

}  // namespace
}  // namespace unmuted

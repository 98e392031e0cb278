// A history as the items that a client knows.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/history.hpp"
#include "conversation/turns.hpp"
#include "describe.hpp"

namespace unmuted {
namespace {

using events::Item;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

Item message(const std::string& id, const std::string& text, Item::Role role = Item::Role::user) {
  return {.id = id, .role = role, .text = text};
}

std::vector<std::string> shown_to_model(const History& history) {
  return describe(history.for_model(""));
}

/// A reply of the words, 100 ms each, heard to its end.
void speak(History& history, TurnId turn, const std::string& item, const std::vector<std::string>& words) {
  history.begin_reply(item);
  for (const std::string& word : words) {
    history.begin_item(turn);
    history.add_unheard_word(turn, word);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    history.hear_next_word();
    history.add_sound(turn, milliseconds(100));
  }
  history.end_reply(turn, false);
}

TEST(HistoryItems, StandInTheOrderOfTheClient) {
  History history;
  EXPECT_TRUE(history.add_item(message("a", "one")));
  EXPECT_TRUE(history.add_item(message("c", "three")));
  EXPECT_TRUE(history.add_item(message("b", "two"), "a"));
  EXPECT_TRUE(history.add_item(message("z", "zero"), ""));
  EXPECT_FALSE(history.add_item(message("x", "?"), "nobody"));
  EXPECT_THAT(history.items(), ElementsAre("z", "a", "b", "c"));
  EXPECT_EQ(history.item_before("b"), "a");
  EXPECT_EQ(history.item_before("z"), "");
  EXPECT_EQ(history.last_item(), "c");
  EXPECT_THAT(shown_to_model(history), ElementsAre("user: zero one two three"));
}

TEST(HistoryItems, WhatIsSaidOfBothSidesIsOne) {
  History history;
  history.add_user_word("Hello", "u");
  history.add_user_word("there", "u");
  EXPECT_THAT(history.items(), IsEmpty());
  history.add_spoken_item("u");
  speak(history, t1, "a", {"Good", " day"});
  EXPECT_THAT(history.items(), ElementsAre("u", "a"));
  EXPECT_EQ(history.item("u")->text, "Hello there");
  EXPECT_EQ(history.item("a")->text, "Good day");
  EXPECT_EQ(history.item("a")->role, Item::Role::assistant);
  EXPECT_FALSE(history.item("x"));
}

TEST(HistoryItems, AReplyThatWasNotHeardStaysAnItemAndIsNothingThatWasSaid) {
  History history;
  history.begin_reply("a");
  history.begin_item(t1);
  history.add_unheard_word(t1, "Hello");
  history.end_reply(t1, true);
  EXPECT_TRUE(history.has_item("a"));
  EXPECT_TRUE(history.empty());
  EXPECT_FALSE(history.bot_spoke());
  EXPECT_THAT(history.for_client(), IsEmpty());
}

TEST(HistoryItems, AreCutToWhatWasHeard) {
  History history;
  speak(history, t1, "a", {"one", " two", " three"});
  EXPECT_EQ(history.cut_item("a", milliseconds(9'000)), milliseconds(300));
  EXPECT_EQ(history.item("a")->text, "one two three");
  EXPECT_EQ(history.cut_item("a", milliseconds(150)), milliseconds(150));
  EXPECT_EQ(history.item("a")->text, "one two");
  EXPECT_TRUE(history.item("a")->cut);
  EXPECT_EQ(history.cut_item("a", milliseconds(0)), milliseconds(0));
  EXPECT_EQ(history.item("a")->text, "");
  EXPECT_TRUE(history.empty());
  history.add_item(message("u", "Hi"));
  EXPECT_EQ(history.cut_item("u", milliseconds(0)), std::nullopt);
}

TEST(HistoryItems, AResultFindsItsCall) {
  History history;
  history.add_item(message("u", "Roll"));
  history.add_call(t1, {"c1", "roll", "{}"}, "k");
  EXPECT_FALSE(history.results_came_last());
  const Item result{.id = "r", .kind = Item::Kind::result, .text = "4", .call_id = "c1"};
  EXPECT_TRUE(history.add_item(result));
  EXPECT_TRUE(history.results_came_last());
  EXPECT_FALSE(history.add_item({.id = "s", .kind = Item::Kind::result, .text = "5", .call_id = "c1"}));
  EXPECT_THAT(history.items(), ElementsAre("u", "k", "r"));
  EXPECT_EQ(history.item("k")->name, "roll");
  EXPECT_EQ(history.item("r")->text, "4");
  EXPECT_EQ(shown_to_model(history).back(), "tool(call00001): 4");
}

TEST(HistoryItems, AResultStandsWhereItWasGiven) {
  History history;
  history.add_call(t1, {"c1", "roll", "{}"}, "k");
  history.add_item(message("u", "Wait"));
  history.add_item({.id = "r", .kind = Item::Kind::result, .text = "4", .call_id = "c1"});
  EXPECT_THAT(history.items(), ElementsAre("k", "u", "r"));
  EXPECT_EQ(history.last_item(), "r");
}

TEST(HistoryItems, AreRemoved) {
  History history;
  history.add_item(message("u", "Roll"));
  history.add_call(t1, {"c1", "roll", "{}"}, "k");
  history.add_item({.id = "r", .kind = Item::Kind::result, .text = "4", .call_id = "c1"});
  EXPECT_TRUE(history.remove_item("r"));
  EXPECT_FALSE(history.has_item("r"));
  EXPECT_TRUE(history.remove_item("k"));
  EXPECT_THAT(shown_to_model(history), ElementsAre("user: Roll"));
  EXPECT_FALSE(history.remove_item("k"));
}

TEST(HistoryItems, WordsThatComeLateFindTheirs) {
  History history;
  history.add_item({.id = "u", .spoken = true});
  history.add_item(message("v", "later"));
  history.add_to_item("u", "good");
  history.add_to_item("u", "day");
  EXPECT_THAT(shown_to_model(history), ElementsAre("user: good day later"));
}

TEST(HistoryItems, AreNoMoreThanAHistoryHolds) {
  History history;
  for (int i = 0; i < 1'000; ++i)
    history.add_item(message(std::to_string(i), std::string(1'000, 'a'), Item::Role::assistant));
  EXPECT_LE(history.items().size(), History::max_messages);
  EXPECT_TRUE(history.has_item("999"));
  EXPECT_FALSE(history.has_item("0"));
  for (const std::string& id : history.items()) EXPECT_TRUE(history.item(id));
}

}  // namespace
}  // namespace unmuted

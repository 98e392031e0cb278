#include "conversation/open_reply.hpp"

#include <gtest/gtest.h>

#include "conversation/turns.hpp"

namespace unmuted {
namespace {

Action started(TurnId turn) {
  return events::ReplyStarted{turn, "", {}};
}
Action ready(TurnId turn) {
  return actions::SayWord{{turn, "word"}};
}
Action ended(TurnId turn) {
  return events::ReplyEnded{turn, "", events::Ending::finished, {}};
}

TEST(OpenReply, AdmitsWhatIsOfIt) {
  OpenReply reply;
  EXPECT_TRUE(reply.admits(started(t1)));
  EXPECT_TRUE(reply.admits(ready(t1)));
  EXPECT_TRUE(reply.admits(actions::StopReply{t1}));
  EXPECT_TRUE(reply.admits(ended(t1)));
}

TEST(OpenReply, ThatHasEndedAdmitsNothing) {
  OpenReply reply;
  EXPECT_FALSE(reply.admits(ready(t1)));
  EXPECT_TRUE(reply.admits(started(t1)));
  EXPECT_TRUE(reply.admits(ended(t1)));
  EXPECT_FALSE(reply.admits(ready(t1)));
  EXPECT_FALSE(reply.admits(events::WordSpoken{t1, "word"}));
  EXPECT_FALSE(reply.admits(actions::AskModel{t1, 2, {}, {}, 0.3, false}));
  EXPECT_FALSE(reply.admits(actions::RunTools{t1, {}}));
  EXPECT_FALSE(reply.admits(ended(t1)));
  EXPECT_TRUE(reply.admits(started(t2)));
  EXPECT_FALSE(reply.admits(ready(t1)));
  EXPECT_TRUE(reply.admits(ready(t2)));
}

TEST(OpenReply, HasNoSayInWhatOutlivesIt) {
  OpenReply reply;
  EXPECT_TRUE(reply.admits(events::ToolCalled{t1, "clock", "{}", "noon"}));
  EXPECT_TRUE(reply.admits(events::UserSpeechStarted{}));
  EXPECT_TRUE(reply.admits(events::Failure{}));
  EXPECT_TRUE(reply.admits(actions::CloseConnection{actions::CloseConnection::Why::farewell}));
}

}  // namespace
}  // namespace unmuted

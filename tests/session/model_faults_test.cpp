// Conversations whose language model is a server that misbehaves: what the client is told, and what is
// counted.
#include <chrono>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/openai_model.hpp"
#include "session/dialogue_fixture.hpp"
#include "support/model_server.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Behaviour;
using test::character;
using test::count_of;
using test::counting;
using test::finish;
using test::first_of;
using test::text;
using testing::AllOf;
using testing::HasSubstr;

class ModelTest : public test::DialogueFixture {
 protected:
  void use_model(std::chrono::milliseconds idle_timeout = 30s) {
    OpenAiOptions options;
    options.url = model.url();
    options.model = "test-model";
    options.patience = idle_timeout;
    options.idle_timeout = idle_timeout;
    options.capacity_pause = 1ms;
    auto made = openai_model(std::move(options), host.metrics);
    ASSERT_TRUE(made) << made.error().message;
    host.use(std::move(*made));
  }

  void open_with_ann() {
    cast.write("ann.lua", character("Ann", counting, "local score = 0"));
    use_model();
    open();
  }

  void wait_for_requests(std::size_t count) {
    run_until([&] { return model.requests().size() >= count; });
  }

  test::ModelServer model;
};

struct Fault {
  const char* name;
  Behaviour behaviour;
  int requests;  ///< that meet it
  std::string code;
  std::string cause;
};

class ModelFaults : public ModelTest, public testing::WithParamInterface<Fault> {};

TEST_P(ModelFaults, AreOneErrorEachAndTheNextTurnWorks) {
  const Fault& fault = GetParam();
  cast.write("ann.lua", character("Ann", counting, "local score = 0"));
  const bool silent = fault.behaviour == Behaviour::hang || fault.behaviour == Behaviour::hang_later;
  use_model(silent ? 1s : 30s);
  open();
  model.behave(fault.behaviour, fault.requests);
  select("Ann");
  const auto seen = reply();
  ASSERT_EQ(count_of(seen, "error"), 1U);
  const json error = first_of(seen, "error")["error"];
  EXPECT_EQ(error["type"], "warning");
  EXPECT_EQ(error["code"], fault.code);
  EXPECT_THAT(error["message"].get<std::string>(), AllOf(HasSubstr(model.url()), HasSubstr(fault.cause)));
  EXPECT_EQ(count_of(seen, "response.text.done"), 1U);
  EXPECT_EQ(count_of(seen, "response.audio.done"), 1U);
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_vllm_hard_errors_total 1"));
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_vllm_active_sessions 0"));

  model.behave(Behaviour::fine);
  EXPECT_EQ(ask("Are you well?"), "You said: Are you well?");
}

std::string name_of_fault(const testing::TestParamInfo<Fault>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    EveryFault, ModelFaults,
    testing::Values(Fault{"Refuses", Behaviour::refuse, 1, "service_unavailable", "refused"},
                    Fault{"Unauthorized", Behaviour::unauthorized, 1, "service_unavailable", "401"},
                    Fault{"Busy", Behaviour::busy, 5, "service_at_capacity", "429"},
                    Fault{"Overloaded", Behaviour::overloaded, 5, "service_at_capacity", "503"},
                    Fault{"Error", Behaviour::error, 1, "service_unavailable", "500: CUDA out of memory"},
                    Fault{"Html", Behaviour::html, 1, "service_unavailable", "text/html"},
                    Fault{"HalfChunk", Behaviour::half_chunk, 1, "service_unavailable", "connection"},
                    Fault{"BadJson", Behaviour::bad_json, 1, "service_unavailable", "broke off"},
                    Fault{"ErrorEvent", Behaviour::error_event, 1, "service_unavailable",
                          "context is too long"},
                    Fault{"EndlessLine", Behaviour::endless_line, 1, "service_unavailable", "1 MiB"},
                    Fault{"Hangs", Behaviour::hang, 1, "service_unavailable", "did not answer in time"},
                    Fault{"HangsLater", Behaviour::hang_later, 1, "service_unavailable", "in time"},
                    Fault{"ManyCalls", Behaviour::many_calls, 1, "service_unavailable", "128 tool calls"},
                    Fault{"Dies", Behaviour::die, 1, "service_unavailable", "connection"}),
    name_of_fault);

TEST_F(ModelTest, AModelThatIsFullForAMomentIsAskedAgain) {
  open_with_ann();
  model.behave(Behaviour::busy, 4);
  select("Ann");
  const auto seen = reply();
  EXPECT_EQ(count_of(seen, "error"), 0U);
  EXPECT_EQ(first_of(seen, "response.text.done")["text"], "You said: Hello.");
  EXPECT_EQ(model.requests().size(), 5U);
}

TEST_F(ModelTest, RepliesAreCounted) {
  open_with_ann();
  model.reply({text("One two three."), finish()});
  begin_with("Ann");
  const std::string counted = host.metrics.text();
  EXPECT_THAT(counted, HasSubstr("worker_vllm_sessions_total 1"));
  EXPECT_THAT(counted, HasSubstr("worker_vllm_recv_words_total 3"));
  EXPECT_THAT(counted, HasSubstr("worker_vllm_ttft_count 1"));
  EXPECT_THAT(counted, HasSubstr("worker_vllm_gen_duration_count 1"));
  EXPECT_THAT(counted, HasSubstr("worker_vllm_hard_errors_total 0"));
  EXPECT_THAT(counted, HasSubstr("worker_vllm_interrupt_total 0"));
}

TEST_F(ModelTest, AnInterruptedReplyIsCountedAsSuch) {
  open_with_ann();
  model.behave(Behaviour::hang, 1);
  select("Ann");
  wait_for_requests(1);
  until("response.created");
  cancel();
  reply();
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_vllm_interrupt_total 1"));
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_vllm_hard_errors_total 0"));
  EXPECT_THAT(host.metrics.text(), HasSubstr("worker_vllm_active_sessions 0"));
}

}  // namespace
}  // namespace unmuted

#include "services/model_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using testing::HasSubstr;

std::string completions(std::string_view url) {
  const auto address = ModelAddress::of(url);
  return address ? address->url(ModelEndpoint::completions) : address.error().message;
}

TEST(ModelAddress, WithoutAPathItIsTheFirstVersion) {
  for (const char* url : {"http://h:1", "http://h:1/", "HTTP://h:1", "http://h:1/v1", "http://h:1/v1/",
                          "http://h:1/v1/chat/completions", "http://h:1/v1/chat/completions/"}) {
    EXPECT_EQ(completions(url), "http://h:1/v1/chat/completions") << url;
    EXPECT_EQ(ModelAddress::of(url)->url(ModelEndpoint::models), "http://h:1/v1/models") << url;
  }
}

TEST(ModelAddress, EveryEndpointMayBeGivenAndLeadsToTheOthers) {
  for (const char* url : {"http://h:1", "http://h:1/v1/audio/speech", "http://h:1/v1/audio/transcriptions/",
                          "http://h:1/v1/chat/completions"}) {
    const auto address = ModelAddress::of(url);
    EXPECT_EQ(address->url(ModelEndpoint::speech), "http://h:1/v1/audio/speech") << url;
    EXPECT_EQ(address->url(ModelEndpoint::transcriptions), "http://h:1/v1/audio/transcriptions") << url;
    EXPECT_EQ(address->path(ModelEndpoint::models), "/v1/models") << url;
  }
  EXPECT_EQ(ModelAddress::of("http://h:1/audio/speech?k=v")->url(ModelEndpoint::speech),
            "http://h:1/audio/speech?k=v");
}

TEST(ModelAddress, APathIsTakenAsItIs) {
  EXPECT_EQ(completions("http://h:1/api/paas/v4/"), "http://h:1/api/paas/v4/chat/completions");
  EXPECT_EQ(completions("https://h/v1beta/openai/"), "https://h:443/v1beta/openai/chat/completions");
  EXPECT_EQ(completions("http://h:1/api/v3"), "http://h:1/api/v3/chat/completions");
  EXPECT_EQ(completions("http://h:1/chat/completions"), "http://h:1/chat/completions");
  EXPECT_EQ(completions("http://h:1/api"), "http://h:1/api/chat/completions");
}

TEST(ModelAddress, AQueryStays) {
  const auto address = ModelAddress::of("http://h:1/openai/deployments/x?api-version=1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->url(ModelEndpoint::completions),
            "http://h:1/openai/deployments/x/chat/completions?api-version=1");
  EXPECT_EQ(address->url(ModelEndpoint::models), "http://h:1/openai/deployments/x/models?api-version=1");
  EXPECT_EQ(address->shown(), "http://h:1/openai/deployments/x");
  EXPECT_TRUE(address->is_azure());
  EXPECT_EQ(completions("http://h:1?k=v"), "http://h:1/v1/chat/completions?k=v");
}

TEST(ModelAddress, Hints) {
  EXPECT_THAT(ModelAddress::of("http://h/api")->hint(), HasSubstr("Ollama"));
  EXPECT_THAT(ModelAddress::of("http://h/openai")->hint(), HasSubstr("/v1"));
  EXPECT_EQ(ModelAddress::of("http://h")->hint(), "");
}

TEST(ModelAddress, WhatIsNone) {
  for (const char* url :
       {"", "h:1", "ws://h", "ftp://h", "http://", "http://h:x", "http://a@h", "http://h/#x"}) {
    const auto address = ModelAddress::of(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, "invalid_url");
    EXPECT_THAT(address.error().message, HasSubstr("expected an address such as")) << url;
  }
}

}  // namespace
}  // namespace unmuted

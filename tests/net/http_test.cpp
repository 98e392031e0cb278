#include "net/http.hpp"

#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

TEST(Http, AMediaTypeHasNoCaseAndNoParameters) {
  for (const char* json :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json ; charset=utf-8", "\tapplication/json\t", " APPLICATION/json;"}) {
    EXPECT_EQ(media_type(json), "application/json") << json;
  }
  EXPECT_EQ(media_type("application/jsonx"), "application/jsonx");
  EXPECT_EQ(media_type("text/plain; a=application/json"), "text/plain");
  EXPECT_EQ(media_type(""), "");
  EXPECT_EQ(media_type(" ; charset=utf-8"), "");
}

}  // namespace
}  // namespace unmuted::net

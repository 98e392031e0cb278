#include "probe/http_client.hpp"

#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

const net::Url server{"http", "127.0.0.1", "8000", "/"};

TEST(HttpClient, EncodesARequest) {
  HttpRequest request{"POST", "/x", {{"A", "b"}}, "body"};
  EXPECT_EQ(encode(request, server),
            "POST /x HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: close\r\nContent-Length: 4\r\nA: "
            "b\r\n\r\nbody");
  request.headers = {{"content-length", "99"}, {"host", "h"}};
  EXPECT_EQ(encode(request, server),
            "POST /x HTTP/1.1\r\nConnection: close\r\ncontent-length: 99\r\nhost: h\r\n\r\nbody");
}

TEST(HttpClient, ReadsAResponseAsItComes) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nhi";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto partial = parse_response(whole.substr(0, i), false);
    ASSERT_TRUE(partial);
    EXPECT_FALSE(*partial) << i;
  }
  const auto response = parse_response(whole, false).value();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hi");
  EXPECT_EQ(response->headers.at("x-a"), "1, 2");
}

TEST(HttpClient, TheEndOfTheConnectionEndsABody) {
  const std::string whole = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_FALSE(parse_response(whole, false).value());
  EXPECT_EQ(parse_response(whole, true).value()->status, 204);
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).value()->body, "");
}

TEST(HttpClient, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(parse_response("", true));
  EXPECT_FALSE(parse_response("SSH-2.0-x\r\n\r\n", false));
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", false));
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", false));
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false));
}

}  // namespace
}  // namespace unmuted::probe

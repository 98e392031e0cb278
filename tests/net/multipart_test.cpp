#include "net/multipart.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

using testing::HasSubstr;

const std::string form_type = "multipart/form-data; boundary=XX";

std::string part(const std::string& disposition, const std::string& content) {
  return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

std::vector<FormPart> parts_of(const std::string& body, const std::string& type = form_type) {
  auto form = read_form(type, body);
  EXPECT_TRUE(form) << form.error();
  return form ? *form : std::vector<FormPart>();
}

std::string fault_of(const std::string& body, const std::string& type = form_type) {
  const auto form = read_form(type, body);
  return form ? "no fault" : form.error();
}

TEST(Multipart, AFormOfABrowser) {
  const std::string sound("a\r\n\0\xff--XX\r--XX\n\r\n--XY", 22);
  const std::string body =
      part("name=\"title\"", "Ann") +
      "--XX\r\ncontent-disposition:form-data; name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\n"
      "Content-Type: audio/wav\r\n\r\n" +
      sound + "\r\n--XX--\r\n";
  const auto parts = parts_of(body);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "title");
  EXPECT_EQ(parts[0].content, "Ann");
  EXPECT_FALSE(parts[0].is_file);
  EXPECT_EQ(parts[1].name, "file");
  EXPECT_EQ(parts[1].content, sound);
  EXPECT_TRUE(parts[1].is_file);
}

TEST(Multipart, WhatIsAllowedAroundTheParts) {
  const std::string end = "--XX--";
  EXPECT_EQ(parts_of("a preamble\r\n" + part("name=a", "1") + end).size(), 1U);
  EXPECT_EQ(parts_of(part("name=a", "1") + end + "\r\nan epilogue\r\n--XX\r\n").size(), 1U);
  EXPECT_EQ(parts_of("--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX-- ").at(0).content,
            "");
  EXPECT_EQ(parts_of(end).size(), 0U);
  // The boundary begins a longer line: that is content.
  EXPECT_EQ(parts_of(part("name=a", "1\r\n--XXX\r\n2") + end).at(0).content, "1\r\n--XXX\r\n2");
}

TEST(Multipart, BoundariesAsTheyAreWritten) {
  const std::string body = part("name=a", "1") + "--XX--\r\n";
  for (const char* type :
       {"multipart/form-data; boundary=\"XX\"", "Multipart/Form-Data;charset=utf-8;BOUNDARY=XX",
        "multipart/form-data; boundary=XX ; x=y", "multipart/form-data; x=\"; boundary=YY\"; boundary=XX"}) {
    EXPECT_EQ(parts_of(body, type).size(), 1U) << type;
  }
  for (const std::string type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=XX; boundary=XX", "multipart/form-data; boundary=\"X\r\nX\"",
        "multipart/form-data; boundary=\"XX \"", "multipart/form-data; boundary=\"XX", ""}) {
    if (type.ends_with("\"XX")) continue;  // a quote that is not closed ends with the header
    EXPECT_THAT(fault_of(body, type), HasSubstr("boundary")) << type;
  }
  EXPECT_THAT(fault_of(body, "multipart/form-data; boundary=" + std::string(71, 'X')), HasSubstr("RFC 2046"));
}

TEST(Multipart, WhatIsWrongIsSaid) {
  const std::string end = "--XX--\r\n";
  EXPECT_THAT(fault_of(""), HasSubstr("not in the body"));
  EXPECT_THAT(fault_of("XX\r\n--YY\r\n"), HasSubstr("not in the body"));
  EXPECT_THAT(fault_of(part("name=a", "1")), HasSubstr("ends in the middle"));
  EXPECT_THAT(fault_of(part("name=a", "1") + "--XX-"), HasSubstr("ends in the middle"));
  EXPECT_THAT(fault_of("--XX\r\nContent-Disposition: form-data; name=a\r\n1\r\n" + end),
              HasSubstr("no end of its headers"));
  EXPECT_THAT(fault_of("--XX\r\nno header\r\n\r\n1\r\n" + end), HasSubstr("without a colon"));
  for (const char* head :
       {"X-A: b", "Content-Disposition: attachment; name=a", "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=a; name=b", "Content-Disposition: form-data; filename=a"}) {
    EXPECT_THAT(fault_of("--XX\r\n" + std::string(head) + "\r\n\r\n1\r\n" + end),
                HasSubstr("no Content-Disposition"))
        << head;
  }
  EXPECT_THAT(fault_of("--XX\r\n\r\n1\r\n" + end), HasSubstr("no Content-Disposition"));
  EXPECT_THAT(
      fault_of("--XX\r\nContent-Disposition: form-data; name=a\r\ncontent-disposition: x\r\n\r\n1\r\n" + end),
      HasSubstr("more than one"));
  EXPECT_THAT(fault_of("--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64"
                       "\r\n\r\nMQ==\r\n" +
                       end),
              HasSubstr("Content-Transfer-Encoding"));
}

TEST(Multipart, FormsAreBounded) {
  std::string many;
  for (std::size_t i = 0; i < max_form_parts; ++i) many += part("name=a", "1");
  EXPECT_EQ(parts_of(many + "--XX--").size(), max_form_parts);
  EXPECT_THAT(fault_of(many + part("name=a", "1") + "--XX--"), HasSubstr("too many parts"));
  EXPECT_THAT(fault_of(part("name=" + std::string(max_part_head, 'a'), "1") + "--XX--"),
              HasSubstr("too large"));
}

}  // namespace
}  // namespace unmuted::net

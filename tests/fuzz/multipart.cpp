// A form that is uploaded: any bytes are survived, parts lie within the body, and a form that is written with
// a boundary that is not in it is read as it was. The first text is the header, the rest the body.

#include "net/multipart.hpp"

#include <string>
#include <string_view>

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unmuted;
  std::string_view input = fuzz::text_of(data, size);
  const std::string_view type = fuzz::take_text(input);
  const std::string_view body = input;

  const auto form = net::read_form(type, body);
  if (form) {
    FUZZ_CHECK(form->size() <= net::max_form_parts);
    for (const net::FormPart& part : *form) {
      FUZZ_CHECK(part.content.data() >= body.data());
      FUZZ_CHECK(part.content.data() + part.content.size() <= body.data() + body.size());
    }
  } else {
    FUZZ_CHECK(!form.error().empty());
  }

  const std::string boundary = "a-boundary-that-nobody-guesses";
  if (body.find(boundary) != std::string_view::npos) return 0;
  std::string written =
      "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=x\r\n\r\n";
  written.append(body).append("\r\n--" + boundary + "--\r\n");
  const auto again = net::read_form("multipart/form-data; boundary=" + boundary, written);
  FUZZ_CHECK(again && again->size() == 1);
  FUZZ_CHECK(again->front().name == "file" && again->front().content == body);
  return 0;
}

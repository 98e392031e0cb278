#include "net/request_target.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "core/utf8.hpp"
#include "net/url.hpp"

namespace unmuted::net {
namespace {

using Unusable = tl::unexpected<std::string>;

bool is_unreserved(char c) {
  constexpr std::string_view marks = "-._~";
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 && (std::isalnum(byte) != 0 || marks.find(c) != std::string_view::npos);
}

int hex_value(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t value = digits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

/// Nothing when an escape is not followed by two hexadecimal digits.
std::optional<std::string> one_spelling(std::string_view path) {
  constexpr std::string_view capitals = "0123456789ABCDEF";
  std::string result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      result += path[i];
      continue;
    }
    if (i + 2 >= path.size()) return std::nullopt;
    const int high = hex_value(path[i + 1]);
    const int low = hex_value(path[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const auto byte = static_cast<char>(high * 16 + low);
    if (is_unreserved(byte)) {
      result += byte;
    } else {
      result += {'%', capitals[static_cast<std::size_t>(high)], capitals[static_cast<std::size_t>(low)]};
    }
    i += 2;
  }
  return result;
}

/// As a browser resolves them: ".." takes the segment before it away, and above the root is the root.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_in_folder = false;
  std::size_t begin = 1;  // behind the first "/"
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_folder = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!ends_in_folder) segments.push_back(segment);
    begin = end + 1;
  }
  std::string result;
  for (const std::string_view segment : segments) result += "/" + std::string(segment);
  if (ends_in_folder || result.empty()) result += "/";
  return result;
}

tl::expected<RequestTarget, std::string> origin_form(std::string_view text) {
  const std::size_t question = text.find('?');
  const auto path = one_spelling(text.substr(0, question));
  if (!path) return Unusable("the path has a % without two hexadecimal digits behind it");
  RequestTarget target;
  target.path = without_dot_segments(*path);
  if (question != std::string_view::npos) target.query = std::string(text.substr(question + 1));
  return target;
}

tl::expected<RequestTarget, std::string> absolute_form(std::string_view method, std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return Unusable(url.error().message);
  auto target = origin_form(url->target);
  if (!target) return target;
  const std::string_view rest = text.substr(text.find("://") + 3);
  const std::size_t authority_end = rest.find_first_of("/?");
  target->host = std::string(rest.substr(0, authority_end));
  // OPTIONS of a whole server, sent through a proxy, has neither path nor query.
  if (method == "OPTIONS" && authority_end == std::string_view::npos) target->path = "*";
  return target;
}

}  // namespace

tl::expected<RequestTarget, std::string> read_target(std::string_view method, std::string_view target) {
  if (method == "CONNECT") return Unusable("this server is no proxy and opens no tunnels");
  if (target.find('#') != std::string_view::npos) return Unusable("a fragment is no part of a request");
  if (target == "*") {
    if (method == "OPTIONS") return RequestTarget{"*", "", std::nullopt};
    return Unusable("* is for OPTIONS only");
  }
  if (target.starts_with('/')) return origin_form(target);
  if (target.find("://") != std::string_view::npos) return absolute_form(method, target);
  return Unusable("expected a path that begins with /, got " + shorten(printable(target), 100));
}

}  // namespace unmuted::net

// What decides where a request goes and who made it: addresses, targets, origins, and the headers of proxies.
// What is taken has one spelling, and nobody is let in whom no rule lets in.
//
// The input is several texts, parted by bytes 0: a method, a target, a Host, an Origin, and what proxies
// tell.

#include <algorithm>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "net/http.hpp"
#include "net/request_target.hpp"
#include "net/url.hpp"
#include "server/access.hpp"
#include "server/web_files.hpp"

namespace {

using namespace unmuted;
using fuzz::take_text;

bool is_lower_case(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_message(std::string_view text) {
  return !text.empty() && text.size() < 1000 && is_utf8(text);
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

void check_authority(std::string_view text) {
  const auto authority = net::parse_authority(text);
  if (!authority) return;
  FUZZ_CHECK(!authority->host.empty());
  FUZZ_CHECK(authority->host.find('%') != std::string::npos || is_lower_case(authority->host));
  FUZZ_CHECK(authority->port.empty() || (std::stoi(authority->port) > 0 && authority->port.front() != '0'));
  const std::string port = authority->port.empty() ? "" : ":" + authority->port;
  const auto again = net::parse_authority(in_brackets(authority->host) + port);
  FUZZ_CHECK(again && again->host == authority->host && again->port == authority->port);
}

void check_url(std::string_view text) {
  const auto url = net::parse_url(text);
  if (!url) {
    FUZZ_CHECK(url.error().code == "invalid_url");
    FUZZ_CHECK(is_message(url.error().message));
    return;
  }
  FUZZ_CHECK(url->target.starts_with('/'));
  const auto again = net::parse_url(url->scheme + "://" + url->authority() + url->target);
  FUZZ_CHECK(again && again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
             again->target == url->target);
}

/// Whatever is asked for, the name of a file leads out of no folder, and to nothing that is hidden there.
void check_web_file(std::string_view path) {
  const auto name = web_file_name(path);
  if (!name) return;
  FUZZ_CHECK(!name->empty() && name->find('\0') == std::string::npos);
  for (const char* sign : {"/.", "//", "\\", "%"}) FUZZ_CHECK(("/" + *name).find(sign) == std::string::npos);
}

void check_query(std::string_view query) {
  const auto parameters = net::query_parameters(query);
  if (!parameters) return;
  std::string written;
  for (const auto& [name, value] : *parameters)
    written += (written.empty() ? "" : "&") + net::percent_encoded(name) + "=" + net::percent_encoded(value);
  FUZZ_CHECK(net::query_parameters(written) == parameters);
}

void check_target(std::string_view method, std::string_view text) {
  const auto target = net::read_target(method, text);
  if (!target) {
    FUZZ_CHECK(is_message(target.error()));
    return;
  }
  FUZZ_CHECK(!target->host || net::parse_authority(*target->host));
  if (target->path == "*") {
    FUZZ_CHECK(method == "OPTIONS");
    return;
  }
  FUZZ_CHECK(target->path.starts_with('/'));
  check_web_file(target->path);
  check_query(target->query);
  for (const char* dots : {"/./", "/../"}) FUZZ_CHECK((target->path + "/").find(dots) == std::string::npos);
  const auto again = net::read_target("GET", target->path);
  FUZZ_CHECK(again && again->path == target->path && again->query.empty());
}

void check_origin(std::string_view text) {
  const auto allowed = check_allowed_origin(text);
  const auto origin = parse_origin(text);
  FUZZ_CHECK(allowed.has_value() == (origin.has_value() || text == "*"));
  if (!allowed) FUZZ_CHECK(is_message(allowed.error().message));
  if (!origin) return;
  FUZZ_CHECK(is_lower_case(origin->scheme));
  const std::string port = origin->port.empty() ? "" : ":" + origin->port;
  const auto again = parse_origin(
      origin->scheme == "null" ? "null" : origin->scheme + "://" + in_brackets(origin->host) + port);
  FUZZ_CHECK(again && *again == *origin);
}

bool names_this_machine(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return host == "localhost" || !error;
}

bool is_loopback_name(const std::string& host) {
  return host == "localhost" || is_loopback(host);
}

void check_access(const net::HttpRequest& request, std::string_view origin) {
  static const Access local({{"https://play.example"}, true, false});
  static const Access proxied({{}, true, true});
  FUZZ_CHECK(!proxied.caller(request, true).peer.local);
  FUZZ_CHECK(!local.caller(request, false).peer.local);
  FUZZ_CHECK(local.caller(request, true).peer.local == (request.headers.size() == 1));
  for (const Access* access : {&local, &proxied}) {
    const Caller caller = access->caller(request, true);
    FUZZ_CHECK(caller.admitted == !forbidden(Audience::admitted, caller));
    if (!forbidden(Audience::authors, caller)) {
      FUZZ_CHECK(is_loopback_name(net::parse_authority(request.host).value().host));
      FUZZ_CHECK(is_loopback_name(parse_origin(origin).value().host));
    }
    if (!caller.admitted) continue;
    const auto page = parse_origin(origin);
    FUZZ_CHECK(page);
    if (access == &local) FUZZ_CHECK(page->host == "play.example" || names_this_machine(page->host));
    if (access == &proxied) FUZZ_CHECK(page->scheme == "http" || page->scheme == "https");
  }
  RefusedPages refused;
  const auto line = refused.note(origin, request.host, Clock::now());
  FUZZ_CHECK(line && is_message(*line));
  FUZZ_CHECK(line->find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const std::string_view method = take_text(input);
  const std::string_view target = take_text(input);
  const std::string_view host = take_text(input);
  const std::string_view origin = take_text(input);
  for (const std::string_view text : {method, target, host, origin}) {
    check_authority(text);
    check_url(text);
    check_origin(text);
    check_web_file(text);
    check_query(text);
    FUZZ_CHECK(is_lower_case(net::media_type(text)));
  }
  check_target(method, target);
  check_target("GET", target);

  net::HttpRequest request;
  request.host = host;
  request.headers.emplace_back("Origin", origin);
  for (const char* name : {"X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "Forwarded"}) {
    const std::string_view value = take_text(input);
    if (!value.empty()) request.headers.emplace_back(name, value);
  }
  check_access(request, origin);
  return 0;
}

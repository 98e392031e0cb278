#include "net/multipart.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/ascii.hpp"

namespace unmuted::net {
namespace {

using Fault = tl::unexpected<std::string>;

constexpr std::string_view line_break = "\r\n";
constexpr std::size_t max_boundary = 70;

/// The parameters behind the value of a header: `form-data; name="file"`. Reads on after each.
class Parameters {
 public:
  explicit Parameters(std::string_view header) : rest_(header) {
    rest_.remove_prefix(std::min(rest_.find(';'), rest_.size()));
  }

  /// The value of the parameter, if it is there once.
  static std::optional<std::string> value_of(std::string_view header, std::string_view name) {
    std::optional<std::string> found;
    Parameters parameters(header);
    while (auto next = parameters.next()) {
      if (next->first != name) continue;
      if (found) return std::nullopt;
      found = std::move(next->second);
    }
    return found;
  }

 private:
  std::optional<std::pair<std::string, std::string>> next() {
    while (!rest_.empty() && (rest_.front() == ';' || rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
    const std::size_t equals = rest_.find_first_of("=;");
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name = lower_ascii(trim_blanks(rest_.substr(0, equals)));
    const bool has_value = rest_[equals] == '=';
    rest_.remove_prefix(equals + (has_value ? 1 : 0));
    return std::pair(std::move(name), has_value ? value() : std::string());
  }

  std::string value() {
    if (rest_.empty() || rest_.front() != '"') {
      const std::size_t end = std::min(rest_.find(';'), rest_.size());
      std::string plain(trim_blanks(rest_.substr(0, end)));
      rest_.remove_prefix(end);
      return plain;
    }
    std::string quoted;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      // Names of files are sent with a bare \ in them, too: only before these it escapes.
      const bool escapes =
          rest_[at] == '\\' && at + 1 < rest_.size() && (rest_[at + 1] == '"' || rest_[at + 1] == '\\');
      if (escapes) ++at;
      quoted += rest_[at];
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return quoted;
  }

  std::string_view rest_;
};

bool may_be_in_a_boundary(char c) {
  constexpr std::string_view signs = "'()+_,-./:=? ";
  const char letter = lower_ascii(c);
  return (letter >= 'a' && letter <= 'z') || is_digit(c) || signs.find(c) != std::string_view::npos;
}

tl::expected<std::string, std::string> boundary_of(std::string_view content_type) {
  const auto boundary = Parameters::value_of(content_type, "boundary");
  if (!boundary) return Fault("Content-Type: multipart/form-data needs one boundary");
  const bool fits = !boundary->empty() && boundary->size() <= max_boundary && boundary->back() != ' ' &&
                    std::all_of(boundary->begin(), boundary->end(), may_be_in_a_boundary);
  if (!fits) return Fault("Content-Type: the boundary is none, see RFC 2046");
  return *boundary;
}

/// Walks from one delimiter – the boundary on a line of its own – to the next.
class Sections {
 public:
  Sections(std::string_view body, const std::string& boundary)
      : rest_(body), delimiter_(std::string(line_break) + "--" + boundary) {}

  /// Passes over what stands before the first delimiter. False when there is none.
  bool begin() {
    const std::string_view at_once = std::string_view(delimiter_).substr(line_break.size());
    if (rest_.starts_with(at_once) && ends_delimiter(rest_.substr(at_once.size()))) return true;
    return next().has_value();
  }

  /// All up to the next delimiter; nothing when none follows.
  std::optional<std::string_view> next() {
    for (std::size_t at = rest_.find(delimiter_); at != std::string_view::npos;
         at = rest_.find(delimiter_, at + 1)) {
      const std::string_view section = rest_.substr(0, at);
      if (ends_delimiter(rest_.substr(at + delimiter_.size()))) return section;
    }
    return std::nullopt;
  }

  /// Whether the last delimiter was the one that ends the whole.
  [[nodiscard]] bool at_end() const { return at_end_; }

 private:
  /// Whether the line ends here, and not with further letters: then it begins with the boundary by chance.
  bool ends_delimiter(std::string_view behind) {
    const bool last = behind.starts_with("--");
    if (last) behind.remove_prefix(2);
    while (!behind.empty() && (behind.front() == ' ' || behind.front() == '\t')) behind.remove_prefix(1);
    const bool line_ends = behind.starts_with(line_break);
    if (!line_ends && !(last && behind.empty())) return false;
    at_end_ = last;
    rest_ = line_ends ? behind.substr(line_break.size()) : behind;
    return true;
  }

  std::string_view rest_;
  const std::string delimiter_;
  bool at_end_ = false;
};

struct PartHead {
  std::optional<std::string> disposition;
  bool encoded = false;  ///< the content is something else than the bytes that are meant
};

tl::expected<PartHead, std::string> read_head(std::string_view head) {
  PartHead read;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find(line_break), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + line_break.size(), head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Fault("A part of the form has a header without a colon");
    const std::string name = lower_ascii(line.substr(0, colon));
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (name == "content-disposition") {
      if (read.disposition) return Fault("A part of the form has more than one Content-Disposition");
      read.disposition = std::string(value);
    } else if (name == "content-transfer-encoding") {
      const std::string encoding = lower_ascii(value);
      read.encoded = encoding != "binary" && encoding != "8bit" && encoding != "7bit";
    }
  }
  return read;
}

tl::expected<FormPart, std::string> read_part(std::string_view section) {
  const bool no_head = section.starts_with(line_break);
  const std::size_t head_end = no_head ? 0 : section.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return Fault("A part of the form has no end of its headers");
  if (head_end > max_part_head) return Fault("The headers of a part of the form are too large");
  auto head = read_head(section.substr(0, head_end));
  if (!head) return Fault(std::move(head.error()));
  const std::string disposition = head->disposition.value_or("");
  const std::string kind =
      lower_ascii(trim_blanks(std::string_view(disposition).substr(0, disposition.find(';'))));
  auto name = Parameters::value_of(disposition, "name");
  if (kind != "form-data" || !name) {
    return Fault("A part of the form has no Content-Disposition of the kind form-data with one name");
  }
  if (head->encoded) return Fault("A part of the form has a Content-Transfer-Encoding: send its bytes");
  FormPart part;
  part.name = std::move(*name);
  part.is_file = Parameters::value_of(disposition, "filename").has_value();
  part.content = section.substr(head_end + (no_head ? line_break.size() : 4));
  return part;
}

}  // namespace

tl::expected<std::vector<FormPart>, std::string> read_form(std::string_view content_type,
                                                           std::string_view body) {
  const auto boundary = boundary_of(content_type);
  if (!boundary) return Fault(boundary.error());
  Sections sections(body, *boundary);
  if (!sections.begin()) return Fault("The boundary of the form is not in the body");
  std::vector<FormPart> parts;
  while (!sections.at_end()) {
    const auto section = sections.next();
    if (!section) return Fault("The form ends in the middle: its last boundary is missing");
    if (parts.size() == max_form_parts) return Fault("The form has too many parts");
    auto part = read_part(*section);
    if (!part) return Fault(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  return parts;
}

}  // namespace unmuted::net

#include "services/openai/multipart.hpp"

#include <algorithm>
#include <cstddef>

namespace unmuted::openai {

void MultipartForm::add(std::string_view name, std::string_view value) {
  parts_.push_back(
      {"Content-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n", std::string(value)});
}

void MultipartForm::add_file(std::string_view name, std::string_view filename, std::string_view media_type,
                             std::string_view content) {
  std::string head = "Content-Disposition: form-data; name=\"" + std::string(name) + "\"; filename=\"" +
                     std::string(filename) + "\"\r\nContent-Type: " + std::string(media_type) + "\r\n\r\n";
  parts_.push_back({std::move(head), std::string(content)});
}

/// The first of a row that stands in no part.
std::string MultipartForm::boundary() const {
  for (std::size_t number = 0;; ++number) {
    std::string boundary = "unmuted-part-" + std::to_string(number);
    const auto has_it = [&](const Part& part) { return part.content.find(boundary) != std::string::npos; };
    if (std::none_of(parts_.begin(), parts_.end(), has_it)) return boundary;
  }
}

std::string MultipartForm::content_type() const {
  return "multipart/form-data; boundary=" + boundary();
}

std::string MultipartForm::body() const {
  const std::string line = "--" + boundary();
  std::string body;
  for (const Part& part : parts_) body.append(line).append("\r\n" + part.head).append(part.content + "\r\n");
  return body.append(line).append("--\r\n");
}

}  // namespace unmuted::openai

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unmuted::openai {

/// A form as multipart/form-data (RFC 7578).
class MultipartForm {
 public:
  /// `name`, as `filename` and `media_type` below, are ours: without quotes and line breaks. The value may be
  /// any bytes.
  void add(std::string_view name, std::string_view value);
  void add_file(std::string_view name, std::string_view filename, std::string_view media_type,
                std::string_view content);

  /// For the header Content-Type.
  [[nodiscard]] std::string content_type() const;
  [[nodiscard]] std::string body() const;

 private:
  struct Part {
    std::string head, content;
  };

  [[nodiscard]] std::string boundary() const;

  std::vector<Part> parts_;
};

}  // namespace unmuted::openai

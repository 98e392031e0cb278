#pragma once

#include <string>
#include <vector>

namespace unmuted::test {

struct SourceFile {
  std::string path;
  std::string text;
};

/// An error code that is written in a source.
struct CodeUse {
  std::string code;
  std::string place;  ///< file:line
};

/// Every error code in these sources: every text that looks like one and stands where a code stands.
///
/// - as an argument for a parameter `code` of a function, and as the member `code` of an aggregate
///   (`fail("x", …)`, `Error{"x", …}`, `.code = "x"`), wherever in the argument it is (`full ? "x" : "y"`);
/// - compared with a `code`, or assigned to one;
/// - first of three values in braces without a type (`return {"some_code", message, ""}`);
/// - in a constant that is named at one of these places, or returned by a function whose name ends in `code`.
std::vector<CodeUse> codes_in(const std::vector<SourceFile>& files);

}  // namespace unmuted::test

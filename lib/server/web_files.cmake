# Writes the source that web_files.hpp gets the files of web/ from: a string literal each, for which no compiler takes
# long, whatever bytes there are.
#   cmake -D FOLDER=<web> -D "NAMES=<names in it>" -D OUTPUT=<source> -P web_files.cmake
set(entries "")
foreach(name IN LISTS NAMES)
  if(NOT name MATCHES "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$")
    message(FATAL_ERROR "web/${name} could not be asked for: its name may have letters, digits, '-', '_' and '.'")
  endif()
  file(READ ${FOLDER}/${name} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  string(APPEND entries "    {\"${name}\", {\"${bytes}\", ${size}}},\n")
endforeach()
file(WRITE ${OUTPUT} "#include <array>

#include \"server/web_files.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace unmuted {

std::span<const BuiltInFile> built_in_files() {
  static constexpr auto files = std::to_array<BuiltInFile>({
${entries}  });
  return files;
}

}  // namespace unmuted
")

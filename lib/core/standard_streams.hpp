#pragma once

#include <string_view>

namespace unmuted {

/// Opens something in place of each standard stream that is closed, for its number would go to the next file
/// or socket that is opened, and what is printed would go there: /dev/null, but for stdout /dev/full, so that
/// writing a result fails as it should. First thing in main().
void open_missing_streams();

/// `exit_code`, once all that was printed has arrived; 2, and a line on stderr, when stdout took not all of
/// it: a report that is not there must not look like success. Last thing in main(). `program` names it in the
/// line.
int exit_code_after_output(std::string_view program, int exit_code);

}  // namespace unmuted

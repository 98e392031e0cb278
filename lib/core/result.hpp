#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace unmuted {

/// An expected failure, as a value. Exceptions are for bugs and for what libraries throw.
struct Error {
  std::string code;     ///< stable, listed in docs/errors.md
  std::string message;  ///< one sentence for a person: what is wrong, and with what
  std::string where;    ///< the place: a path, `file:line`, a field; empty when the message says it
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail("code", "message");` from any function that returns a Result.
inline tl::unexpected<Error> fail(std::string code, std::string message, std::string where = {}) {
  return tl::unexpected<Error>(Error{std::move(code), std::move(message), std::move(where)});
}

}  // namespace unmuted

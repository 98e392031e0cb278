#pragma once

namespace unmuted {

/// One callable of several, for std::visit: which of them is called, the type of its argument says.
template <class... Callables>
struct Overloaded : Callables... {
  using Callables::operator()...;
};
template <class... Callables>
Overloaded(Callables...) -> Overloaded<Callables...>;

}  // namespace unmuted

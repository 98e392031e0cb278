#pragma once

// The few Asio headers that our own headers need; never <boost/asio.hpp>.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace unmuted::net {

namespace asio = boost::asio;
using asio::awaitable;

/// Completion token of every asynchronous operation here: errors come back as values.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace unmuted::net

// SPDX-License-Identifier: MIT
#include "connection_race.hpp"

// Each attempt is a task of one group. The body of the group starts them one by one, and between two waits for news (an attempt has
// failed) or for the delay to pass. The attempt that succeeds first keeps its socket here and ends the group, so that the body and
// the others are cancelled and awaited.

#include "../../io/ops/connect.hpp"
#include "../sync/event.hpp"
#include "../timeout.hpp"
#include "../with_task_group.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace halka::detail {

namespace {

struct connection_race {
  std::vector<socket_address> const& addresses;
  connection_options const& options;
  std::source_location opened_at;
  std::vector<std::exception_ptr> failures;  // by address
  unique_fd winner;
  event news;
};

task<> attempt(connection_race& r, std::size_t index, task_group& group) {
  try {
    unique_fd fd = co_await connect_to(r.addresses[index], r.options, r.opened_at);
    if (!r.winner) r.winner = std::move(fd);  // two may arrive in one pass
    group.cancel();
  } catch (std::system_error const&) {
    r.failures[index] = std::current_exception();
  }
  r.news.set();
}

task<> wait_for_news(connection_race& r) {
  try {
    co_await wait_for(r.news.wait(), r.options.attempt_delay);
  } catch (timeout_error const&) {
  }
}

task<> start_attempts(connection_race& r, task_group& group) {
  for (std::size_t i = 0; i < r.addresses.size(); ++i) {
    if (i > 0) co_await wait_for_news(r);
    r.news.clear();
    group.create_task(attempt(r, i, group), {.name = "connect " + r.addresses[i].to_string()});
  }
}

/// Throws all failures as one, with the code of the first.
[[noreturn]] void throw_failures(connection_race const& r, std::string const& what) {
  std::string text = "connect" + what + ": all " + std::to_string(r.failures.size()) + " addresses failed (";
  std::error_code first;
  for (std::exception_ptr const& failure : r.failures) {
    try {
      std::rethrow_exception(failure);
    } catch (std::system_error const& e) {
      if (!first)
        first = e.code();
      else
        text += "; ";
      text += e.what();
    }
  }
  throw std::system_error(first, text + ")");
}

/// A port of this machine on which nobody listens may be given to the very socket that connects to it, and then it is connected to
/// itself.
bool is_connected_to_itself(unique_fd const& fd, socket_address const& peer) noexcept {
  return peer.is_ip() && socket_address::local_of(fd.get()) == peer;
}

}  // namespace

task<unique_fd> connect_to(socket_address to, connection_options options, std::source_location here) {
  unique_fd fd = io::make_socket(to.family(), io::socket_kind::stream, here);
  if (to.is_ip()) {
    if (options.no_delay) io::set_no_delay(fd.get(), true);
    if (options.keep_alive) io::set_keep_alive(fd.get(), true, options.keep_alive_probes);
  }
  if (options.send_buffer > 0) io::set_send_buffer(fd.get(), options.send_buffer);
  if (options.receive_buffer > 0) io::set_receive_buffer(fd.get(), options.receive_buffer);
  if (options.local.is_set()) {
    if (options.local.port() == 0) io::set_late_port(fd.get());
    io::bind(fd.get(), options.local);
  }
  co_await io::connect(fd.get(), to);
  if (is_connected_to_itself(fd, to)) throw_io_error(ECONNREFUSED, "connect " + to.to_string());
  co_return fd;
}

task<unique_fd> connect_to_any(std::vector<socket_address> addresses, std::string what, connection_options options,
                               std::source_location here) {
  if (options.local.is_set()) {
    std::erase_if(addresses, [&](socket_address const& a) { return a.family() != options.local.family(); });
    if (addresses.empty()) throw_io_error(EAFNOSUPPORT, "connect" + what + " from " + options.local.to_string());
  }
  if (addresses.size() == 1) {
    unique_fd only = co_await connect_to(addresses.front(), options, here);
    co_return only;
  }
  addresses = interleaved(addresses);
  connection_race r{addresses, options, here, std::vector<std::exception_ptr>(addresses.size()), unique_fd(), {}};
  auto const body = [&r](task_group& group) { return start_attempts(r, group); };
  co_await with_task_group(body);
  if (!r.winner) throw_failures(r, what);
  co_return std::move(r.winner);
}

std::vector<socket_address> interleaved(std::vector<socket_address> const& addresses) {
  std::vector<socket_address> first;
  std::vector<socket_address> second;
  for (socket_address const& a : addresses) (a.family() == addresses.front().family() ? first : second).push_back(a);
  std::vector<socket_address> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace halka::detail

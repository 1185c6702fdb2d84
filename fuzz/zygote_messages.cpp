// SPDX-License-Identifier: MIT
// Both sides of the socket between a program and its zygote, without processes: requests and answers of any bytes and descriptors.
#include "descriptors.hpp"
#include "processes.hpp"

#include <halka/halka.hpp>
#include <halka/runtime/child/arrived_message.hpp>
#include <halka/runtime/child/child_description.hpp>
#include <halka/runtime/child/zygote_protocol.hpp>

#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace halka::fuzz {

namespace {

using namespace zygote_protocol;

int main_of_child(message_reader&) { return 0; }

/// A description as it is written in an environment of one variable.
std::vector<std::byte> description() {
  static char variable[] = "FUZZ=1";
  static char* variables[] = {variable, nullptr};
  char** const own = std::exchange(environ, variables);
  message_writer out;
  detail::write_description(out, {.main = main_of_child, .name = "fuzz", .standard_output = -1, .standard_error = -1}, -1);
  environ = own;
  return {out.bytes().begin(), out.bytes().end()};
}

/// One datagram there, and what comes of it.
detail::passed_message passed(packet_sockets const& way, std::span<std::byte const> datagram, std::vector<unique_fd> const& fds,
                              std::vector<std::byte>& buffer) {
  std::vector<int> numbers;
  for (unique_fd const& fd : fds) numbers.push_back(fd.get());
  iovec const part{const_cast<std::byte*>(datagram.data()), datagram.size()};
  int const error = detail::send_with_descriptors(way.a.get(), std::span(&part, 1), numbers);
  must(error == 0, "a datagram cannot be sent");
  detail::passed_message m = detail::receive_with_descriptors(way.b.get(), buffer);
  must(m.error == 0 && m.size == std::min(datagram.size(), buffer.size()) && m.descriptors.size() == fds.size(), "a datagram");
  return m;
}

/// What the zygote does with it, up to the point where it would fork, and what the child does until it becomes another.
void take_request(std::span<std::byte const> datagram, std::vector<unique_fd>& descriptors, bool honest) {
  request r;
  if (!read_request(datagram, r)) return must(!honest, "a request was refused");
  std::span<unique_fd> all = descriptors;
  try {
    detail::arrived_message self(r.self, datagram, all);
    detail::arrived_message arguments(r.arguments, datagram, all);
    detail::child_description const told = detail::read_description(self.reader());
    std::string text;
    arguments.reader()(text);
    if (honest) must(told.name == "fuzz" && told.main.resolve<int(message_reader&)>() == main_of_child, "a description");
  } catch (message_error const&) {
    must(!honest, "a request was not understood");
  } catch (std::system_error const&) {
    must(!honest, "a request was not understood");  // a descriptor in place of a memfd
  }
}

void request_something(input& in, packet_sockets const& way, descriptor_maker& descriptors) {
  bool const honest = in.below(4) == 0;
  std::vector<std::byte> self = description();
  message_writer arguments;
  arguments(in.text(in.below(64)));
  request r;
  r.self.size = self.size();
  r.arguments.size = arguments.size();
  if (!honest) {
    for (unsigned n = in.below(4); n > 0; --n) self[in.byte() % self.size()] = std::byte{in.byte()};
    for (unsigned n = in.below(4); n > 0; --n) reinterpret_cast<unsigned char*>(&r)[in.below(sizeof r)] = in.byte();
  }
  std::vector<std::byte> datagram(sizeof r);
  std::memcpy(datagram.data(), &r, sizeof r);
  datagram.insert(datagram.end(), self.begin(), self.end());
  datagram.insert(datagram.end(), arguments.bytes().begin(), arguments.bytes().end());
  if (!honest && in.below(4) == 0) datagram.resize(1 + in.byte());
  std::vector<std::byte> buffer(!honest && in.below(8) == 0 ? 16 : largest_datagram);
  std::vector<unique_fd> const fds = descriptors.some(in, honest ? 0 : in.below(4));
  detail::passed_message m = passed(way, datagram, fds, buffer);
  take_request(std::span(buffer).first(m.size), m.descriptors, honest);
}

void answer_something(input& in, packet_sockets const& way, descriptor_maker& descriptors) {
  answer sent{.error = static_cast<std::int32_t>(in.below(3)), .pid = in.byte()};
  bool const honest = in.below(2) == 0;
  if (!honest) sent.version = static_cast<std::uint32_t>(in.number());
  std::array<std::byte, 2 * sizeof sent> bytes{};
  std::memcpy(bytes.data(), &sent, sizeof sent);
  std::vector<unique_fd> const fds = descriptors.some(in, in.below(4));
  std::vector<int> numbers;
  for (unique_fd const& fd : fds) numbers.push_back(fd.get());
  iovec const part{bytes.data(), honest ? sizeof sent : in.below(bytes.size())};
  must(detail::send_with_descriptors(way.a.get(), std::span(&part, 1), numbers) == 0, "an answer cannot be sent");
  answer got;
  detail::passed_message const m = receive_answer(way.b.get(), got);
  must(m.descriptors.size() == fds.size(), "the descriptors of an answer");
  if (honest) must(got.error == sent.error && got.pid == sent.pid, "an answer");
  if (!honest) must(got.error != 0 || part.iov_len == sizeof sent, "an answer of another size");
}

}  // namespace

void talk_with_zygote(input& in) {
  packet_sockets const way;
  descriptor_maker descriptors;
  while (!in.ended()) {
    if (in.below(4) == 0)
      answer_something(in, way, descriptors);
    else
      request_something(in, way, descriptors);
  }
}

}  // namespace halka::fuzz

// SPDX-License-Identifier: MIT
// A process that shares a queue, or sends objects to share, and writes there what it likes.
#include "../support/descriptors.hpp"

#include <halka/halka.hpp>
#include <halka/runtime/message/message_store.hpp>
#include <halka/runtime/shared/shared_page.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdint>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

constexpr std::uint64_t most = ~std::uint64_t{0};

/// The file in which a queue lies, open once more.
unique_fd memory_of(process_queue<std::string> const& q) {
  message_writer out;
  q.save(out);
  return unique_fd(fcntl(out.descriptors()[0], F_DUPFD_CLOEXEC, 0));
}

void write_number(unique_fd const& file, std::size_t where, std::uint64_t number) {
  REQUIRE(pwrite(file.get(), &number, sizeof number, static_cast<off_t>(where)) == sizeof number);
}

}  // namespace

TEST_CASE("an item whose length cannot be is not believed", "[process][process_queue][security]") {
  std::uint64_t const length = GENERATE(as<std::uint64_t>(), 9, 100, 5000, 1U << 20, std::uint64_t{1} << 40, most);
  process_queue<std::string> q;
  q.put_nowait("a");  // 9 bytes: its length, and itself
  unique_fd const file = memory_of(q);
  write_number(file, detail::shared_page::size, length);
  if (length == 9) {
    CHECK(q.get_nowait() == "a");
    return;
  }
  CHECK_THROWS_AS(q.get_nowait(), message_error);
  write_number(file, detail::shared_page::size, 9);
  CHECK(q.get_nowait() == "a");
}

TEST_CASE("a queue that ends before it begins, or inside of an item, is not believed", "[process][process_queue][security]") {
  constexpr std::size_t first_copy = 64, second_copy = first_copy + detail::shared_page::room;
  process_queue<std::string> q;
  q.put_nowait("a");
  unique_fd const file = memory_of(q);
  auto const lie = [&](std::size_t field, std::uint64_t number) {
    for (std::size_t const copy : {first_copy, second_copy}) write_number(file, copy + field * sizeof number, number);
  };
  auto const [begin, end] = GENERATE(table<std::uint64_t, std::uint64_t>(
      {{0, 0}, {0, 1}, {0, 7}, {0, 8}, {0, 16}, {18, 17}, {most - 7, most}, {most - 3000, most}}));
  lie(0, begin);
  lie(1, end);
  CHECK_THROWS_AS(q.get_nowait(), message_error);
  lie(0, 0);
  lie(1, 17);
  CHECK(q.get_nowait() == "a");
}

TEST_CASE("a received object with a descriptor that might block is refused", "[process][process_event][security]") {
  bool const blocks = GENERATE(true, false);
  unique_fd const flag(eventfd(0, EFD_CLOEXEC | (blocks ? 0 : EFD_NONBLOCK)));
  message_writer out;
  out(flag);
  std::vector<unique_fd> fds;
  fds.emplace_back(fcntl(flag.get(), F_DUPFD_CLOEXEC, 0));
  message_reader in(out.bytes(), fds);
  process_event e;
  if (blocks) {
    CHECK_THROWS_AS(in(e), message_error);
  } else {
    in(e);
    e.clear();  // would wait for ever
    CHECK_FALSE(e.is_set());
  }
}

TEST_CASE("what is longer than a message may be is refused, not cut", "[process][process_pipe][security]") {
  auto [receiver, sender] = make_one_way_process_pipe<char>();
  message_writer out;
  sender.save(out);
  std::size_t const limit = detail::message_store::most_in_block;
  std::size_t const size = GENERATE_COPY(limit, limit + 1);
  std::string const datagram(2 * sizeof(std::uint32_t) + size, '\0');  // an empty header: neither large nor with descriptors
  REQUIRE(send(out.descriptors()[0], datagram.data(), datagram.size(), 0) == static_cast<ssize_t>(datagram.size()));
  if (size == limit)
    CHECK(receiver.try_receive() == '\0');
  else
    CHECK_THROWS_AS(receiver.try_receive(), message_error);
  CHECK_FALSE(receiver.can_receive());
}

// SPDX-License-Identifier: MIT
#include <halka/runtime/pool/record_ring.hpp>
#include <halka/runtime/pool/wake_word.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace halka::detail;

namespace {

struct small_ring {
  ring_positions positions;
  alignas(64) std::array<std::byte, 1024> memory{};
  ring_writer writer{positions, memory};
  ring_reader reader{positions, memory};

  /// A record with `size` bytes that all are `number`; false if there is no room.
  bool write(std::uint64_t number, std::size_t size) {
    record* const r = writer.reserve(size);
    if (!r) return false;
    r->number = number;
    std::memset(r->bytes(), static_cast<int>(number), size);
    writer.publish();
    return true;
  }
  /// The size of the next record with that number and those bytes; -1 if it is none.
  long read(std::uint64_t number) {
    record* const r = reader.front();
    if (!r || r->number != number) return -1;
    std::size_t const size = r->size;
    if (!reader.holds(size)) return -1;
    for (std::size_t i = 0; i < size; ++i)
      if (r->bytes()[i] != static_cast<std::byte>(number)) return -1;
    reader.pop(size);
    return static_cast<long>(size);
  }
};

}  // namespace

TEST_CASE("records come out as they went in, whatever their sizes, also where the memory ends", "[process][pool]") {
  small_ring ring;
  std::uint64_t written = 0, read = 0;
  for (std::size_t step = 0; step < 5000; ++step) {
    std::size_t const size = step * 37 % 400;
    while (!ring.write(written, size)) {
      REQUIRE(ring.read(read) == static_cast<long>(read * 37 % 400));
      ++read;
    }
    ++written;
  }
  while (read < written) {
    REQUIRE(ring.read(read) == static_cast<long>(read * 37 % 400));
    ++read;
  }
  CHECK(ring.reader.front() == nullptr);
  CHECK(ring.reader.empty());
}

TEST_CASE("a record is taken back, or begun, and never both", "[process][pool]") {
  small_ring ring;
  std::uint64_t const first = ring.writer.position();
  ring.write(1, 8);
  std::uint64_t const second = ring.writer.position();
  ring.write(2, 8);
  CHECK(ring.reader.front()->begin());
  CHECK_FALSE(ring.writer.take_back(first));
  CHECK(ring.writer.take_back(second));
  CHECK_FALSE(ring.writer.take_back(second));
  ring.reader.pop(8);
  CHECK_FALSE(ring.reader.front()->begin());
  ring.reader.pop(8);
  CHECK_FALSE(ring.writer.take_back(first));  // its place may be another's
}

TEST_CASE("positions and sizes that cannot be are thrown as garbage", "[process][pool]") {
  small_ring ring;
  ring.write(1, 8);
  for (std::uint64_t const tail : {std::uint64_t{1} << 20, std::uint64_t{33}}) {
    ring.positions.tail = tail;
    ring_reader reader(ring.positions, ring.memory);
    CHECK_THROWS_AS(reader.front(), std::runtime_error);
  }
  ring.positions.tail = ring.writer.position();
  ring.reader.front()->size = 4000;
  CHECK_FALSE(ring.reader.holds(4000));
  ring.reader.front()->state = record_state::padding;
  CHECK_THROWS_AS(ring.reader.front(), std::runtime_error);
  for (std::uint64_t const head : {std::uint64_t{4096}, std::uint64_t{7}}) {
    ring.positions.head = head;
    CHECK_THROWS_AS(ring.writer.take_back(0), std::runtime_error);
  }
}

TEST_CASE("two threads exchange records over two rings, sleep and wake, and nothing is lost", "[process][pool][thread]") {
  constexpr std::uint64_t count = 20'000;
  small_ring requests, results;
  wake_word worker;
  std::thread serving([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      while (requests.reader.empty()) worker.sleep(wake_word::for_work, [&] { return !requests.reader.empty(); });
      record* const r = requests.reader.front();
      std::uint64_t const number = r->number;
      std::size_t const size = r->size;
      bool const mine = r->begin();
      requests.reader.pop(size);
      if (!mine) continue;
      while (!results.write(number, number % 100))
        worker.sleep(wake_word::for_room, [&] { return results.writer.reserve(number % 100) != nullptr; });
    }
  });
  std::vector<bool> answered(count);
  std::uint64_t taken_back = 0, read = 0, given = 0;
  std::uint64_t last = 0;
  while (read + taken_back < count) {
    if (given < count) {
      std::uint64_t const position = requests.writer.position();
      if (requests.write(given, given % 50)) {
        last = position;
        worker.wake(wake_word::for_work);
        if (++given % 7 == 0 && requests.writer.take_back(last)) ++taken_back;
      }
    }
    while (record* const r = results.reader.front()) {
      std::uint64_t const number = r->number;
      answered[number] = true;
      if (results.read(number) != static_cast<long>(number % 100)) FAIL("result " << number << " is torn");
      ++read;
      worker.wake(wake_word::for_room);
    }
  }
  serving.join();
  std::uint64_t answers = 0;
  for (bool const a : answered) answers += a;
  CHECK(answers == read);
  CHECK(read + taken_back == count);
}

TEST_CASE("who listens is told of the first thing that comes, once", "[process][pool]") {
  listen_word word;
  CHECK_FALSE(word.take());
  CHECK(word.listen([] { return false; }));
  CHECK(word.take());
  CHECK_FALSE(word.take());
  CHECK_FALSE(word.listen([] { return true; }));  // it is there already
  CHECK_FALSE(word.take());
}

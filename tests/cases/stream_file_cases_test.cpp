// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/files.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;

TEST_CASE("[STR-14] send_file between writes, from the file's position, which moves", "[cases][STR-14]") {
  scratch_directory dir;
  std::string const bytes = noise(100 * 1024);
  std::string const path = put(dir / "f", bytes);
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto [sender, peer] = make_stream_pair();
    file f = co_await open_file(path);
    auto receiving = spawn([&]() -> task<std::string> { return peer.read_all(); });
    co_await sender.write("A");
    co_await f.seek(1000);
    std::uint64_t const n = co_await send_file(sender, f, 5000);
    co_await sender.write("Z");
    co_await sender.close();
    std::string const got = co_await receiving;
    CHECK(n == 5000);
    CHECK(f.tell() == 6000);
    CHECK((got == "A" + bytes.substr(1000, 5000) + "Z"));
    co_await f.close();
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("[STR-14] send_file sends what was read ahead and what was not yet written, and nothing at the end", "[cases][STR-14]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "0123456789");
  run_real([&]() -> task<> {
    auto [sender, peer] = make_stream_pair();
    file f = co_await open_file(path, "r+");
    std::string const first = co_await f.read(2);
    CHECK(first == "01");
    std::uint64_t n = co_await send_file(sender, f, 3);
    CHECK(n == 3);
    std::string const next = co_await f.read(1);
    CHECK(next == "5");
    co_await f.seek(0, seek_from::end);
    n = co_await send_file(sender, f);
    CHECK(n == 0);
    co_await f.write("abc");
    co_await f.seek(9);
    n = co_await send_file(sender, f);
    CHECK(n == 4);
    n = co_await send_file(sender, f, 0);
    CHECK(n == 0);
    file status = co_await open_file("/proc/self/status");  // it cannot be sent inside of the kernel, and has no size
    n = co_await send_file(sender, status);
    CHECK(n > 100);
    CHECK(status.tell() == n);
    co_await sender.close();
    std::string const got = co_await peer.read_all();
    CHECK(got.starts_with("2349abcName:"));
    CHECK(got.size() == 7 + n);
    co_await status.close();
    co_await f.close();
  });
}

TEST_CASE("[STR-14] send_file fails when the peer closes in the middle", "[cases][STR-14]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", noise(4 << 20));
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto [sender, peer] = make_stream_pair();
    file f = co_await open_file(path);
    auto sending = spawn([&]() -> task<std::uint64_t> { return send_file(sender, f); });
    std::string const some = co_await peer.read_exactly(1024);
    CHECK(some.size() == 1024);
    co_await peer.close();
    int error = 0;
    try {
      co_await sending;
    } catch (std::system_error const& e) {
      error = e.code().value();
    }
    CHECK((error == EPIPE || error == ECONNRESET));
    CHECK(f.tell() == 0);  // nobody knows how much arrived
    co_await f.close();
  });
  CHECK(open_descriptors() == before);
}

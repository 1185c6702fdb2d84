// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A file without a name.
class temporary_file {
 public:
  explicit temporary_file(std::string_view content) {
    char path[] = "/tmp/halka-test-XXXXXX";
    file_ = descriptor(mkostemp(path, O_CLOEXEC));
    ::unlink(path);
    REQUIRE(::write(file_.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  }
  int fd() const noexcept { return file_.get(); }

 private:
  descriptor file_;
};

std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

task<std::uint64_t> send(stream& s, int file, std::uint64_t offset, std::uint64_t count) {
  return s.send_file(file, offset, count);
}

}  // namespace

TEST_CASE("a file that is sent arrives from its offset on, between the writes before and after", "[io][stream][send_file]") {
  std::string const content = numbers(1'000'000);
  temporary_file const file(content);
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto const sending = [&]() -> task<> {
      co_await a.write("before ");
      auto const sent = co_await a.send_file(file.fd(), 1000, 600'000);
      CHECK(sent == 600'000);
      co_await a.write(" after");
      auto const rest = co_await a.send_file(file.fd(), 999'990);
      CHECK(rest == 10);
      co_await a.write_eof();
    };
    auto task = spawn(sending);
    auto const got = co_await b.read_all();
    CHECK((got == "before " + content.substr(1000, 600'000) + " after" + content.substr(999'990)));
    co_await task;
    CHECK(a.statistics().bytes_sent == got.size());
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a file is sent through a socket with O_NONBLOCK that takes no more at the moment", "[io][stream][send_file]") {
  std::string const content = numbers(1'000'000);
  temporary_file const file(content);
  socket_pair const pair;
  std::string before;
  while (::write(pair.first.get(), "full", 4) == 4) before += "full";
  run_real([&]() -> task<> {
    stream a{unique_fd(dup(pair.first.get()))};
    stream b{unique_fd(dup(pair.second.get()))};
    auto sending = spawn(send, std::ref(a), file.fd(), 0, content.size());
    co_await sleep(5ms);  // time for the kernel, which fills a pipe first
    CHECK_FALSE(sending.done());
    auto const got = co_await b.read_exactly(before.size() + content.size());
    CHECK((got == before + content));
    auto const sent = co_await sending;
    CHECK(sent == content.size());
  });
}

TEST_CASE("a file can be cancelled while it is sent, and the stream tells how much of it went", "[io][stream][send_file][cancel]") {
  std::string const content = numbers(3'000'000);
  temporary_file const file(content);
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto sending = spawn(send, std::ref(a), file.fd(), 0, content.size());
    // Until nothing more fits in. Only the kernel knows when that is, so this waits for wall time.
    std::uint64_t sent = ~std::uint64_t{0};
    while (sent != a.statistics().bytes_sent) {
      sent = a.statistics().bytes_sent;
      co_await sleep(20ms);
    }
    CHECK_FALSE(sending.done());
    sending.cancel();
    std::string how = "none";
    try {
      co_await sending;
    } catch (...) {
      how = kind(std::current_exception());
    }
    CHECK(how == "cancelled_error");
    sent = a.statistics().bytes_sent;
    CHECK(sent > 0);
    CHECK(sent < content.size());
    auto writing = spawn([&]() -> task<> {
      co_await a.write(" next");
      co_await a.write_eof();
    });
    auto const got = co_await b.read_all();
    CHECK((got == content.substr(0, sent) + " next"));
    co_await writing;
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("sending a file to a peer that has gone fails with the name of the stream", "[io][stream][send_file]") {
  std::string const content = numbers(3'000'000);
  temporary_file const file(content);
  run_real([&]() -> task<> {
    auto [a, b] = make_stream_pair();
    auto sending = spawn(send, std::ref(a), file.fd(), 0, content.size());
    auto const first = co_await b.read_exactly(100'000);
    CHECK((first == content.substr(0, 100'000)));
    b.close();
    std::string said;
    try {
      co_await sending;
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said.starts_with("send a file to fd "));
    CHECK(said.ends_with("Broken pipe"));
  });
}

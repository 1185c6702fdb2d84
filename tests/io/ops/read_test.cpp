// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/files.hpp"
#include "../../support/fixture.hpp"

#include <halka/io/ops/read.hpp>
#include <halka/io/ops/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("an offset means nothing where there is no position", "[io][ops]") {
  pipe_pair const pipe;
  run_real([&]() -> task<> {
    std::size_t const written = co_await io::write(pipe.write_end.get(), const_buffer("bytes", 5), 100);
    CHECK(written == 5);
    char text[8];
    std::size_t const n = co_await io::read(pipe.read_end.get(), mutable_buffer(text, sizeof text), 7);
    CHECK(std::string(text, n) == "bytes");
    auto later =
        spawn([&]() -> task<std::size_t> { co_return co_await io::read(pipe.read_end.get(), mutable_buffer(text, 4), 0); });
    co_await settle();
    CHECK_FALSE(later.done());
    pipe.write("more");
    std::size_t const m = co_await later;
    CHECK(m == 4);
  });
}

TEST_CASE("a file of which a part is in memory is read as far as was asked for, also from where it stands", "[io][ops][file]") {
  scratch_directory const dir;
  constexpr int half = 1 << 23;  // more than is kept in one piece
  std::string const content = noise(2 * half);
  descriptor const f(open(put(dir / "file", content).c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(fsync(f.get()) == 0);
  // Where the file system keeps files on a disk, that is.
  REQUIRE(posix_fadvise(f.get(), half, half, POSIX_FADV_DONTNEED) == 0);
  run_real([&]() -> task<> {
    std::string text(content.size(), ' ');
    std::size_t const n = co_await io::read(f.get(), text);
    CHECK(n == content.size());
    CHECK((text == content));
  });
}

// SPDX-License-Identifier: MIT
#include "../support/cancel_in_passes.hpp"
#include "../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <exception>
#include <string>
#include <string_view>

using namespace halka;
using namespace halka::test;

TEST_CASE("an opening and a reading that are cancelled anywhere leave nothing open and lose nothing", "[io][file][cancel]") {
  scratch_directory dir;
  std::string const path = put(dir / "noise", noise(3 * file_state::block_size));
  std::size_t const cancelled = cancel_in_passes(
      [&]() -> task<> {
        file f = co_await open_file(path, "r+");
        std::string all = co_await f.read(100);
        std::exception_ptr error;
        try {
          all += co_await f.read(2 * file_state::block_size);
        } catch (...) {
          error = std::current_exception();
        }
        if (error) {
          CHECK(f.tell() == 100);  // nothing was taken
          std::rethrow_exception(error);
        }
        all += co_await f.read();
        CHECK((all == contents(path)));
        co_await f.close();
      },
      [] {});
  CHECK(cancelled > 0);
}

TEST_CASE("a writing that is cancelled anywhere has written a beginning, and close loses nothing", "[io][file][cancel]") {
  scratch_directory dir;
  std::string const path = dir / "f";
  std::string const text = noise(300'000);
  std::uint64_t told = 0;
  std::size_t const cancelled = cancel_in_passes(
      [&]() -> task<> {
        told = 0;
        file f = co_await open_file(path, "w");
        std::exception_ptr error;
        try {
          for (std::size_t i = 0; i < 10; ++i) co_await f.write(std::string_view(text).substr(i * 20'000, 20'000));
          co_await f.write(std::string_view(text).substr(200'000, 99'000));
          co_await f.write(std::string_view(text).substr(299'000));  // this one is left to close
        } catch (...) {
          error = std::current_exception();
        }
        told = f.tell();
        co_await f.close();
        if (error) std::rethrow_exception(error);
      },
      [&] {
        if (access(path.c_str(), F_OK) != 0) return;
        std::string const written = contents(path);
        CHECK(written.size() == told);
        CHECK((written == text.substr(0, told)));
        unlink(path.c_str());
      });
  CHECK(cancelled > 0);
}

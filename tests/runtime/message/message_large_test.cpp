// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/descriptors.hpp"
#include "copies.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include <numeric>
#include <system_error>

using namespace halka;
using namespace halka::test;

namespace {

template <class... Ts>
void read_back(message_writer const& out, Ts&... values) {
  message_reader in(unique_fd(dup(out.memory())));
  in(values...);
  CHECK(in.remaining() == 0);
}

}  // namespace

TEST_CASE("a message of up to 64 KiB lies in memory, a longer one in a memfd", "[message][large]") {
  message_writer out;
  std::string const text(64 * 1024 - 8, 'x');
  out(text);
  CHECK(out.size() == 64 * 1024);
  CHECK(out.memory() == -1);
  CHECK(out.bytes().size() == 64 * 1024);
  out('y');
  CHECK(out.size() == 64 * 1024 + 1);
  CHECK(out.bytes().empty());
  REQUIRE(out.memory() >= 0);
  CHECK((fcntl(out.memory(), F_GETFD) & FD_CLOEXEC) != 0);
  std::string read;
  char last = 0;
  read_back(out, read, last);
  CHECK(read == text);
  CHECK(last == 'y');
}

TEST_CASE("small values around large ones arrive in order", "[message][large]") {
  message_writer out;
  std::vector<int> numbers(300'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<std::string> const words(20'000, "some word");
  std::string const just(64 * 1024 - 1, 'j');
  out(1, numbers, std::string("between"), words, just, just, 2);
  CHECK(out.memory() == out.memory());
  out(3);  // also after somebody has asked for the memory
  int first = 0, second = 0, third = 0;
  std::vector<int> numbers_read;
  std::string between, just_read, just_again;
  std::vector<std::string> words_read;
  read_back(out, first, numbers_read, between, words_read, just_read, just_again, second, third);
  CHECK((first == 1 && second == 2 && third == 3));
  CHECK(numbers_read == numbers);
  CHECK(between == "between");
  CHECK(words_read == words);
  CHECK((just_read == just && just_again == just));
}

TEST_CASE("a large message that is cut off anywhere is refused", "[message][large]") {
  message_writer out;
  out(std::vector<int>(20'000), std::vector<std::string>(3000, "word"), 7);
  std::size_t const size = out.size();
  for (std::size_t length = 0; length < size; length += 997) {
    REQUIRE(ftruncate(out.memory(), 0) == 0);
    out.clear();
    out(std::vector<int>(20'000), std::vector<std::string>(3000, "word"), 7);
    REQUIRE(ftruncate(out.memory(), static_cast<off_t>(length)) == 0);
    message_reader in(unique_fd(dup(out.memory())));
    std::vector<int> numbers;
    std::vector<std::string> words;
    int seven = 0;
    CHECK_THROWS_AS(in(numbers, words, seven), message_error);
  }
}

TEST_CASE("a message that shrinks while it is read is refused", "[message][large]") {
  message_writer out;
  out(std::vector<int>(50'000), std::vector<int>(50'000));
  message_reader in(unique_fd(dup(out.memory())));
  std::vector<int> numbers;
  in(numbers);
  REQUIRE(ftruncate(out.memory(), 0) == 0);
  CHECK_THROWS_AS(in(numbers), message_error);
}

TEST_CASE("a writer lets go of the memfd", "[message][large]") {
  std::size_t const before = open_descriptors();
  {
    message_writer out;
    out(std::string(100'000, 'x'));
    CHECK(open_descriptors() == before + 1);
    out.clear();
    CHECK(open_descriptors() == before);
    out(std::string(100'000, 'x'));
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a large message for which there is no room says how large it is", "[message][large]") {
  auto const attempt = [](int resource, rlim_t limit) {
    std::signal(SIGXFSZ, SIG_IGN);
    message_writer out;
    std::string const text(1'000'000, 'x');
    rlimit const few{limit, limit};
    setrlimit(static_cast<__rlimit_resource_t>(resource), &few);
    try {
      out(text);
    } catch (std::system_error const& e) {
      std::string_view const what = e.what();
      return what.starts_with("message of ") && what.find(" bytes: ") != what.npos ? 0 : 1;
    }
    return 2;
  };
  CHECK(in_child([&] { return attempt(RLIMIT_NOFILE, 0); }).exit_code == 0);
  CHECK(in_child([&] { return attempt(RLIMIT_FSIZE, 100'000); }).exit_code == 0);
}

// SPDX-License-Identifier: MIT
#include <halka/runtime/message/sendable.hpp>
#include <halka/sched/task.hpp>

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

using namespace halka;

namespace {

struct with_function {
  int x = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x);
  }
};
struct without_function {
  int x;
};
struct empty {};
struct without_default : with_function {
  explicit without_default(int) {}
};
enum class plain_enum { a };

template <class... Ts>
constexpr bool all_sendable = (sendable<Ts> && ...);
template <class... Ts>
constexpr bool none_sendable = (!sendable<Ts> && ...);

}  // namespace

TEST_CASE("values of the program and of the standard library can be sent", "[message]") {
  STATIC_CHECK(all_sendable<int, bool, double, plain_enum, with_function, empty, unique_fd>);
  STATIC_CHECK(all_sendable<std::string, std::vector<with_function>, std::map<std::string, std::vector<std::pair<int, double>>>,
                            std::optional<unique_fd>, std::tuple<>, std::tuple<int, std::string>, std::array<std::string, 3>,
                            std::variant<std::monostate, int>, std::unique_ptr<with_function>, std::shared_ptr<std::string>,
                            std::chrono::nanoseconds, std::chrono::system_clock::time_point, std::complex<float>>);
}

TEST_CASE("what means nothing in another process cannot be sent, wherever it is", "[message]") {
  STATIC_CHECK(none_sendable<int*, int&, char const*, void (*)(), int with_function::*, std::reference_wrapper<int>>);
  STATIC_CHECK(none_sendable<std::string_view, std::span<int>, std::span<int const, 4>>);
  STATIC_CHECK(none_sendable<without_function, task<int>, std::function<void()>>);
  STATIC_CHECK(none_sendable<std::vector<int*>, std::vector<without_function>, std::optional<std::string_view>,
                             std::map<std::string, without_function>, std::tuple<int, char const*>,
                             std::unique_ptr<without_function>, std::vector<std::vector<std::pair<int, std::span<int>>>>>);
}

TEST_CASE("what is received must be made before it is filled", "[message]") { STATIC_CHECK(none_sendable<without_default, void>); }

// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "copies.hpp"

#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <cereal/types/polymorphic.hpp>

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace messages {

struct point {
  int x = 0;
  double y = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
  bool operator==(point const&) const = default;
};

struct split {
  std::string text;
  template <class Archive>
  void save(Archive& archive) const {
    archive(text + "!");
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(text);
  }
};

struct outside {
  int value = 0;
};
template <class Archive>
void serialize(Archive& archive, outside& o) {
  archive(o.value);
}

struct versioned {
  int value = 0;
  std::uint32_t seen = 0;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t version) {
    archive(value);
    seen = version;
  }
};

struct nothing {
  bool operator==(nothing const&) const = default;
};

enum class color : unsigned char { red, green };

struct shape {
  virtual ~shape() = default;
  virtual double area() const = 0;
};
struct square : shape {
  double side = 0;
  double area() const override { return side * side; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(side);
  }
};

}  // namespace messages

CEREAL_CLASS_VERSION(messages::versioned, 7)
CEREAL_REGISTER_TYPE(messages::square)
CEREAL_REGISTER_POLYMORPHIC_RELATION(messages::shape, messages::square)

using namespace messages;

TEST_CASE("numbers arrive as they were sent", "[message]") {
  CHECK(received(42) == 42);
  CHECK(received(std::numeric_limits<long>::min()) == std::numeric_limits<long>::min());
  CHECK(received(0.1) == 0.1);
  CHECK(received(true));
  CHECK_FALSE(received(false));
  CHECK(received('x') == 'x');
  CHECK(received(color::green) == color::green);
}

TEST_CASE("the standard library's types arrive as they were sent", "[message]") {
  using namespace std::chrono_literals;
  CHECK(received(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(received(std::u32string(U"äö")) == U"äö");
  CHECK(received(std::vector<double>{1, 2.5}) == std::vector<double>{1, 2.5});
  CHECK(received(std::vector<bool>{true, false, true}) == std::vector<bool>{true, false, true});
  CHECK(received(std::vector<std::string>{"", "b"}) == std::vector<std::string>{"", "b"});
  CHECK(received(std::array<int, 3>{1, 2, 3}) == std::array<int, 3>{1, 2, 3});
  CHECK(received(std::tuple(1, std::string("b"), 2.0)) == std::tuple(1, std::string("b"), 2.0));
  CHECK(received(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}}).at("a") == std::vector{1});
  CHECK(received(std::unordered_map<int, int>{{1, 2}}).at(1) == 2);
  CHECK(received(std::set<int>{3, 1}) == std::set<int>{1, 3});
  CHECK(received(std::deque<int>{3, 1}) == std::deque<int>{3, 1});
  CHECK(received(std::optional<int>(3)) == 3);
  CHECK(received(std::optional<std::string>()) == std::nullopt);
  CHECK(received(std::variant<std::monostate, int, std::string>("x")) == std::variant<std::monostate, int, std::string>("x"));
  CHECK(received(std::variant<std::monostate, int>()).index() == 0);
  CHECK(received(std::chrono::nanoseconds(5ms)) == 5ms);
  CHECK(received(std::complex<double>(1, 2)) == std::complex<double>(1, 2));
  CHECK(*received(std::make_unique<int>(5)) == 5);
  CHECK(received(std::unique_ptr<int>()) == nullptr);
}

TEST_CASE("a type is sent by whichever functions cereal takes", "[message]") {
  CHECK(received(point{1, 2}) == point{1, 2});
  CHECK(received(split{"a"}).text == "a!");
  CHECK(received(outside{4}).value == 4);
  CHECK(received(versioned{3}).seen == 7);
  CHECK(received(std::vector<point>{{1, 2}, {3, 4}}) == std::vector<point>{{1, 2}, {3, 4}});
}

TEST_CASE("an object is sent as what it is, not as what its pointer says", "[message]") {
  auto s = std::make_unique<square>();
  s->side = 3;
  std::unique_ptr<shape> const sent = std::move(s);
  CHECK(received(sent)->area() == 9);
}

TEST_CASE("a type without members can be sent, also many of them", "[message]") {
  CHECK(received(nothing()) == nothing());
  CHECK(received(std::vector<nothing>(5)).size() == 5);
  CHECK(received(std::vector<std::tuple<>>(3)).size() == 3);
}

TEST_CASE("an object that is shared arrives once", "[message]") {
  auto const one = std::make_shared<int>(3);
  auto const got = received(std::vector{one, one, std::make_shared<int>(3)});
  CHECK(got[0] == got[1]);
  CHECK(got[0] != got[2]);
  CHECK(*got[2] == 3);
}

TEST_CASE("a writer that is cleared knows nothing of the message before", "[message]") {
  auto const shared = std::make_shared<int>(3);
  message_writer out;
  out(shared, versioned{1}, std::string(100'000, 'x'));
  out.attach(0);
  CHECK(out.memory() >= 0);
  out.clear();
  CHECK(out.size() == 0);
  CHECK(out.bytes().empty());
  CHECK(out.descriptors().empty());
  CHECK(out.memory() == -1);
  out(shared, versioned{2});
  message_reader in(out.bytes());
  std::shared_ptr<int> pointer;
  versioned v;
  in(pointer, v);
  CHECK(*pointer == 3);
  CHECK(v.value == 2);
}

TEST_CASE("a vector of numbers takes its bytes and the number of elements", "[message]") {
  CHECK(message_of(std::vector<int>(100)).size() == 8 + 400);
  CHECK(message_of(1, 2.0, 'c').size() == 4 + 8 + 1);
}

TEST_CASE("a descriptor travels beside the bytes and is taken once", "[message]") {
  std::size_t const before = open_descriptors();
  {
    pipe_pair pipe;
    unique_fd const sent(dup(pipe.write_end.get()));
    message_writer out;
    out(unique_fd(), std::string("x"), sent);
    REQUIRE(out.descriptors().size() == 1);
    CHECK(out.descriptors()[0] == sent.get());
    std::vector<unique_fd> arrived;
    arrived.emplace_back(dup(out.descriptors()[0]));  // as a socket does
    message_reader in(out.bytes(), arrived);
    unique_fd none(dup(0)), got;
    std::string text;
    in(none, text, got);
    CHECK_FALSE(none.is_open());
    REQUIRE(got.is_open());
    CHECK(write(got.get(), "hi", 2) == 2);
    CHECK(pipe.read() == "hi");
    CHECK_THROWS_AS(in.take_descriptor(0), message_error);
    CHECK_THROWS_AS(in.take_descriptor(1), message_error);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("what cannot be attached is told", "[message]") {
  message_writer out;
  CHECK_THROWS_AS(out.attach(-1), std::logic_error);
  for (int i = 0; i < 250; ++i) out.attach(0);
  CHECK_THROWS_AS(out.attach(0), std::length_error);
}

// SPDX-License-Identifier: MIT
#include <halka/io/byte_queue.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <random>
#include <string>

using namespace halka;

TEST_CASE("a byte queue gives back what went in, in order", "[io][byte_queue]") {
  byte_queue q;
  CHECK(q.empty());
  CHECK(q.take(5).empty());
  q.append("hello ");
  q.append("");
  q.append("world");
  CHECK(q.text() == "hello world");
  CHECK(q.take(6) == "hello ");
  char memory[3];
  CHECK(q.take_into(memory) == 3);
  CHECK(std::string(memory, 3) == "wor");
  q.put_back("WOR");
  CHECK(q.text() == "WORld");
  q.drop(3);
  CHECK(q.take(100) == "ld");
  CHECK(q.empty());
}

TEST_CASE("a byte queue is filled in place", "[io][byte_queue]") {
  byte_queue q;
  q.append("ab");
  char* const room = q.reserve(1000);
  std::memcpy(room, "cd", 2);
  q.commit(2);
  CHECK(q.text() == "abcd");
  q.drop(4);
  q.put_back("x");
  CHECK(q.text() == "x");
}

TEST_CASE("a byte queue behaves like a string, whatever is done with it", "[io][byte_queue]") {
  std::mt19937 random(7);
  byte_queue q;
  std::string model;
  char next = 0;
  for (int step = 0; step < 20'000; ++step) {
    std::size_t const n = random() % 700;
    std::string bytes(n, '\0');
    switch (random() % 5) {
      case 0:
      case 1:
        for (char& c : bytes) c = next++;
        q.append(bytes);
        model += bytes;
        break;
      case 2:
        for (char& c : bytes) c = next++;
        q.put_back(bytes);
        model.insert(0, bytes);
        break;
      case 3:
        REQUIRE(q.take(n) == model.substr(0, n));
        model.erase(0, n);
        break;
      case 4:
        REQUIRE(q.take_into(bytes) == std::min(n, model.size()));
        model.erase(0, n);
        break;
    }
    REQUIRE(q.text() == model);
  }
}

// SPDX-License-Identifier: MIT
#include <halka/runtime/sync/item_ring.hpp>

#include "../../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

using namespace halka;
using namespace halka::test;

TEST_CASE("a ring of items gives them in order, whatever it grows to and wherever it begins", "[runtime][queue]") {
  detail::item_ring<std::unique_ptr<int>> ring;
  std::deque<int> model;
  std::uint32_t state = 1;
  bool right = true;
  for (int i = 0; i < 50'000; ++i) {
    state = state * 1664525 + 1013904223;
    // Mostly growing for a while, then mostly shrinking.
    bool const add = (state >> 16) % 8 < ((i / 10'000) % 2 == 0 ? 5u : 3u);
    if (model.empty() || add) {
      ring.add(std::make_unique<int>(i));
      model.push_back(i);
    } else {
      right = right && *ring.take() == model.front();
      model.pop_front();
    }
  }
  while (!model.empty()) {
    right = right && *ring.take() == model.front();
    model.pop_front();
  }
  CHECK(right);
}

TEST_CASE("a ring of items destroys what is left in it", "[runtime][queue]") {
  int const alive = counted::alive;
  {
    detail::item_ring<counted> ring;
    for (int i = 0; i < 3000; ++i) ring.add(counted(i));
    for (int i = 0; i < 3000; ++i) CHECK(ring.take().value == i);
    CHECK(counted::alive == alive);
    for (int i = 0; i < 5; ++i) ring.add(counted(i));
    ring.take();
    ring.clear();
    CHECK(counted::alive == alive);
    ring.add(counted(7));
    detail::item_ring<counted> const moved = std::move(ring);
    CHECK(counted::alive == alive + 1);
  }
  CHECK(counted::alive == alive);
}

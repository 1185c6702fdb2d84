// SPDX-License-Identifier: MIT
#include <halka/sched/frame_pool.hpp>

#include <halka/sched/compiler.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using namespace halka;

namespace {

/// Under a sanitizer the pool is off, so that uses after free are seen.
void skip_without_pool() {
  if (!this_frame_pool.caching) SKIP("the pool is off under a sanitizer");
}

}  // namespace

TEST_CASE("the pool is on unless a sanitizer watches", "[sched][frame_pool]") {
  CHECK(this_frame_pool.caching == !detail::sanitized);
}

TEST_CASE("the block that was freed last is given out first", "[sched][frame_pool]") {
  skip_without_pool();
  void* const a = allocate_frame(100);
  void* const b = allocate_frame(100);
  CHECK(a != b);
  free_frame(a, 100);
  free_frame(b, 100);
  CHECK(allocate_frame(100) == b);
  CHECK(allocate_frame(100) == a);
  free_frame(a, 100);
  free_frame(b, 100);
}

TEST_CASE("blocks are shared by the sizes of one class of 16 bytes and by no others", "[sched][frame_pool]") {
  skip_without_pool();
  void* const block = allocate_frame(97);
  free_frame(block, 97);
  void* const smaller = allocate_frame(96);
  CHECK(smaller != block);
  void* const larger = allocate_frame(113);
  CHECK(larger != block);
  void* const same = allocate_frame(112);
  CHECK(same == block);
  free_frame(smaller, 96);
  free_frame(larger, 113);
  free_frame(same, 112);
}

TEST_CASE("blocks of every size are aligned to 16 bytes and do not overlap", "[sched][frame_pool]") {
  struct block {
    unsigned char* begin;
    std::size_t size;
  };
  std::vector<block> blocks;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 1; size <= 2 * frame_pool::largest; size += 7) {
      auto* const begin = static_cast<unsigned char*>(allocate_frame(size));
      std::memset(begin, static_cast<int>(blocks.size() % 256), size);
      blocks.push_back({begin, size});
    }
  }
  bool aligned = true;
  bool intact = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto const [begin, size] = blocks[i];
    aligned = aligned && reinterpret_cast<std::uintptr_t>(begin) % 16 == 0;
    intact = intact && std::all_of(begin, begin + size, [i](unsigned char c) { return c == i % 256; });
  }
  CHECK(aligned);
  CHECK(intact);
  for (auto const& [begin, size] : blocks) free_frame(begin, size);
}

TEST_CASE("a thread that ends leaves its blocks to the next thread", "[sched][frame_pool]") {
  skip_without_pool();
  constexpr std::size_t size = 512;
  auto take_and_free = [] {
    std::set<void*> blocks;
    for (int i = 0; i < 10; ++i) blocks.insert(allocate_frame(size));
    for (void* block : blocks) free_frame(block, size);
    return blocks;
  };
  std::set<void*> first;
  std::set<void*> second;
  std::thread([&] { first = take_and_free(); }).join();
  std::thread([&] { second = take_and_free(); }).join();
  CHECK(first.size() == 10);
  CHECK(first == second);
}

TEST_CASE("a block may be freed by another thread, to which it then belongs", "[sched][frame_pool]") {
  skip_without_pool();
  void* const block = allocate_frame(200);
  std::thread([block] {
    free_frame(block, 200);
    CHECK(allocate_frame(200) == block);
    free_frame(block, 200);
  }).join();
  void* const other = allocate_frame(200);
  CHECK(other != block);
  free_frame(other, 200);
}

TEST_CASE("an object that is pooled is made and deleted in the pool", "[sched][frame_pool]") {
  skip_without_pool();
  struct node : pooled {
    int values[20] = {};
  };
  node* const a = new node;
  delete a;
  node* const b = new node;
  CHECK(a == b);
  delete b;
}

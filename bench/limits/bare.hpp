// SPDX-License-Identifier: MIT
#pragma once

// Coroutines with nothing around them: what the language and the memory cost, and no runtime can undercut. No names, no locations,
// no errors, no cancellation, no kernel.

#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

namespace bare {

/// Frames are taken from stacks of free blocks, one for each multiple of 16 bytes, and cut from chunks when there is none.
class frame_store {
 public:
  void* take(std::size_t size) {
    std::size_t const k = (size - 1) / step;
    if (void* const block = free_[k]) [[likely]] {
      free_[k] = *static_cast<void**>(block);
      return block;
    }
    return cut((k + 1) * step);
  }
  void give_back(void* block, std::size_t size) noexcept {
    std::size_t const k = (size - 1) / step;
    *static_cast<void**>(block) = free_[k];
    free_[k] = block;
  }

 private:
  static constexpr std::size_t step = 16;
  static constexpr std::size_t chunk = 256 * 1024;

  [[gnu::noinline]] void* cut(std::size_t size) {
    if (static_cast<std::size_t>(end_ - next_) < size) {
      next_ = static_cast<char*>(std::malloc(chunk));
      end_ = next_ + chunk;
    }
    return std::exchange(next_, next_ + size);
  }

  void* free_[64] = {};
  char* next_ = nullptr;
  char* end_ = nullptr;
};
inline constinit thread_local frame_store frames;

struct in_frame_store {
  static void* operator new(std::size_t size) { return frames.take(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frames.give_back(frame, size); }
};

/// First in, first out: a ring that doubles.
class ready_ring {
 public:
  void push(std::coroutine_handle<> h) {
    if (last_ - first_ > mask_) grow();
    slots_[last_++ & mask_] = h.address();
  }
  void run() {
    while (first_ != last_) std::coroutine_handle<>::from_address(slots_[first_++ & mask_]).resume();
  }

 private:
  [[gnu::noinline]] void grow() {
    std::vector<void*> larger(2 * (mask_ + 1));
    for (std::size_t i = first_; i != last_; ++i) larger[i & (larger.size() - 1)] = slots_[i & mask_];
    slots_ = std::move(larger);
    mask_ = slots_.size() - 1;
  }

  std::vector<void*> slots_ = std::vector<void*>(1024);
  std::size_t mask_ = 1023;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};
inline ready_ring ready;

struct never_throws {
  std::suspend_always initial_suspend() const noexcept { return {}; }
  void unhandled_exception() const noexcept { std::terminate(); }
};

/// Counts tasks that run, and resumes who waits for the last one.
struct group {
  std::size_t running = 0;
  std::coroutine_handle<> waiting = std::noop_coroutine();

  bool await_ready() const noexcept { return running == 0; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiting = h; }
  void await_resume() const noexcept {}
};

/// A coroutine that runs on its own and destroys itself in the end.
struct task {
  struct promise_type : in_frame_store, never_throws {
    group* owner = nullptr;

    task get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    struct last {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        group& joined = *h.promise().owner;
        h.destroy();
        if (--joined.running > 0) return std::noop_coroutine();
        return joined.waiting;
      }
      void await_resume() const noexcept {}
    };
    last final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
  };

  void start(group& owner) const {
    handle.promise().owner = &owner;
    ++owner.running;
    ready.push(handle);
  }
  std::coroutine_handle<promise_type> handle;
};

/// A child that is awaited once and yields a number.
class call {
 public:
  struct promise_type : in_frame_store, never_throws {
    std::size_t value = 0;
    std::coroutine_handle<> parent;

    call get_return_object() noexcept { return call(std::coroutine_handle<promise_type>::from_promise(*this)); }
    struct last {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept { return h.promise().parent; }
      void await_resume() const noexcept {}
    };
    last final_suspend() const noexcept { return {}; }
    void return_value(std::size_t v) noexcept { value = v; }
  };

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) const noexcept {
    handle_.promise().parent = parent;
    return handle_;
  }
  std::size_t await_resume() const noexcept {
    std::size_t const value = handle_.promise().value;
    handle_.destroy();
    return value;
  }

 private:
  explicit call(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

/// Lets the others run.
struct yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const { ready.push(h); }
  void await_resume() const noexcept {}
};

/// Runs a coroutine and what it starts, to the end.
inline void run(task main) {
  group all;
  main.start(all);
  ready.run();
}

}  // namespace bare

// SPDX-License-Identifier: MIT
#pragma once

// A function for every element of a range, in several workers.
//
// The elements go out in chunks, one call each. There is a window of chunks that are under way: when the first of it is there, its
// results go to the others, and elements for another chunk are taken from the range; so a range of any length is never in memory as
// messages. A worker stops a chunk at the first element that fails, so the first chunk with an error, in order, has the error of
// the first element. What lies behind it is dropped then.

#include "pool_call.hpp"

#include "../../sched/awaitable.hpp"
#include "../../sched/suspension.hpp"

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

struct map_options {
  std::optional<std::ptrdiff_t> chunk_size = std::nullopt;  // elements that go to a worker at once; else the pool chooses
};

namespace detail {

/// A function as an argument of a call.
template <class F>
struct sent_function {
  F function{};

  void save(message_writer& out) const {
    if constexpr (std::is_pointer_v<F>) out(code_address::of(function));
  }
  void load(message_reader& in) {
    if constexpr (std::is_pointer_v<F>) {
      code_address address;
      in(address);
      function = address.template resolve<std::remove_pointer_t<F>>();
    }
  }
};

template <class F, class T>
using map_result = typename remote_call<F, T>::result;
/// A `vector<bool>` has no place for a result of its own.
template <class R>
using map_results = std::conditional_t<std::is_void_v<R>, std::uint64_t, std::vector<R>>;

/// In a worker: the results of a chunk.
template <class F, class T>
map_results<map_result<F, T>> run_chunk(sent_function<F> f, std::vector<T>&& elements) {
  using R = map_result<F, T>;
  if constexpr (std::is_void_v<R>) {
    for (T& x : elements) f.function(std::move(x));
    return elements.size();
  } else {
    std::vector<R> results;
    results.reserve(elements.size());
    for (auto&& x : elements) results.push_back(f.function(static_cast<T>(std::move(x))));
    return results;
  }
}

/// How many elements the next chunk gets.
class HALKA_API chunk_sizes {
 public:
  /// *Errors*: `std::invalid_argument`.
  chunk_sizes(std::optional<std::ptrdiff_t> wanted, std::size_t workers, std::optional<std::size_t> elements);
  std::size_t next() noexcept;

 private:
  std::size_t size_;
  std::size_t left_ = 0;  // chunks until it grows; 0: it does not
  std::size_t workers_;
};

template <class F, class View>
class map_awaiter final : public own_awaiter, private suspension {
  using T = sent_t<std::ranges::range_value_t<View>>;
  using R = map_result<F, T>;
  using results = map_results<R>;

 public:
  map_awaiter(std::shared_ptr<pool_state> pool, F fn, View&& view, chunk_sizes sizes)
      : pool_(std::move(pool)), fn_(fn), view_(std::move(view)), next_(std::ranges::begin(view_)), sizes_(sizes) {}
  ~map_awaiter() { drop_chunks(); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    fill();
    if (error_) std::rethrow_exception(error_);
    if (chunks_.empty()) return false;
    suspended_ = true;
    task_->suspend_at(h.address(), location_of(h));
    task_->wait_on(*this);
    return true;
  }
  std::conditional_t<std::is_void_v<R>, void, results> await_resume() {
    if (suspended_) task_->check_cancelled();
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<R>) return std::move(results_);
  }

 private:
  using function = results (*)(sent_function<F>, std::vector<T>&&);
  class chunk final : public call_job<function, sent_function<F>, std::vector<T>> {
   public:
    chunk(map_awaiter& map, std::vector<T>&& elements)
        : call_job<function, sent_function<F>, std::vector<T>>(&run_chunk<F, T>, {sent_function<F>{map.fn_}, std::move(elements)}),
          map_(map) {}

   private:
    void tell() noexcept override { map_.advance(); }
    std::string name() const override { return call_name(map_.fn_); }
    map_awaiter& map_;
  };

  std::size_t window() const noexcept { return 4 * pool_->limit(); }

  /// Sends chunks until the window is full or the range is at its end.
  void fill() noexcept {
    try {
      while (chunks_.size() < window() && next_ != std::ranges::end(view_)) {
        std::vector<T> elements;
        for (std::size_t n = sizes_.next(); n > 0 && next_ != std::ranges::end(view_); --n, ++next_) elements.push_back(T(*next_));
        auto c = std::make_unique<chunk>(*this, std::move(elements));
        pool_->submit(*c);
        chunks_.push_back(std::move(c));
      }
    } catch (...) {
      stop(std::current_exception());
    }
  }

  void advance() noexcept {
    while (!chunks_.empty() && chunks_.front()->state() == pool_job::phase::ended) {
      try {
        if constexpr (std::is_void_v<R>) {
          chunks_.front()->take();
        } else {
          results part = chunks_.front()->take();
          if (results_.empty())
            results_ = std::move(part);
          else
            results_.insert(results_.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
        }
      } catch (...) {
        stop(std::current_exception());
        break;
      }
      chunks_.pop_front();
    }
    if (!error_) fill();
    if (chunks_.empty() && !std::exchange(woken_, true)) task_->wake();
  }

  void stop(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    drop_chunks();
  }
  /// The last first, so that dropping one does not let the next begin.
  void drop_chunks() noexcept {
    for (; !chunks_.empty(); chunks_.pop_back()) pool_->withdraw(*chunks_.back());
  }

  bool cancel(std::string_view) override {
    if (woken_) return false;
    drop_chunks();
    woken_ = true;
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { d.what = "calls in worker processes"; }

  std::shared_ptr<pool_state> pool_;
  [[no_unique_address]] F fn_;
  View view_;
  std::ranges::iterator_t<View> next_;
  chunk_sizes sizes_;
  std::deque<std::unique_ptr<chunk>> chunks_;
  std::conditional_t<std::is_void_v<R>, std::tuple<>, results> results_;
  std::exception_ptr error_;
  task_state* task_ = nullptr;
  bool suspended_ = false;
  bool woken_ = false;
};

}  // namespace detail

/// Calls in worker processes, to be awaited: what `process_pool::map` returns.
template <class F, class View>
class [[nodiscard("must co_await it: the calls are made when it is awaited")]] pool_map_operation {
 public:
  pool_map_operation(std::shared_ptr<detail::pool_state> pool, F fn, View && view, detail::chunk_sizes sizes)
      : pool_(std::move(pool)), fn_(fn), view_(std::move(view)), sizes_(sizes) {}

  detail::map_awaiter<F, View> operator co_await()&& {
    return detail::map_awaiter<F, View>(std::move(pool_), fn_, std::move(view_), sizes_);
  }

 private:
  std::shared_ptr<detail::pool_state> pool_;
  [[no_unique_address]] F fn_;
  View view_;
  detail::chunk_sizes sizes_;
};

}  // namespace halka

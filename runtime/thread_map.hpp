// SPDX-License-Identifier: MIT
#pragma once

// thread_pool::map. Some tasks walk along the range together, each with one call under way, so that neither calls nor tasks are
// made for more elements than can be under way at a time.

#include "../sched/compiler.hpp"
#include "../sched/task.hpp"
#include "../sched/worker_threads.hpp"
#include "as_task.hpp"
#include "gather.hpp"
#include "thread_job.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka::detail {

/// What `map` keeps of a range: a copy, or a reference to what cannot be copied.
template <class Range>
using kept_range_t = std::conditional_t<std::is_lvalue_reference_v<Range> && (std::is_array_v<std::remove_reference_t<Range>> ||
                                                                              !std::copy_constructible<std::remove_cvref_t<Range>>),
                                        std::ranges::ref_view<std::remove_reference_t<Range>>, std::remove_cvref_t<Range>>;

template <class F, class Range>
class thread_map {
 public:
  using result = thread_result_t<F, std::ranges::range_reference_t<Range>>;
  using value = value_or_monostate<std::remove_cvref_t<result>>;

  thread_map(worker_threads& workers, F& fn, Range& range)
      : workers_(workers), fn_(fn), next_(std::ranges::begin(range)), end_(std::ranges::end(range)) {}

  /// How many walk along: as many as can be under way, and enough to keep short calls coming.
  std::size_t walkers() const noexcept {
    std::size_t const queued = workers_.queue_limit() ? workers_.queue_limit() : std::max<std::size_t>(workers_.limit(), 64);
    return workers_.limit() + queued;
  }

  bool at_end() const { return next_ == end_; }

  task<> walk() {
    while (!at_end()) {
      std::size_t const place = results_.size();
      results_.emplace_back();
      auto call = make_thread_operation(workers_, worker_threads::when_full::wait, fn_, *next_);
      ++next_;
      if constexpr (std::is_void_v<result>) {
        co_await std::move(call);
        results_[place].emplace();
      } else {
        result made = co_await std::move(call);
        results_[place].emplace(std::forward<result>(made));
      }
    }
  }

  std::vector<value> take() {
    std::vector<value> values;
    values.reserve(results_.size());
    for (auto& r : results_)
      if (r) values.push_back(std::move(*r));  // all are there
    return values;
  }

 private:
  worker_threads& workers_;
  F& fn_;
  std::ranges::iterator_t<Range> next_;
  std::ranges::sentinel_t<Range> end_;
  std::vector<std::optional<value>> results_;
};

template <class F, class Range>
task<std::vector<typename thread_map<F, Range>::value>> map_on_threads(worker_threads& workers, F fn, Range range) {
  thread_map<F, Range> along(workers, fn, range);
  std::vector<task<>> walkers;
  std::size_t most = along.walkers();
  if constexpr (std::ranges::sized_range<Range>) most = std::min<std::size_t>(most, std::ranges::size(range));
  for (std::size_t i = 0; i < most && !along.at_end(); ++i) walkers.push_back(along.walk());
  co_await gather(std::move(walkers));
  co_return along.take();
}

}  // namespace halka::detail

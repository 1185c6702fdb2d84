// SPDX-License-Identifier: MIT
#pragma once

#include "call_name.hpp"
#include "pool_job.hpp"
#include "pool_state.hpp"

#include "../../sched/awaitable.hpp"
#include "../../sched/running.hpp"
#include "../../sched/suspension.hpp"
#include "../../sched/task_state.hpp"
#include "../message/remote_call.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// A call and what came of it.
template <class F, class... Args>
class call_job : public pool_job {
 public:
  using call = remote_call<F, Args...>;
  using result = typename call::result;

  call_job(F fn, std::tuple<Args...>&& args) : fn_(fn), args_(std::move(args)) {}

  /// The result, once.
  result take() {
    if (error()) std::rethrow_exception(error());
    if constexpr (!std::is_void_v<result>) {
      if (!result_) throw std::logic_error("a call was asked for its result before it had one");
      return std::move(*result_);
    }
  }

 private:
  void write(message_writer& out) const override {
    std::apply([&](Args const&... args) { call::write(out, fn_, args...); }, args_);
  }
  void read(message_reader& in) override {
    if constexpr (!std::is_void_v<result>) in(result_.emplace());
  }
  std::string name() const override { return call_name(fn_); }

  [[no_unique_address]] F fn_;
  [[no_unique_address]] std::tuple<Args...> args_;
  [[no_unique_address]] std::conditional_t<std::is_void_v<result>, std::tuple<>, std::optional<result>> result_;
};

template <class F, class... Args>
class call_awaiter final : public own_awaiter, private suspension, private call_job<F, Args...> {
  using job = call_job<F, Args...>;

 public:
  call_awaiter(std::shared_ptr<pool_state> pool, F fn, std::tuple<Args...>&& args)
      : job(fn, std::move(args)), pool_(std::move(pool)) {}
  ~call_awaiter() { pool_->withdraw(*this); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    pool_->submit(*this);  // it may throw, and then the task goes on
    task_->suspend_at(h.address(), location_of(h));
    task_->wait_on(*this);
  }
  typename job::result await_resume() {
    task_->check_cancelled();
    return job::take();
  }

 private:
  bool cancel(std::string_view) override {
    if (!pool_->cancel(*this)) return false;
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { d.what = "a call in a worker process"; }
  void tell() noexcept override { task_->wake(); }

  std::shared_ptr<pool_state> pool_;
  task_state* task_ = nullptr;
};

}  // namespace detail

/// A call in a worker process, to be awaited: what `process_pool::submit` returns.
template <class F, class... Args>
class [[nodiscard("must co_await it: the call is made when it is awaited")]] pool_operation {
 public:
  pool_operation(std::shared_ptr<detail::pool_state> pool, F fn, std::tuple<Args...> && args)
      : pool_(std::move(pool)), fn_(fn), args_(std::move(args)) {}

  detail::call_awaiter<F, Args...> operator co_await()&& {
    return detail::call_awaiter<F, Args...>(std::move(pool_), fn_, std::move(args_));
  }

 private:
  std::shared_ptr<detail::pool_state> pool_;
  [[no_unique_address]] F fn_;
  [[no_unique_address]] std::tuple<Args...> args_;
};

}  // namespace halka

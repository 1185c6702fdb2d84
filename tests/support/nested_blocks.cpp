// SPDX-License-Identifier: MIT
#include "nested_blocks.hpp"

#include "fixture.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace halka::test {

namespace {

/// Does something at a deadline, before any task of that pass runs.
class action : private timer {
 public:
  action(event_loop& loop, clock::time_point when, std::function<void()> act)
      : timer([](timer& t) { static_cast<action&>(t).act_(); }), loop_(loop), act_(std::move(act)) {
    loop.set_timer(*this, when);
  }
  ~action() { loop_.timers().remove(*this); }
  action(action const&) = delete;
  action& operator=(action const&) = delete;

 private:
  event_loop& loop_;
  std::function<void()> act_;
};

class slow_resource {
 public:
  slow_resource() noexcept {}
  task<> close() { co_await sleep(std::chrono::milliseconds(nested_blocks::closing)); }
};

class experiment {
 public:
  explicit experiment(nested_blocks const& b) : b_(b), ask_(b.kinds.size()), entered_by_(b.kinds.size()) {}

  task<> run() {
    begin_ = clock::now();
    if (b_.outside == 0) current_task().cancel("outside");
    self_ = current_task();
    std::string reason;
    try {
      co_await block(0);
      co_await sleep_until(at(2000));
      log_ += "went on ";
    } catch (cancelled_error const& e) {
      log_ += "cancelled ";
      reason = e.reason();
    }
    bool const right = reason.empty() || reason == "outside";
    log_ += right ? std::to_string(current_task().cancelling()) : "by " + reason;
    outside_.reset();
    self_ = {};
  }

  std::string const& log() const { return log_; }

 private:
  clock::time_point at(int ms) const { return begin_ + std::chrono::milliseconds(ms); }
  static std::unique_ptr<action> act_at(clock::time_point when, std::function<void()> act) {
    return std::make_unique<action>(get_running_loop(), when, std::move(act));
  }

  /// All who ask later are told when, in the order that is wanted.
  void tell_all() {
    std::size_t const n = b_.kinds.size();
    for (std::size_t k = 0; k <= n; ++k) {
      std::size_t const r = b_.inner_first ? n - k : k;
      if (r == 0) {
        if (b_.outside > 0) outside_ = act_at(at(b_.outside), [this] { self_.cancel("outside"); });
      } else if (b_.when_asked(r - 1) > 0 && ask_[r - 1]) {
        ask_[r - 1](at(b_.when_asked(r - 1)));
      }
    }
  }

  task<> body() {
    tell_all();
    std::exception_ptr cancelled;
    try {
      co_await sleep_until(at(nested_blocks::body_ends));
    } catch (cancelled_error const&) {
      cancelled = std::current_exception();
    }
    if (!cancelled) co_return;
    if (b_.body == body_style::cleans_up || b_.body == body_style::swallows_twice) {
      try {
        co_await sleep(std::chrono::milliseconds(nested_blocks::clean_up));
      } catch (cancelled_error const&) {
      }
    }
    if (b_.body == body_style::plain || b_.body == body_style::cleans_up) std::rethrow_exception(cancelled);
  }

  task<> inside(std::size_t i, std::function<void(clock::time_point)> ask = {}) {
    ask_[i] = std::move(ask);
    if (b_.when_asked(i) == 0 && ask_[i]) ask_[i](at(0));
    try {
      if (i + 1 == b_.kinds.size()) {
        co_await body();
      } else {
        co_await block(i + 1);
        co_await sleep_until(at(nested_blocks::tail_ends(i)));
      }
    } catch (cancelled_error const&) {
      entered_by_[i] = true;
      throw;
    }
  }

  task<> block(std::size_t i) {
    std::string how = "ended";
    std::exception_ptr cancelled;
    try {
      bool const caught = co_await make_block(i);
      if (caught) how = "absorbed";
    } catch (timeout_error const&) {
      how = "timeout";
    } catch (exception_group const&) {
      how = "group";
    } catch (cancelled_error const&) {
      how = "cancelled";
      cancelled = std::current_exception();
    }
    log_ += how + ' ';
    if (cancelled) std::rethrow_exception(cancelled);
  }

  task<bool> run_in_scope(std::size_t i, cancel_scope_options options, bool by_deadline) {
    cancel_scope scope(options);
    std::unique_ptr<action> later;
    co_await scope.run([this, i, by_deadline, &later](cancel_scope& s) {
      return inside(i, [this, &s, by_deadline, &later](clock::time_point when) {
        if (by_deadline)
          s.reschedule(when);
        else if (when == at(0))
          s.cancel();
        else
          later = act_at(when, [&s] { s.cancel(); });
      });
    });
    co_return scope.cancelled_caught();
  }

  task<bool> make_block(std::size_t i) {
    std::unique_ptr<action> later;
    int const when = b_.when_asked(i);
    switch (b_.kinds[i]) {
      case block_kind::timeout:
        co_await timeout_at(never,
                            [this, i](timeout_scope& s) { return inside(i, [&s](clock::time_point t) { s.reschedule(t); }); });
        co_return false;
      case block_kind::level_scope:
        co_return co_await run_in_scope(i, {}, false);
      case block_kind::edge_scope:
        co_return co_await run_in_scope(i, {.level_triggered = false}, false);
      case block_kind::shield:
        co_return co_await run_in_scope(i, {.shield = true}, false);
      case block_kind::shield_with_deadline:
        co_return co_await run_in_scope(i, {.shield = true}, true);
      case block_kind::move_on: {
        bool const by_itself = co_await move_on_at(
            never, [this, i](cancel_scope& s) { return inside(i, [&s](clock::time_point t) { s.reschedule(t); }); });
        co_return !by_itself;
      }
      case block_kind::fail:
        co_await fail_at(never, [this, i](cancel_scope& s) { return inside(i, [&s](clock::time_point t) { s.reschedule(t); }); });
        co_return false;
      case block_kind::failing_group:
        co_await with_task_group([this, i, when](task_group& g) {
          auto child = [](clock::time_point t) -> task<> {
            co_await sleep_until(t);
            throw boom();
          };
          if (when != never_asks) g.spawn(child, at(when));
          return inside(i);
        });
        co_return false;
      case block_kind::cancelled_group:
        co_await with_task_group([this, i, &later](task_group& g) {
          return inside(i, [this, &g, &later](clock::time_point t) {
            if (t == at(0))
              g.cancel();
            else
              later = act_at(t, [&g] { g.cancel(); });
          });
        });
        co_return entered_by_[i];
      case block_kind::resource: {
        slow_resource r;
        co_await with(r, [this, i](slow_resource&) { return inside(i); });
        co_return false;
      }
    }
    co_return false;
  }

  nested_blocks const& b_;
  std::vector<std::function<void(clock::time_point)>> ask_;
  std::vector<bool> entered_by_;  // a cancellation left the body
  std::unique_ptr<action> outside_;
  clock::time_point begin_;
  any_task self_;
  std::string log_;
};

}  // namespace

std::string nested_blocks::to_string() const {
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    text += std::string(1, static_cast<char>(kinds[i])) + std::to_string(asks[i]) + ' ';
  return text + static_cast<char>(body) + " outside " + std::to_string(outside) + (inner_first ? ", inner first" : "");
}

std::string observe(nested_blocks const& blocks) {
  experiment e(blocks);
  run_virtual([&]() -> task<> {
    std::vector<task_handle<>> const tasks{spawn([&e] { return e.run(); })};
    co_await wait(tasks);
  });
  return e.log();
}

}  // namespace halka::test

// SPDX-License-Identifier: MIT
#include "cancel_everywhere.hpp"

#include "../../sched/create_task.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/sleep.hpp"
#include "../../sched/task_handle.hpp"
#include "../cancel_scope.hpp"
#include "../run.hpp"
#include "../wait.hpp"
#include "captured_reports.hpp"
#include "test_backend.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

namespace halka::testing {

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
constexpr std::size_t too_many_passes = 100'000;

struct cancelling {
  char const* name;
  bool in_the_pass;
  std::size_t again_after;  // 0 for never
  bool by_scope;
};

constexpr cancelling ways[] = {
    {"at the start", false, 0, false},
    {"in the pass", true, 0, false},
    {"twice, in successive passes", false, 1, false},
    {"twice, with a pass between", true, 2, false},
    {"by its scope", false, 0, true},
    {"by its scope, in the pass", true, 0, true},
};

struct subject {
  std::function<task<>()> const& body;
  cancel_rules rules;
  std::function<std::string()> const& leftovers;
  backend_kind backend = backend_kind::automatic;
};

/// One run of the body.
class experiment {
 public:
  experiment(subject const& s, cancelling how, std::size_t cancel_in)
      : body_(s.body), rules_(s.rules), leftovers_(s.leftovers), backend_(s.backend), way_(how), cancel_in_(cancel_in) {}

  std::vector<std::string> run() {
    captured_reports const reports;
    try {
      auto outside = std::make_unique<test_backend>(test_backend_options{.backend = backend_});
      outside->at_pass([this] { at_pass(); });
      runner r(std::move(outside));
      r.run([this] { return watch(); });
      r.close();
    } catch (...) {
      problem("the loop ended with " + describe(std::current_exception()));
    }
    check_leftovers();
    if (!rules_.may_report)
      for (std::string const& text : reports.texts()) problem("reported: " + text);
    return std::move(problems_);
  }

  std::size_t passes() const { return passes_; }

 private:
  void problem(std::string text) { problems_.push_back(std::move(text)); }

  void check_leftovers() {
    if (!leftovers_) return;
    if (std::string text = leftovers_(); !text.empty()) problem(std::move(text));
  }

  task<> watch() {
    auto run_in_scope = [this]() -> task<> {
      co_await scope_.run(body_);
      co_await yield_now();  // what was meant for the scope must not come later
    };
    task_ = way_.by_scope ? spawn(run_in_scope) : create_task(body_());
    std::vector<task_handle<>> const tasks{task_};
    co_await wait(tasks);
    check_end();
    if (!rules_.may_outlive) {
      check_nothing_left();
      check_leftovers();
    }
    co_await sleep(std::chrono::hours(1));
    check_nothing_left();
  }

  void check_end() {
    switch (task_.phase()) {
      case task_phase::cancelled:
        if (!accepted_) problem("it ended cancelled, but nobody cancelled it");
        if (way_.by_scope) problem("the scope let its cancellation out");
        break;
      case task_phase::failed:
        if (!rules_.may_fail) problem("it failed: " + describe(task_.exception()));
        task_.state().mark_retrieved();
        break;
      default:
        if (accepted_ && !way_.by_scope && !rules_.may_swallow) problem("it ended normally although it was cancelled");
        break;
    }
  }

  void check_nothing_left() {
    for (any_task const& t : all_tasks())
      if (t != current_task()) problem("left: " + t.description());
    if (std::size_t const n = get_running_loop().statistics().timers; n != 0) problem(std::to_string(n) + " timers are left");
  }

  void at_pass() {
    if (!task_ || task_.done()) return;
    if (passes_ == cancel_in_ || (way_.again_after != 0 && passes_ == cancel_in_ + way_.again_after)) {
      if (way_.in_the_pass)
        task_.state().loop().call_soon([this] { cancel(); });
      else
        cancel();
    }
    if (++passes_ > too_many_passes) throw std::runtime_error("the task does not end");
  }

  void cancel() {
    if (task_.done()) return;
    accepted_ = true;
    if (way_.by_scope)
      scope_.cancel();
    else
      task_.cancel("everywhere");
  }

  std::function<task<>()> const& body_;
  cancel_rules rules_;
  std::function<std::string()> const& leftovers_;
  backend_kind backend_;
  cancelling way_;
  std::size_t cancel_in_;
  cancel_scope scope_;
  task_handle<> task_;
  std::size_t passes_ = 0;
  bool accepted_ = false;
  std::vector<std::string> problems_;
};

}  // namespace

std::size_t count_passes(std::function<task<>()> const& body) {
  std::function<std::string()> const no_leftovers;
  experiment alone({body, {.may_fail = true, .may_outlive = true, .may_report = true}, no_leftovers}, {}, nowhere);
  alone.run();
  return alone.passes();
}

std::vector<std::string> cancel_everywhere(std::function<task<>()> const& body, cancel_rules const& rules,
                                           std::function<std::string()> const& leftovers, backend_kind backend) {
  std::vector<std::string> problems;
  subject const what{body, rules, leftovers, backend};
  auto note = [&](std::string const& where, std::vector<std::string> const& found) {
    for (std::string const& text : found) problems.emplace_back(where).append(": ").append(text);
  };
  experiment alone(what, {}, nowhere);
  note("not cancelled", alone.run());
  std::size_t const passes = alone.passes();
  if (passes < 2) problems.emplace_back("the body does not suspend");
  for (cancelling const& how : ways) {
    // The scope and its last yield take a pass more.
    std::size_t const last = how.by_scope ? passes + 1 : passes;
    for (std::size_t k = 0; k < last && problems.size() < 20; ++k) {
      experiment cancelled(what, how, k);
      note("cancelled in pass " + std::to_string(k) + " of " + std::to_string(passes) + ", " + how.name, cancelled.run());
    }
  }
  return problems;
}

}  // namespace halka::testing

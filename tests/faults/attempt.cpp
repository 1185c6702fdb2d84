// SPDX-License-Identifier: MIT
#include "attempt.hpp"

#include "../support/children.hpp"
#include "../support/descriptors.hpp"
#include "fault_backend.hpp"

#include <sys/wait.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace halka::faults {

namespace {

using namespace std::chrono_literals;

std::mutex reports_mutex;
std::string* reports = nullptr;

void note_report(std::string_view text) {
  spared const own;
  std::lock_guard const lock(reports_mutex);
  if (reports) *reports += std::string(text) + '\n';
}

/// What a loop must still be able to do.
task<> check_loop() {
  co_await sleep(100us);
  auto [a, b] = make_stream_pair();
  co_await a.write("ping");
  std::string const got = co_await b.read_exactly(4);
  expect(got == "ping", "what a loop passes on");
  co_await a.close();
  co_await b.close();
}

bool wants_error(fault_plan const& p) noexcept {
  return p.where == place::memory || p.what_happens.how == effect::error || p.what_happens.how == effect::error_begun ||
         p.what_happens.how == effect::error_after || p.what_happens.how == effect::queue_full;
}

bool may_be_bad_alloc(fault_plan const& p) noexcept {
  if (p.where == place::memory || p.what_happens.error == ENOMEM) return true;
  return p.where == place::call && static_cast<call>(p.what) == call::mmap;
}

/// Whether the error of the fault was told in a report.
bool was_told(fault_plan const& p, std::string const& told) {
  if (!wants_error(p)) return false;
  if (may_be_bad_alloc(p) && (told.find("bad_alloc") != std::string::npos || told.find("memory") != std::string::npos)) return true;
  return told.find(std::strerror(p.what_happens.error)) != std::string::npos;
}

bool is_right(std::exception_ptr const& e, scenario const& s, fault_plan const& p, std::string const& told) {
  try {
    std::rethrow_exception(e);
  } catch (exception_group const& group) {
    return std::ranges::all_of(group.exceptions(), [&](auto const& inner) { return is_right(inner, s, p, told); });
  } catch (std::system_error const& error) {
    std::string_view const what = error.what();
    int const number = error.code().value();
    // The text names the operation before the reason.
    bool const names_operation = !what.starts_with(error.code().message());
    if (wants_error(p) && names_operation && (number == p.what_happens.error || (may_be_bad_alloc(p) && number == ENOMEM)))
      return true;
  } catch (std::bad_alloc const&) {
    if (may_be_bad_alloc(p)) return true;
  } catch (ended_by_exception const&) {
    if (p.elsewhere) return true;
  } catch (remote_error const& error) {
    if (p.elsewhere && may_be_bad_alloc(p) && error.type_name() == "std::bad_alloc") return true;
  } catch (...) {
  }
  if (!s.also_ok.empty() && wants_error(p) && describe(e).find(s.also_ok) != std::string::npos) return true;
  return was_told(p, told);
}

void say(attempt_result& result, std::string const& text) {
  std::size_t const size = std::min(text.size(), sizeof result.text - 1);
  std::memcpy(result.text, text.data(), size);
  result.text[size] = 0;
}

struct problem_list {
  std::string text;
  void add(std::string const& what) { text += (text.empty() ? "" : "; ") + what; }
};

/// The run itself. All that it has of its own is gone when it returns.
void run_once(scenario const& s, fault_plan const& plan, attempt_result& result, place_counts* counts) {
  std::string told;
  {
    std::lock_guard const lock(reports_mutex);
    reports = &told;
  }
  report_sink const before = set_report_sink(note_report);
  problem_list problems;
  std::exception_ptr failure;
  int strikes = 0;
  {
    runner r(std::make_unique<fault_backend>());
    arm(plan);
    try {
      r.run(s.body());
    } catch (...) {
      spared const own;
      failure = std::current_exception();
    }
    if (struck() > 0) {
      disarm();
      try {
        r.run(check_loop());
      } catch (...) {
        problems.add("the loop does not go on: " + describe(std::current_exception()));
      }
    }
    try {
      r.close();
    } catch (...) {
      spared const own;
      problems.add("closing the loop threw " + describe(std::current_exception()));
    }
    strikes = struck();
    if (counts) *counts = counted();
    disarm();
  }
  set_report_sink(before);
  {
    std::lock_guard const lock(reports_mutex);
    reports = nullptr;
  }
  std::string text;
  if (failure) text = describe(failure);
  if (failure && !is_right(failure, s, plan, told)) problems.add("it threw " + text + (told.empty() ? "" : ", and told " + told));
  if (told.find("still running at the end") != std::string::npos && told.find("main") != std::string::npos)
    problems.add("left: " + told);
  if (!problems.text.empty()) {
    result.what = verdict::wrong;
    say(result, problems.text);
    return;
  }
  result.what = failure ? verdict::failed_rightly : strikes == 0 && plan.nth != 0 ? verdict::not_struck : verdict::succeeded;
  if (failure) say(result, text);
}

bool nothing_left(std::size_t descriptors, std::string& what) {
  // What the kernel or another thread closes is gone soon.
  for (int i = 0; i < 200; ++i) {
    bool const fds = test::open_descriptors() <= descriptors;  // fewer: the fault has ended the zygote
    bool const children = test::no_children();
    if (fds && children) return true;
    what =
        fds ? "a child process is left"
            : "it left " + std::to_string(test::open_descriptors()) + " descriptors open instead of " + std::to_string(descriptors);
    std::this_thread::sleep_for(1ms);
  }
  for (pid_t left; (left = waitpid(-1, nullptr, WNOHANG)) >= 0;)  // it is told once
    if (left == 0) break;
  return false;
}

}  // namespace

void attempt(scenario const& s, fault_plan const& plan, attempt_result& result, place_counts* counts) {
  constexpr int repetitions = 3;
  // Memory may be kept for a next time; a leak grows with each.
  for (int i = 0; i < repetitions; ++i) {
    result = attempt_result();
    if (s.uses_processes) test::start_zygote();  // the fault may have ended it
    long const blocks = allocations_in_use();
    std::size_t const descriptors = test::open_descriptors();
    run_once(s, plan, result, counts);
    std::string left;
    if (!nothing_left(descriptors, left)) {
      result.what = verdict::wrong;
      result.leaked = true;
      say(result, std::string(result.text) + "; " + left);
      return;
    }
    left = std::string();
    long const more = allocations_in_use() - blocks;
    if (result.what == verdict::wrong || more <= 0) return;
    if (i == repetitions - 1) {
      result.what = verdict::wrong;
      result.leaked = true;
      say(result, "it left " + std::to_string(more) + " blocks of memory each time; " + std::string(result.text));
    }
  }
}

}  // namespace halka::faults

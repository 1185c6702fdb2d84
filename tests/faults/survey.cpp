// SPDX-License-Identifier: MIT
#include "survey.hpp"

#include "../support/children.hpp"
#include "allowed_faults.hpp"
#include "attempt.hpp"

#include <halka/sched/compiler.hpp>
#include <halka/sched/frame_pool.hpp>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

extern "C" [[gnu::weak]] void __lsan_do_leak_check();  // of the address sanitizer

namespace halka::faults {

namespace {

constexpr std::size_t most_runs = 4096;
constexpr std::size_t most_places = 12;  // of one kind: a loop does the same again and again
constexpr std::size_t most_allocations = 200;
constexpr unsigned patience = detail::sanitized ? 60 : 5;  // seconds, for one run

/// What the child tells.
struct board {
  place_counts counts;
  std::size_t next;  // the run that is under way
  bool finished;
  attempt_result without_fault;
  attempt_result runs[most_runs];
};

/// Memory that a child shares.
class shared_board {
 public:
  shared_board() {
    void* const memory = mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
    board_ = static_cast<board*>(memory);
  }
  ~shared_board() { munmap(board_, sizeof(board)); }
  shared_board(shared_board const&) = delete;
  shared_board& operator=(shared_board const&) = delete;
  board* operator->() const noexcept { return board_; }

 private:
  board* board_;
};

std::vector<fault_plan> plans_for(place_counts const& counts) {
  std::vector<fault_plan> plans;
  auto const add = [&](place where, std::size_t what, std::size_t count, std::vector<fault> const& faults, bool elsewhere) {
    for (std::size_t n = 1; n <= std::min(count, most_places); ++n)
      for (fault const& f : faults) plans.push_back({where, static_cast<std::uint8_t>(what), n, f, elsewhere});
  };
  auto const add_process = [&](process_counts const& c, bool elsewhere) {
    for (std::size_t i = 0; i < calls; ++i) add(place::call, i, c.calls_made[i], allowed_faults(static_cast<call>(i)), elsewhere);
    for (std::size_t n = 1; n <= std::min(c.allocations, most_allocations); ++n)
      plans.push_back({place::memory, 0, n, {}, elsewhere});
  };
  for (std::size_t i = 0; i < opcodes; ++i)
    add(place::operation, i, counts.operations[i], allowed_faults(static_cast<opcode>(i)), false);
  add_process(counts.own, false);
  add_process(counts.elsewhere, true);
  if (char const* const wanted = std::getenv("HALKA_FAULTS"))
    std::erase_if(plans, [&](fault_plan const& p) { return to_string(p).find(wanted) == std::string::npos; });
  if (plans.size() > most_runs) plans.resize(most_runs);
  return plans;
}

std::string column_of(fault_plan const& plan) {
  if (plan.where == place::memory) return "bad_alloc";
  if (plan.where == place::call) {
    auto const c = static_cast<call>(plan.what);
    if (c == call::pthread_create) return "no thread";
    if (c == call::posix_spawn || c == call::fork) return "no process";
    if (c == call::getaddrinfo) return "other";
    if (c == call::ring_setup && plan.what_happens.how == effect::shorter) return "small ring";
  }
  std::string name = name_of(plan.what_happens);
  return std::ranges::find(fault_names(), name) == fault_names().end() ? "other" : name;
}

/// The child: goes on with the run `from`.
void work(scenario const& s, shared_board& shared, std::size_t from) {
  this_frame_pool.caching = false;  // so that every frame is an allocation that is seen
  if (s.uses_processes) share_with_processes();
  alarm(patience);
  attempt_result dry;
  attempt(s, {}, dry);
  attempt(s, {}, dry, from == 0 ? &shared->counts : nullptr);
  shared->without_fault = dry;
  if (dry.what != verdict::succeeded) return;
  std::vector<fault_plan> const plans = plans_for(shared->counts);
  for (std::size_t i = from; i < plans.size(); ++i) {
    shared->next = i;
    alarm(patience);
    attempt(s, plans[i], shared->runs[i]);
  }
  shared->next = plans.size();
  shared->finished = true;
}

/// How a child that goes on with the run `from` ended.
int run_child(scenario const& s, shared_board& shared, std::size_t from) {
  std::fflush(nullptr);
  pid_t const pid = fork();
  if (pid < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int const signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGINT, SIGTERM, SIGBUS}) std::signal(signal, SIG_DFL);
    work(s, shared, from);
    if (__lsan_do_leak_check) __lsan_do_leak_check();
    _exit(0);  // the test program's reports are not the child's to write
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void count(survey_result& result, fault_plan const& plan, attempt_result const& run) {
  if (run.what == verdict::not_struck) return;
  ++result.runs;
  cell& c = result.cells[column_of(plan)];
  ++c.runs;
  if (run.what == verdict::failed_rightly) ++c.errors;
  if (run.leaked) ++result.leaks;
  if (run.what != verdict::wrong) return;
  ++c.problems;
  result.problems.push_back(to_string(plan) + ": " + run.text);
}

}  // namespace

std::map<std::string_view, survey_result>& results() {
  static std::map<std::string_view, survey_result> all;
  return all;
}

std::vector<std::string_view> const& fault_names() {
  static std::vector<std::string_view> const names{
      "EINTR", "EAGAIN", "EBUSY", "ENOMEM", "ENOBUFS",    "ENOSPC",     "EMFILE",    "ENFILE",     "ECONNRESET", "EPIPE",
      "EIO",   "other",  "short", "late",   "queue full", "small ring", "no thread", "no process", "bad_alloc"};
  return names;
}

std::vector<std::string> const& survey(scenario const& s) {
  survey_result& result = results()[s.name];
  result = {};
  shared_board shared;
  std::size_t from = 0;
  while (!shared->finished) {
    int const code = run_child(s, shared, from);
    if (shared->without_fault.what != verdict::succeeded || (code != 0 && shared->counts.own.allocations == 0)) {
      result.problems.push_back("without a fault: " + std::string(shared->without_fault.text) + ", exit code " +
                                std::to_string(code));
      return result.problems;
    }
    if (shared->finished) {
      if (code != 0) {
        ++result.leaks;
        result.problems.push_back("after all runs: exit code " + std::to_string(code));
      }
      break;
    }
    bool const hung = code == -SIGALRM;
    ++(hung ? result.hangs : result.crashes);
    attempt_result& run = shared->runs[shared->next];
    run.what = verdict::wrong;
    std::snprintf(run.text, sizeof run.text, hung ? "it hung" : "it crashed (%d)", code);
    from = shared->next + 1;
  }
  std::vector<fault_plan> const plans = plans_for(shared->counts);
  for (std::size_t i = 0; i < plans.size(); ++i) count(result, plans[i], shared->runs[i]);
  return result.problems;
}

}  // namespace halka::faults

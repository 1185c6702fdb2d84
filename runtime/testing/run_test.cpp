// SPDX-License-Identifier: MIT
#include "run_test.hpp"

#include "../../sched/event_loop.hpp"
#include "../../sched/report.hpp"
#include "../../sched/schedule_fuzz.hpp"
#include "test_backend.hpp"

#include <memory>

namespace halka::testing {

test_failure::test_failure(std::string const& what) : runtime_error(what) {}
test_failure::test_failure(test_failure const&) noexcept = default;
test_failure& test_failure::operator=(test_failure const&) noexcept = default;
test_failure::~test_failure() = default;

namespace detail {

namespace {

std::uint64_t seed_of(test_options const& options) { return schedule_fuzz::seed_from_environment().value_or(options.seed); }

std::unique_ptr<poller> outside_of(test_options const& options) {
  return std::make_unique<test_backend>(test_backend_options{
      .virtual_time = options.virtual_time,
      .seed = seed_of(options),
      .patience = options.patience,
      .backend = options.backend,
  });
}

}  // namespace

test_run::test_run(test_options const& options) : runner_(outside_of(options), {.debug = true}) {
  if (std::uint64_t const seed = seed_of(options); seed != 0) runner_.get_loop().fuzz_schedule(seed);
}

void test_run::end(bool failed) {
  if (schedule_fuzz const* const fuzz = runner_.get_loop().fuzz(); fuzz && failed)
    report("a test failed with " + fuzz->description());
  runner_.close();
}

void check_cancelled_everywhere(std::function<task<>()> const& body, test_options const& options) {
  std::vector<std::string> const problems = cancel_everywhere(body, options.rules, nullptr, options.backend);
  if (problems.empty()) return;
  std::string text = "cancelled everywhere, the body does not always end as it should:";
  for (std::string const& line : problems) text += "\n  " + line;
  throw test_failure(text);
}

}  // namespace detail

}  // namespace halka::testing

// SPDX-License-Identifier: MIT
#include "fuzz.hpp"

#include "../../sched/errors.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/schedule_fuzz.hpp"
#include "../run.hpp"
#include "captured_reports.hpp"
#include "run_test.hpp"
#include "test_backend.hpp"

#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace halka::testing {

namespace {

unsigned seeds_from_environment() {
  char const* const text = std::getenv("HALKA_FUZZ_SEEDS");
  if (!text || !*text) return 100;
  std::optional<std::uint64_t> const n = halka::detail::number_in(text);
  if (!n || *n == 0 || *n > std::numeric_limits<unsigned>::max())
    throw std::invalid_argument("HALKA_FUZZ_SEEDS=" + std::string(text) + " is not a number of seeds");
  return static_cast<unsigned>(*n);
}

using fuzzed_body = std::function<task<>(fuzz_random&)>;

struct ending {
  std::string failure;  // empty if there was none
  std::string where;    // "HALKA_FUZZ=0x2a (step 17)"
  std::uint64_t fingerprint = 0;
};

ending run_seed(fuzzed_body const& body, fuzz_options const& options, std::uint64_t seed) {
  ending end;
  captured_reports const reports;
  runner r(std::make_unique<test_backend>(
               test_backend_options{.virtual_time = options.virtual_time, .seed = seed, .backend = options.backend}),
           {.debug = true});
  event_loop& loop = r.get_loop();
  loop.fuzz_schedule(seed);
  fuzz_random random(~seed);
  try {
    r.run([&]() -> task<> { return body(random); });
  } catch (...) {
    end.failure = describe(std::current_exception());
  }
  end.where = loop.fuzz()->description();
  end.fingerprint = loop.fuzz()->fingerprint();
  try {
    r.close();
  } catch (...) {
    if (end.failure.empty()) end.failure = "the end of the loop: " + describe(std::current_exception());
  }
  if (end.failure.empty() && !options.may_report)
    for (std::string const& text : reports.texts()) end.failure += (end.failure.empty() ? "reported: " : "; ") + text;
  return end;
}

}  // namespace

fuzz_result detail::fuzz(fuzzed_body const& body, fuzz_options const& options) {
  auto const only = schedule_fuzz::seed_from_environment();
  unsigned const seeds = only ? 1 : options.seeds != 0 ? options.seeds : seeds_from_environment();
  fuzz_result result;
  std::set<std::uint64_t> schedules;
  for (unsigned i = 0; i < seeds; ++i) {
    std::uint64_t const seed = only.value_or(options.first_seed + i);
    ending const end = run_seed(body, options, seed);
    ++result.runs;
    schedules.insert(end.fingerprint);
    if (end.failure.empty()) continue;
    std::string text = end.where + ": " + end.failure;
    if (run_seed(body, options, seed).failure != end.failure)
      text += "\n(a second run with this seed ended otherwise: something outside of the loop decides too)";
    throw test_failure(text);
  }
  result.schedules = static_cast<unsigned>(schedules.size());
  return result;
}

}  // namespace halka::testing

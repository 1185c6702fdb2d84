// SPDX-License-Identifier: MIT
// Random programs on halka and on the model: who resumes when, in which order, and with what.
#include "program.hpp"

namespace halka::fuzz {

namespace {

void run(bytes given) {
  input in(given);
  program const p = decode(in);
  std::string const expected = to_string(run_on_model(p, rules::halka));
  std::string const got = to_string(run_on_halka(p));
  if (got != expected) must_equal(got, expected, "the trace of " + to_json(p));
}

target const registered("programs", run);

}  // namespace

}  // namespace halka::fuzz

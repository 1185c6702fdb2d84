// SPDX-License-Identifier: MIT
#include "fault_table.hpp"

#include "survey.hpp"

#include <string_view>

namespace halka::faults {

namespace {

constexpr std::string_view introduction =
    R"(<!-- written by the tests: HALKA_BACKEND=io_uring HALKA_FAULTS_TABLE=docs/faults.md build/release/tests/faults/fault_tests -->
# Faults

What halka does when the system misbehaves. A small program uses each operation; the tests count its calls of the system, its
operations of the ring and its allocations, and then run it again for each of them and each fault that its man page allows, with the
fault there (`tests/faults/`). A run is right if the operation succeeds or throws the documented error, which names the
operation; if the same loop then sleeps and passes bytes; and if no descriptor, process, task or memory is left. It ends within seconds.

A cell tells what came of its runs, and their number: `ok` if all succeeded, `error` if some threw the documented error, `-` where the
fault cannot happen.

- *short*: a transfer moves half of what it could. *late*: a completion comes some passes later.
- *queue full*: the submission is refused. *small ring*: a ring of two entries each way, so that its queues are full all the time and
  completions overflow.
- *no thread*, *no process*: pthread_create, posix_spawn and fork fail. *bad_alloc*: one of the first 200 allocations fails.
- What is done in other processes, by zygotes and workers, fails there as well. A process that an exception ends tells it on its
  standard error and has the exit code 1.
- *other*: EADDRINUSE, ECONNABORTED, ECONNREFUSED, and the errors of getaddrinfo.
- EINTR, EAGAIN and EBUSY also strike io_uring_enter, once and five times in a row.
)";

std::string cell_text(survey_result const& result, std::string const& name) {
  auto const found = result.cells.find(name);
  if (found == result.cells.end()) return "-";
  cell const& c = found->second;
  std::string const kind = c.problems != 0 ? "WRONG " : c.errors != 0 ? "error " : "ok ";
  return kind + std::to_string(c.runs);
}

std::string row(std::string const& first) { return "| " + first; }

std::string header() {
  std::string line = row("");
  std::string rule = "|---";
  for (std::string_view const name : fault_names()) {
    line += " | " + std::string(name);
    rule += "|---";
  }
  return line + " |\n" + rule + "|\n";
}

std::string total() {
  survey_result sum;
  std::size_t errors = 0;
  for (auto const& [name, result] : results()) {
    sum.runs += result.runs;
    sum.crashes += result.crashes;
    sum.hangs += result.hangs;
    sum.leaks += result.leaks;
    for (auto const& [fault, c] : result.cells) errors += c.errors;
  }
  return std::to_string(sum.runs) + " runs of " + std::to_string(results().size()) + " programs, of which " +
         std::to_string(errors) + " ended with the documented error and the others with success: " + std::to_string(sum.crashes) +
         " crashes, " + std::to_string(sum.hangs) + " hangs, " + std::to_string(sum.leaks) + " leaks.\n";
}

}  // namespace

std::vector<table_part> const& table_parts() {
  static std::vector<table_part> const parts{
      {"Tasks", &operations_between_tasks()},    {"Descriptors", &operations_on_descriptors()},
      {"Streams", &operations_on_streams()},     {"Network", &operations_on_the_network()},
      {"Files", &operations_on_files()},         {"Threads", &operations_on_threads()},
      {"Processes", &operations_on_processes()},
  };
  return parts;
}

std::string fault_table() {
  std::string text(introduction);
  text += '\n' + total();
  for (table_part const& part : table_parts()) {
    text += "\n## " + part.title + "\n\n" + header();
    for (scenario const& s : *part.scenarios) {
      text += row(std::string(s.name));
      for (std::string_view const name : fault_names()) text += " | " + cell_text(results()[s.name], std::string(name));
      text += " |\n";
    }
  }
  return text;
}

std::vector<std::string> missing_in_table(std::string const& text) {
  std::vector<std::string> missing;
  if (text.find(header()) == std::string::npos) missing.push_back("the faults: " + header());
  if (text.find(": 0 crashes, 0 hangs, 0 leaks.") == std::string::npos)
    missing.emplace_back("a total without crashes, hangs and leaks");
  for (table_part const& part : table_parts())
    for (scenario const& s : *part.scenarios)
      if (text.find("\n" + row(std::string(s.name)) + " |") == std::string::npos)
        missing.push_back("the operation " + std::string(s.name));
  return missing;
}

}  // namespace halka::faults

// SPDX-License-Identifier: MIT
#include "create_subprocess.hpp"

#include <utility>

namespace halka {

task<subprocess> create_subprocess_exec(command what, process_options options, std::source_location here) {
  co_return subprocess::start(what, options, here);
}

task<subprocess> create_subprocess_shell(std::string line, process_options options, std::source_location here) {
  co_return subprocess::start(command("/bin/sh", "-c", line), options, here);
}

task<completed_process> run_process(command what, process_options options, const_buffer input, std::source_location here) {
  options.kill_on_cancel = true;
  if (!input.empty()) options.standard_input = stdio::pipe;
  subprocess process = subprocess::start(what, options, here);
  process_output written = co_await process.communicate(input);
  completed_process result;
  result.return_code = co_await process.wait();
  result.output = std::move(written.output);
  result.error = std::move(written.error);
  co_return result;
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "remote_call.hpp"

namespace halka {

void run_remote_call(message_reader& in, message_writer& out) {
  code_address entry;
  in(entry);
  entry.resolve<void(message_reader&, message_writer&)>()(in, out);
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "direction.hpp"

namespace soak {

halka::task<> send(halka::stream& s, direction& d) {
  if (d.kind == content::bytes) co_await send_bytes(s, d);
  if (d.kind == content::lines) co_await send_lines(s, d);
  if (d.kind == content::frames) co_await send_frames(s, d);
  d.doing[0] = "write_eof";
  co_await s.write_eof();
  d.doing[0] = "ended";
}

halka::task<> receive(halka::stream& s, direction& d) {
  if (d.kind == content::bytes) co_await receive_bytes(s, d);
  if (d.kind == content::lines) co_await receive_lines(s, d);
  if (d.kind == content::frames) co_await receive_frames(s, d);
  if (!s.at_eof()) d.fail("the input did not end");
  d.doing[1] = "ended";
}

}  // namespace soak

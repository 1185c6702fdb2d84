// SPDX-License-Identifier: MIT
#include "direction.hpp"

namespace soak {

std::string explain(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (halka::exception_group const& group) {
    std::string text;
    for (std::exception_ptr const& member : group.exceptions()) text += (text.empty() ? "" : "; ") + explain(member);
    return text;
  } catch (...) {
    return halka::describe(e);
  }
}

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

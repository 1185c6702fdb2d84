// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace halka::fuzz {

/// What programs throw.
struct planned : std::runtime_error {
  using runtime_error::runtime_error;
};

/// What an exception is in a trace.
inline std::string told(std::exception_ptr const& e) {
  if (!e) return {};
  try {
    std::rethrow_exception(e);
  } catch (exception_group const& group) {
    std::string text = "group(";
    for (std::exception_ptr const& member : group.exceptions()) text += (text.back() == '(' ? "" : " ") + told(member);
    return text + ')';
  } catch (cancelled_error const&) {
    return "cancelled";
  } catch (timeout_error const&) {
    return "timeout";
  } catch (broken_barrier_error const&) {
    return "broken";
  } catch (planned const& p) {
    return p.what();
  } catch (...) {
    return "unplanned: " + describe(std::current_exception());
  }
}

}  // namespace halka::fuzz

// SPDX-License-Identifier: MIT
#pragma once

#include "input.hpp"

#include <halka/halka.hpp>

#include <stdexcept>
#include <system_error>

namespace halka::fuzz {

/// Calls `use`, which may throw what is documented for messages and shared objects.
template <class F>
bool accepted(F use) {
  try {
    use();
    return true;
  } catch (message_error const&) {
  } catch (std::system_error const&) {
  } catch (queue_full const&) {
  } catch (queue_empty const&) {
  } catch (queue_shut_down const&) {
  } catch (std::logic_error const&) {  // released too often, closed
  }
  return false;
}

/// Objects to share that come in messages, with any descriptors.
void use_received_objects(input& in);
/// What a program and its zygote tell each other.
void talk_with_zygote(input& in);

}  // namespace halka::fuzz

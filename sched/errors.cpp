// SPDX-License-Identifier: MIT
#include "errors.hpp"

#include <cxxabi.h>
#include <cstdlib>
#include <new>
#include <typeinfo>
#include <utility>

namespace halka {

cancelled_error::cancelled_error(std::string_view reason) {
  if (reason.empty()) return;
  try {
    reason_ = std::make_shared<std::string const>(reason);
  } catch (std::bad_alloc const&) {
    // Cancelling must not fail: the reason is left out.
  }
}
cancelled_error::cancelled_error(cancelled_error const&) noexcept = default;
cancelled_error& cancelled_error::operator=(cancelled_error const&) noexcept = default;
cancelled_error::~cancelled_error() = default;

std::string_view cancelled_error::reason() const noexcept { return reason_ ? std::string_view(*reason_) : std::string_view(); }

char const* cancelled_error::what() const noexcept { return reason_ ? reason_->c_str() : "cancelled"; }

timeout_error::timeout_error() : timeout_error("timed out") {}
timeout_error::timeout_error(std::string const& what) : runtime_error(what) {}
timeout_error::timeout_error(timeout_error const&) noexcept = default;
timeout_error& timeout_error::operator=(timeout_error const&) noexcept = default;
timeout_error::~timeout_error() = default;

invalid_state_error::invalid_state_error(std::string const& what) : logic_error(what) {}
invalid_state_error::invalid_state_error(invalid_state_error const&) noexcept = default;
invalid_state_error& invalid_state_error::operator=(invalid_state_error const&) noexcept = default;
invalid_state_error::~invalid_state_error() = default;

queue_empty::queue_empty() : runtime_error("queue is empty") {}
queue_empty::queue_empty(queue_empty const&) noexcept = default;
queue_empty& queue_empty::operator=(queue_empty const&) noexcept = default;
queue_empty::~queue_empty() = default;

queue_full::queue_full() : runtime_error("queue is full") {}
queue_full::queue_full(queue_full const&) noexcept = default;
queue_full& queue_full::operator=(queue_full const&) noexcept = default;
queue_full::~queue_full() = default;

queue_shut_down::queue_shut_down() : queue_shut_down("queue is shut down") {}
queue_shut_down::queue_shut_down(std::string const& what) : runtime_error(what) {}
queue_shut_down::queue_shut_down(queue_shut_down const&) noexcept = default;
queue_shut_down& queue_shut_down::operator=(queue_shut_down const&) noexcept = default;
queue_shut_down::~queue_shut_down() = default;

broken_barrier_error::broken_barrier_error(std::string const& what) : runtime_error(what) {}
broken_barrier_error::broken_barrier_error(broken_barrier_error const&) noexcept = default;
broken_barrier_error& broken_barrier_error::operator=(broken_barrier_error const&) noexcept = default;
broken_barrier_error::~broken_barrier_error() = default;

deadlock_error::deadlock_error(std::string const& what) : runtime_error(what) {}
deadlock_error::deadlock_error(deadlock_error const&) noexcept = default;
deadlock_error& deadlock_error::operator=(deadlock_error const&) noexcept = default;
deadlock_error::~deadlock_error() = default;

struct exception_group::content {
  std::string what;
  std::vector<std::exception_ptr> exceptions;
};

exception_group::exception_group(std::string_view message, std::vector<std::exception_ptr> exceptions) {
  if (exceptions.empty()) throw std::invalid_argument("exception_group: needs at least one exception");
  std::string what(message);
  what += " (" + std::to_string(exceptions.size()) + (exceptions.size() == 1 ? " sub-exception)" : " sub-exceptions)");
  content_ = std::make_shared<content const>(content{std::move(what), std::move(exceptions)});
}
exception_group::exception_group(exception_group const&) noexcept = default;
exception_group& exception_group::operator=(exception_group const&) noexcept = default;
exception_group::~exception_group() = default;

char const* exception_group::what() const noexcept { return content_->what.c_str(); }

std::span<std::exception_ptr const> exception_group::exceptions() const noexcept { return content_->exceptions; }

exception_group const* exception_group::as_group(std::exception_ptr const& e) noexcept {
  try {
    std::rethrow_exception(e);
  } catch (exception_group const& group) {
    return &group;  // it lives as long as the pointer
  } catch (...) {
    return nullptr;
  }
}

namespace {

bool holds(std::exception_ptr const& e, std::type_info const& type) noexcept { return e && *e.__cxa_exception_type() == type; }

std::string demangled(std::type_info const& type) {
  int status = 0;
  char* text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : type.name();
  std::free(text);
  return name;
}

}  // namespace

bool is_cancelled_error(std::exception_ptr const& e) noexcept { return holds(e, typeid(cancelled_error)); }

bool is_keyboard_interrupt(std::exception_ptr const& e) noexcept { return holds(e, typeid(keyboard_interrupt)); }

std::string describe(std::exception_ptr const& e) {
  if (!e) return "no exception";
  std::string text = demangled(*e.__cxa_exception_type());
  try {
    std::rethrow_exception(e);
  } catch (std::exception const& x) {
    text += std::string(": ") + x.what();
  } catch (cancelled_error const& x) {
    text += std::string(": ") + x.what();
  } catch (keyboard_interrupt const& x) {
    text += std::string(": ") + x.what();
  } catch (std::string const& x) {
    text += ": " + x;
  } catch (char const* x) {
    text += std::string(": ") + (x ? x : "(null)");
  } catch (int x) {
    text += ": " + std::to_string(x);
  } catch (...) {
    text += " (not a std::exception)";
  }
  return text;
}

}  // namespace halka

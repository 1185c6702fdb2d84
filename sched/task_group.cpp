// SPDX-License-Identifier: MIT
#include "task_group.hpp"

#include "errors.hpp"
#include "running.hpp"

#include <new>
#include <stdexcept>

namespace halka {

task_group::task_group() : task_owner{child_ended, child_done}, parent_(detail::require_task()) { enter(parent_); }

task_group::~task_group() = default;

void task_group::refuse() const {
  throw std::logic_error(finished_ ? "task group is finished: it accepts no more tasks"
                                   : "task group is shutting down: it accepts no more tasks");
}

void task_group::make_room() {
  if (errors_.capacity() == 0) errors_.reserve(1);  // a failure can be noted in any case
  if (children_.size() < children_.capacity()) return;
  if (children_.size() >= 2 * (live_ + 8)) close_gaps();
  if (children_.size() == children_.capacity()) children_.reserve(2 * children_.size() + 8);
}

void task_group::add(task_state& t) noexcept {
  t.set_owner(*this, static_cast<std::uint32_t>(children_.size()));
  children_.push_back(&t);
  ++live_;
}

void task_group::remove(task_state& t) noexcept {
  children_[t.owner_index()] = nullptr;
  --live_;
  while (!children_.empty() && !children_.back()) children_.pop_back();
}

void task_group::close_gaps() noexcept {
  std::erase(children_, nullptr);
  for (std::uint32_t i = 0; i < children_.size(); ++i) children_[i]->set_owner_index(i);
}

void task_group::abort() {
  aborting_ = true;
  // Cancelling runs no code of the children, so the list stays as it is.
  for (task_state* child : children_)
    if (child) child->cancel();
}

void task_group::cancel() {
  if (finished_ || cancel_called_) return;
  cancel_called_ = true;
  if (aborting_) return;
  abort();
  if (body_running_ && !requested()) request();
}

std::string task_group::cancel_reason() const {
  return cancel_called_ && errors_.empty() ? "the task group was cancelled" : "a task of the group failed";
}

bool task_group::child_ended(task_owner& owner, task_state& t) {
  // Most children say no more than that they are gone. A failure, and the last one, is handled in a pass of its own, as in asyncio;
  // until then the child counts, and the group stays.
  auto& group = static_cast<task_group&>(owner);
  if (group.live_ == 1 || t.phase() == task_phase::failed) return true;
  group.remove(t);
  return false;
}

void task_group::child_done(task_owner& owner, task_state& t) {
  auto& group = static_cast<task_group&>(owner);
  group.remove(t);
  if (group.live_ == 0 && group.waiting_ && group.waiting_->phase() == task_phase::waiting)
    std::exchange(group.waiting_, nullptr)->wake();
  if (t.phase() != task_phase::failed) return;
  t.mark_retrieved();
  std::exception_ptr const error = t.exception();
  try {
    group.errors_.push_back(error);
  } catch (std::bad_alloc const&) {
    // There is room for the first; without memory the others are not told.
  }
  if (is_keyboard_interrupt(error) && !group.interrupt_) group.interrupt_ = error;
  if (group.aborting_ || group.requested()) return;
  group.abort();
  group.request();
}

bool task_group::wait_awaiter::cancel(std::string_view reason) {
  if (!group_.waiting_) return false;
  if (group_.aborting_) {
    // The children were asked already; there is nothing to do but to wait on, and to remember.
    group_.wait_cancelled(std::make_exception_ptr(cancelled_error(reason)));
    return true;
  }
  std::exchange(group_.waiting_, nullptr)->interrupt();
  return true;
}

void task_group::wait_awaiter::describe(wait_description& d) const {
  d.what = "the tasks of a group";
  for (task_state* child : group_.children_)
    if (child) d.tasks.push_back(child);
}

void task_group::body_ended(std::exception_ptr const& e) {
  body_running_ = false;
  if (!e) return;
  if (is_cancelled_error(e))
    cancellation_ = e;
  else
    body_error_ = e;
  if (is_keyboard_interrupt(e)) interrupt_ = e;
  if (!aborting_) abort();
}

void task_group::wait_cancelled(std::exception_ptr e) {
  if (!cancellation_) cancellation_ = std::move(e);
  if (!aborting_) abort();
}

bool task_group::finish() {
  finished_ = true;
  if (leave(cancellation_)) cancellation_ = nullptr;
  if (interrupt_) std::rethrow_exception(interrupt_);
  if (body_error_) errors_.push_back(std::move(body_error_));
  if (cancellation_ && errors_.empty()) std::rethrow_exception(cancellation_);
  if (!errors_.empty()) {
    deliver_outside_again();
    throw exception_group("unhandled errors in a task group", std::move(errors_));
  }
  return cancel_called_;
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "task_state.hpp"

#include "event_loop.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "task_extra.hpp"
#include "task_slab.hpp"

#include <algorithm>

namespace halka {

std::string_view to_string(task_phase phase) noexcept {
  switch (phase) {
    case task_phase::created:
      return "created";
    case task_phase::ready:
      return "ready";
    case task_phase::running:
      return "running";
    case task_phase::waiting:
      return "waiting";
    case task_phase::finished:
      return "finished";
    case task_phase::succeeded:
      return "succeeded";
    case task_phase::failed:
      return "failed";
    case task_phase::cancelled:
      return "cancelled";
  }
  return "unknown";
}

// -- identity

event_loop& task_state::loop() const noexcept { return *task_slab::loop_of(*this); }

std::string task_state::name() const {
  if (!(flags_ & user_named)) return "Task-" + std::to_string(id_);
  return extra_ && !extra_->name.empty() ? extra_->name : std::string(name_);
}

void task_state::set_name(std::string_view name) {
  bool const fits = name.size() < sizeof name_;
  if (!fits)
    more().name = name;
  else if (extra_)
    extra_->name.clear();
  std::string_view const kept = name.substr(0, sizeof name_ - 1);
  *std::ranges::copy(kept, name_).out = '\0';
  flags_ |= user_named;
}

task_state::extra& task_state::more() {
  if (!extra_) {
    extra_ = new extra;
    flags_ |= has_extra;
  }
  return *extra_;
}

void task_state::set_reason(std::string_view reason) {
  if (!reason.empty() || extra_) more().reason = reason;
}

std::string_view task_state::cancel_reason() const noexcept {
  return extra_ ? std::string_view(extra_->reason) : std::string_view();
}

exception_trace& task_state::trace() { return more().trace; }

void task_state::continue_trace(task_state const& other) noexcept {
  exception_trace const* const before = other.find_trace();
  if (!before || !before->exception || before->exception != other.exception()) return;
  try {
    trace() = *before;
  } catch (...) {
    // Out of memory: the exception goes on without its trace.
  }
}

exception_trace const* task_state::find_trace() const noexcept { return extra_ ? &extra_->trace : nullptr; }

context_ref const& task_state::context() const noexcept {
  static context_ref const none;
  return extra_ ? extra_->context : none;
}

void task_state::set_context(context_ref context) {
  if (extra_ || !context.empty()) more().context = std::move(context);
}

std::string task_state::await_chain() const {
  if (where_.line() == 0) return "a coroutine of another library";
  std::string text = place(where_);
  for (promise_base const* p = promise_base::in(frame_).awaited_by(); p; p = p->awaited_by()) text += " <- " + place(p->where);
  return text;
}

void task_state::wake() noexcept {
  payload_.waiting = nullptr;
  phase_ = task_phase::ready;
  loop().ready().push(*this);
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "context.hpp"

#include "running.hpp"
#include "task_state.hpp"

#include <vector>

namespace halka {

namespace {

thread_local context_ref outside_of_tasks;
thread_local std::uint64_t context_number = 0;  // of it
thread_local std::uint64_t last_context_number = 0;

}  // namespace

void* context_ref::find(void const* variable) const noexcept {
  for (binding* b = first_; b; b = b->rest())
    if (b->variable() == variable) return b->value().get();
  return nullptr;
}

std::shared_ptr<void> context_ref::hold(void const* variable) const noexcept {
  for (binding* b = first_; b; b = b->rest())
    if (b->variable() == variable) return b->value();
  return nullptr;
}

context_ref context_ref::with(void const* variable, std::shared_ptr<void> value) const {
  // The old binding of the variable is left out, so that a context never grows beyond its number of variables.
  std::vector<binding*> kept;
  for (binding* b = first_; b; b = b->rest())
    if (b->variable() != variable) kept.push_back(b);
  context_ref result;
  for (auto b = kept.rbegin(); b != kept.rend(); ++b) result.first_ = new binding((*b)->variable(), (*b)->value(), result.first_);
  if (value) result.first_ = new binding(variable, std::move(value), result.first_);
  return result;
}

void context_ref::drop(binding* b) noexcept {
  // acq_rel: the last owner must see what the others wrote to the values
  while (b && b->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    binding* const rest = b->rest_;
    delete b;
    b = rest;
  }
}

context_ref const& current_context() noexcept {
  task_state const* const task = detail::current.task;
  return task ? task->context() : outside_of_tasks;
}

void set_current_context(context_ref context) {
  if (task_state* const task = detail::current.task)
    task->set_context(std::move(context));
  else
    outside_of_tasks = std::move(context);
}

context_id current_context_id() noexcept {
  if (task_state const* const task = detail::current.task) return {task, task->id()};
  return {&outside_of_tasks, context_number};
}

context_scope::context_scope(context_ref context) noexcept
    : outer_(std::exchange(outside_of_tasks, std::move(context))),
      outer_number_(std::exchange(context_number, ++last_context_number)) {}

context_scope::~context_scope() {
  outside_of_tasks = std::move(outer_);
  context_number = outer_number_;
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "schedule_fuzz.hpp"

#include "running.hpp"
#include "task_state.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace halka {

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

std::uint64_t id_of(runnable const& step) noexcept { return static_cast<task_state const&>(step).id(); }

}  // namespace

schedule_fuzz::schedule_fuzz(std::uint64_t seed) noexcept : seed_(seed), random_(seed), way_(way(random_.below(3))) {}

runnable* schedule_fuzz::take(ready_queue& queue) {
  now_.clear();
  steps_in_now_.clear();
  for (runnable* r = queue.take(); r; r = r->next) {
    if (task_state::is_step(*r)) steps_in_now_.push_back(now_.size());
    now_.push_back(r);
  }
  if (way_ == way::priorities)
    keep_back(queue, highest());
  else
    shuffle_steps();
  if (way_ == way::delay) keep_back(queue, none);
  runnable* first = nullptr;
  for (std::size_t i = now_.size(); i-- > 0;) {
    if (!now_[i]) continue;
    now_[i]->next = first;
    first = now_[i];
  }
  for (runnable* r = first; r; r = r->next) {
    if (!task_state::is_step(*r)) continue;
    ++steps_;
    fingerprint_ = fuzz_random::mix(fingerprint_ + id_of(*r));
  }
  return first;
}

void schedule_fuzz::shuffle_steps() {
  for (std::size_t i = steps_in_now_.size(); i > 1; --i)
    std::swap(now_[steps_in_now_[i - 1]], now_[steps_in_now_[random_.below(i)]]);
}

/// Leaves steps for a later pass: with priorities all but the one at `kept_place`, else some.
void schedule_fuzz::keep_back(ready_queue& queue, std::size_t kept_place) {
  for (std::size_t const place : steps_in_now_) {
    if (place == kept_place || (kept_place == none && !random_.one_in(4))) continue;
    queue.push(*std::exchange(now_[place], nullptr));
  }
}

std::size_t schedule_fuzz::highest() noexcept {
  if (change_ == 0) {
    priorities_ = random_.next();
    change_ = 1 + random_.below(24);
  }
  --change_;
  std::size_t best = none;
  std::uint64_t best_priority = 0;
  for (std::size_t const place : steps_in_now_) {
    std::uint64_t const priority = fuzz_random::mix(priorities_ ^ fuzz_random::mix(id_of(*now_[place])));
    if (best != none && priority <= best_priority) continue;
    best = place;
    best_priority = priority;
  }
  return best;
}

std::uint32_t schedule_fuzz::budget() noexcept {
  switch (random_.below(4)) {
    case 0:
      return 0;
    case 1:
      return static_cast<std::uint32_t>(random_.below(4));
    default:
      return running_state::full_budget;
  }
}

std::optional<std::uint64_t> schedule_fuzz::seed_from_environment() {
  char const* const text = std::getenv("HALKA_FUZZ");
  if (!text || !*text) return std::nullopt;
  std::optional<std::uint64_t> const seed = detail::number_in(text);
  if (!seed) throw std::invalid_argument("HALKA_FUZZ=" + std::string(text) + " is not a seed: give a number, such as 0x2a");
  return seed;
}

std::optional<std::uint64_t> detail::number_in(char const* text) {
  if (*text < '0' || *text > '9') return std::nullopt;  // strtoull takes a sign and blanks
  char* end = nullptr;
  errno = 0;
  std::uint64_t const number = std::strtoull(text, &end, 0);
  if (*end != '\0' || errno == ERANGE) return std::nullopt;
  return number;
}

std::string schedule_fuzz::description() const {
  char text[64];
  std::snprintf(text, sizeof text, "HALKA_FUZZ=0x%llx (step %llu)", static_cast<unsigned long long>(seed_),
                static_cast<unsigned long long>(steps_));
  return text;
}

}  // namespace halka

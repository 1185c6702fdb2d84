// SPDX-License-Identifier: MIT
#include "signal_set.hpp"

#include "../io/io_backend.hpp"
#include "../io/signal_watches.hpp"
#include "../sched/running.hpp"
#include "sync/event.hpp"

#include <bit>
#include <stdexcept>

namespace halka {

class signal_set::state final : public signal_listener {
 public:
  explicit state(signal_watches& watches) noexcept : watches_(&watches) {}
  ~state() { close(); }

  void watch(int number) {
    detail::check_catchable(number);
    if (watched_ & detail::signal_bit(number)) return;
    watches_->add(number, *this);
    watched_ |= detail::signal_bit(number);
  }
  void close() noexcept {
    if (watches_) {
      for (std::uint64_t left = watched_; left != 0; left &= left - 1) watches_->remove(std::countr_zero(left) + 1, *this);
    }
    loop_ended();
  }
  bool is_open() const noexcept { return watches_; }

  void signalled(int number) override {
    ++received_;
    came_ |= detail::signal_bit(number);
    arrived_.set();
  }
  void loop_ended() noexcept override {
    watches_ = nullptr;
    arrived_.set();
  }

  bool has_come() const noexcept { return came_ != 0; }
  int take() noexcept {
    int const number = std::countr_zero(came_) + 1;
    came_ &= came_ - 1;
    if (came_ == 0 && watches_) arrived_.clear();
    return number;
  }
  auto wait() noexcept { return arrived_.wait(); }
  statistics_type statistics() const noexcept { return {arrived_.statistics().waiting, received_}; }

 private:
  signal_watches* watches_;  // null: closed
  std::uint64_t watched_ = 0;
  std::uint64_t came_ = 0;
  std::uint64_t received_ = 0;
  event arrived_;  // set while something has come or the set is closed
};

signal_set::signal_set(std::span<int const> numbers)
    : state_(std::make_shared<state>(io_backend::of(get_running_loop()).signals())) {
  for (int const number : numbers) state_->watch(number);
}

signal_set::signal_set(std::initializer_list<int> numbers) : signal_set(std::span<int const>(numbers.begin(), numbers.size())) {}

signal_set::signal_set(std::vector<int> const& numbers) : signal_set(std::span<int const>(numbers)) {}

signal_set& signal_set::operator=(signal_set&& other) noexcept {
  if (this == &other) return *this;
  close();
  state_ = std::move(other.state_);
  return *this;
}

signal_set::~signal_set() { close(); }

void signal_set::close() noexcept {
  if (state_) state_->close();
}

bool signal_set::is_open() const noexcept { return state_ && state_->is_open(); }

signal_set::statistics_type signal_set::statistics() const noexcept { return state_ ? state_->statistics() : statistics_type{}; }

task<int> signal_set::next() { return next_of(state_); }

task<int> signal_set::next_of(std::shared_ptr<state> s) {
  while (s && s->is_open()) {
    if (s->has_come()) co_return s->take();
    co_await s->wait();
  }
  throw std::logic_error("the signal set is closed");
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#pragma once

// The real backend with a fault before it: each operation goes there as a double, and the plan may let one fail, move less,
// complete later, or not be taken at all.

#include <halka/io/io_backend.hpp>

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace halka::faults {

class fault_backend final : public io_backend {
 public:
  fault_backend();
  ~fault_backend() override;

  void attach(event_loop& loop) override;
  void poll() override;
  void wait(clock::time_point deadline) override;
  void wake() noexcept override;
  void drain() override;
  void submit(io_operation& op) override;
  void cancel(io_operation& op) noexcept override;
  void before_close(int fd) noexcept override;
  void forget(int fd) noexcept override;
  backend_choice choice() override;
  bool lends_buffers() const noexcept override;
  std::size_t lent_size() const noexcept override;
  void give_back(io_operation const& op) noexcept override;

 private:
  struct double_of;

  io_backend& real() const noexcept;
  void arrived(double_of& d);
  void tell_arrived();
  void tell(double_of& d);

  std::unique_ptr<poller> real_;
  std::unordered_map<io_operation*, std::unique_ptr<double_of>> doubles_;
  std::vector<double_of*> arrived_;  // complete, and not told yet
  bool draining_ = false;
};

}  // namespace halka::faults

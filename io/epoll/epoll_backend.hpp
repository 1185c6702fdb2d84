// SPDX-License-Identifier: MIT
#pragma once

// The backend over epoll: the operations of io_uring, made of readiness, of calls that do not wait, and of worker threads.
//
// The life of an operation. `submit` does at once what can be done without waiting (attempt.hpp), and hands the rest on:
//
//   submit --attempt--> done -----------------------------------------------------> told in the next `poll` or `wait`
//             |   ^
//             |   +--the event, a new attempt--+
//             +--waiting, in a list of its descriptor's entry
//             +--in a worker thread (thread_calls.hpp)
//
// Nothing completes inside `submit`, `cancel` or `before_close`: what they end goes to `done_`. Events are served inside `poll` and
// `wait`, and what they end completes there and then. So a recv that waits holds no memory: the backend has one buffer to lend, its
// bytes are copied out when the operation completes, and the next recv finds the same buffer in the caches.
//
// Readiness. Descriptors are of two kinds.
//
// - Those with a keeper, who tells before they are closed: streams, acceptors, datagram sockets. Each has one registration,
//   edge-triggered, for as long as it lives. The entry notes whether it is readable and writable: an event says that it is, EAGAIN
//   that it is not. A short recv from TCP has emptied the socket (epoll(7)), so the next one waits for the edge without a call;
//   after a hang-up, an error or urgent data it does not. A descriptor that was never waited for is registered before the first
//   attempt to receive, and the event tells. So an echo costs one recv, one send and its share of an epoll_wait.
//
// - All others, which their users may close and open again at will. What is known of them ends with the operation. A call is
//   attempted first; then the descriptor is registered to fire once (EPOLLONESHOT), with a number of its own: events with an older
//   number are stale. A registration belongs to the open file and not to the number, and outlives the descriptor if it was
//   duplicated; one that has fired is dead until it is changed, and when the last operation is cancelled it is removed.
//
// Nobody's number is trusted in the other kind either: a keeper that is not the entry's own finds a stale entry, and begins anew.
//
// Order. Who waits is served first come, first served. An operation with a keeper queues behind those that wait; others try first,
// as they do with io_uring. In one pass a descriptor is served so often at most, and then in the next pass again.
//
// Some are told to be ready, and yet a call that does not wait finds nothing: an eventfd without room for so large a number, a
// socket that was hung up when only its queue of errors is asked. After some attempts in vain a thread takes over, where the call
// waits.
//
// Cancelling takes a waiting operation out at once. One in a thread that has begun is left to end; if it may wait for somebody, its
// thread is interrupted by a signal. A close interrupts those, too, and waits for what other threads do with its descriptor.
//
// Waking: an eventfd, registered edge-triggered, so that it need not be read.
//
// A busy loop looks with epoll_wait in each pass in which something waits, but not in one that follows a look and has results of
// calls to tell: else a request and its answer would cost two.

#include "../io_backend.hpp"
#include "../operation_list.hpp"
#include "attempt.hpp"
#include "descriptor_table.hpp"
#include "thread_calls.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

struct epoll_event;

namespace halka {

class epoll_backend final : public io_backend {
 public:
  epoll_backend() noexcept;
  ~epoll_backend() override;

  void attach(event_loop& loop) override;
  void poll() override;
  void wait(clock::time_point deadline) override;
  void wake() noexcept override;
  void drain() override;
  void forked() noexcept override;
  void submit(io_operation& op) override;
  void cancel(io_operation& op) noexcept override;
  void before_close(int fd) noexcept override;
  void forget(int fd) noexcept override;
  bool lends_buffers() const noexcept override { return true; }
  std::size_t lent_size() const noexcept override;
  void give_back(io_operation const&) noexcept override { is_lent_ = false; }

 private:
  enum class stage : std::uint8_t { idle, reading, writing, second_writing, polling, in_thread, behind_threads, done };

  static std::uint32_t const input_events;
  static std::uint32_t const output_events;

  static stage stage_of(io_operation const& op) noexcept { return static_cast<stage>(op.stage); }
  static void set_stage(io_operation& op, stage s) noexcept { op.stage = static_cast<std::uint8_t>(s); }

  // -- the ways of an operation
  void begin(io_operation& op);
  bool begin_kept(io_operation& op, descriptor_entry& e);
  bool begin_close(io_operation& op);
  progress try_now(io_operation& op, descriptor_entry* e) noexcept;
  // `telling`: what ends completes at once
  void go_on(io_operation& op, progress out, bool telling);
  void wait_for(io_operation& op, stage s, bool telling);
  void hand_to_thread(io_operation& op, bool patience, bool telling);
  void poll_now(io_operation& op, bool telling);
  void end(io_operation& op, bool telling);
  void end_with(io_operation& op, int error, bool telling);
  void tell(io_operation& op);

  // -- descriptors
  static operation_list& list_of(io_operation const& op, descriptor_entry& e) noexcept;
  descriptor_entry* entry_of(io_operation const& op) const noexcept;
  descriptor_entry* entry_of(epoll_event const& event) const noexcept;
  static std::uint32_t events_of(io_operation const& op) noexcept;
  static std::uint32_t events_of_all(descriptor_entry const& e) noexcept;
  void claim(descriptor_entry& e, std::uint32_t keeper) noexcept;
  int want(descriptor_entry& e, std::uint32_t events) noexcept;
  int arm_for(io_operation const& op, descriptor_entry& e) noexcept;
  int change(descriptor_entry& e, std::uint32_t events) noexcept;
  void rearm(descriptor_entry& e);
  void end_waiters(descriptor_entry& e) noexcept;
  void remove(descriptor_entry& e) noexcept;
  void attend(descriptor_entry& e);
  void count_thread(io_operation const& op, int change) noexcept;
  void close_if_free(int fd) noexcept;
  void stop_in_thread(io_operation& op) noexcept;
  void stop_threads(int fd, bool only_patient) noexcept;

  // -- passes
  bool tell_done();
  bool take_ended(bool telling);
  bool serve_attended();
  unsigned look(clock::duration most);
  int sleep(clock::duration most) noexcept;
  void event_came(descriptor_entry& e, std::uint32_t events);
  void serve_polls(descriptor_entry& e, std::uint32_t events);
  void serve(descriptor_entry& e);
  static bool is_in_vain(descriptor_entry& e, bool reading) noexcept;
  void serve_list(descriptor_entry& e, operation_list& list, bool descriptor_entry::*ready);
  bool spin(inbox const& sent, clock::time_point deadline) override;
  void count_waiting(int change) noexcept { attention_ += static_cast<unsigned>(change); }

  int epoll_ = -1;  // -1 also in the child of a fork
  int eventfd_ = -1;
  int closing_fd_ = -1;     // what is about to be closed: nobody begins to wait for it
  unsigned attention_ = 0;  // operations that wait, or are in threads
  bool looked_ = false;     // the last pass has
  bool draining_ = false;
  bool is_lent_ = false;
  bool precise_;  // the kernel knows epoll_pwait2, as far as is known
  std::uint32_t serials_ = 0;
  std::size_t in_flight_ = 0;
  operation_list done_;
  operation_list closing_;  // closes that wait for threads
  descriptor_table table_;
  std::vector<descriptor_entry*> attended_;
  std::unique_ptr<char[]> lent_;
  std::unique_ptr<epoll_event[]> events_;
  std::unique_ptr<thread_calls> threads_;
};

}  // namespace halka

// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/task.hpp"
#include "../message/message_writer.hpp"
#include "../message/sendable.hpp"
#include "../sync/channel_base.hpp"
#include "closable.hpp"
#include "process_pipe_end.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace halka {

/// One end of a way between two processes: sends messages of type `Send` and receives those of type `Receive`. An end that only
/// sends, or only receives, has `void` for the other and lacks the functions.
///
/// A handle: copies are the same end, also one that is passed to another process as an argument. Messages arrive whole, one by one
/// and in order. What they are made of may hold descriptors and other ends. The end of the way comes when *every* process has
/// closed the other end, so close the one that was passed on.
///
/// *Lifetime*: what was sent stays until it is received, also when the sender has died. *Thread safety*: any thread, all functions.
/// *Source*: multiprocessing.Pipe.
template <class Send, class Receive = Send>
class process_pipe {
  using end_type = detail::process_pipe_end;

 public:
  /// An end that was never made, to be read into.
  process_pipe() = default;
  explicit process_pipe(std::shared_ptr<detail::process_pipe_end> end)
      : handle_(std::make_shared<detail::closable<end_type>>(std::move(end))) {
    if constexpr (!std::is_void_v<Send>) detail::check_sendable<Send>();
    if constexpr (!std::is_void_v<Receive>) detail::check_sendable<Receive>();
  }

  /// Sends a message. *Suspends*: while what was sent and not received fills the kernel's memory (some hundred small messages).
  ///
  /// *Errors*: `std::system_error` "send to a process_pipe: Broken pipe" if nobody has the other end; what writing the item throws.
  /// *Cancellation*: nothing is sent. *Lifetime*: the item is written down before `send` returns the task.
  template <class T = Send>
  requires(!std::is_void_v<T>) task<> send(std::type_identity_t<T> const& item) {
    auto message = std::make_unique<message_writer>();
    (*message)(item);
    return end_type::send(shared(), std::move(message));
  }

  /// Receives the next message; none when the other end is closed everywhere and all was received. *Suspends*: while there is none.
  ///
  /// *Errors*: `message_error`; `std::system_error` if this process has no descriptors left for those of the message, which then
  /// waits. *Cancellation*: receives nothing.
  template <class T = Receive>
  requires(!std::is_void_v<T>) task<std::optional<T>> receive() { return read<T>(shared()); }

  /// Sends a message if that need not wait. *Result*: whether it was sent. *Errors*: those of `send`.
  template <class T = Send>
  requires(!std::is_void_v<T>) bool try_send(std::type_identity_t<T> const& item) {
    message_writer message;
    message(item);
    return shared()->try_send(message);
  }
  /// Receives a message if that need not wait; none also at the end. *Errors*: those of `receive`.
  template <class T = Receive>
  requires(!std::is_void_v<T>) std::optional<T> try_receive() { return message_of<T>(shared()->try_receive().message); }

  /// The same as `send` and `receive` for a thread without a loop: they block it.
  ///
  /// *Errors*: `std::logic_error` on a thread whose loop runs; those of `send` and `receive`.
  template <class T = Send>
  requires(!std::is_void_v<T>) void send_blocking(std::type_identity_t<T> const& item) {
    send_until<T>(item, std::nullopt, "send_blocking");
  }
  template <class T = Receive>
  requires(!std::is_void_v<T>) std::optional<T> receive_blocking() { return receive_until<T>(std::nullopt, "receive_blocking"); }
  /// They give up after a time. *Errors*: `timeout_error`.
  template <class T = Send>
  requires(!std::is_void_v<T>) void send_blocking_for(std::type_identity_t<T> const& item, clock::duration time) {
    send_until<T>(item, clock::now() + time, "send_blocking_for");
  }
  template <class T = Receive>
  requires(!std::is_void_v<T>) std::optional<T> receive_blocking_for(clock::duration time) {
    return receive_until<T>(clock::now() + time, "receive_blocking_for");
  }

  /// Whether a receive would not wait: a message is there, or the end.
  bool can_receive() const requires(!std::is_void_v<Receive>) { return detail::is_readable(shared()->fd()); }
  /// Suspends until `can_receive()`; several ends are waited for with `race` or `wait`.
  task<> wait_receivable() const requires(!std::is_void_v<Receive>) { return end_type::wait_receivable(shared()); }

  /// Lets go of the end in this process; other processes keep it. Harmless when called again. *Errors*: `std::logic_error` if a
  /// task or a thread waits.
  void close() {
    if (handle_) handle_->close();
  }
  bool is_closed() const noexcept { return !handle_ || handle_->is_closed(); }

  struct statistics_type {
    std::uint64_t sent;  // by this process, through this handle and its copies
    std::uint64_t received;
  };
  statistics_type statistics() const {
    auto const end = shared();
    return {end->sent(), end->received()};
  }

  void save(message_writer& out) const { out(shared()->socket()); }
  void load(message_reader& in) { *this = process_pipe(end_type::receive_from(in)); }

 private:
  std::shared_ptr<end_type> shared() const { return detail::use(handle_); }

  template <class T>
  static std::optional<T> message_of(std::optional<detail::received_message> message) {
    if (!message) return std::nullopt;
    return std::move(*message).template read<T>();
  }
  template <class T>
  static task<std::optional<T>> read(std::shared_ptr<end_type> from) {
    std::optional<detail::received_message> message = co_await end_type::receive(std::move(from));
    co_return message_of<T>(std::move(message));
  }
  template <class T>
  void send_until(T const& item, detail::wait_until until, char const* operation) {
    detail::check_may_block(operation);
    message_writer message;
    message(item);
    if (!shared()->send_blocking(message, until)) throw timeout_error();
  }
  template <class T>
  std::optional<T> receive_until(detail::wait_until until, char const* operation) {
    detail::check_may_block(operation);
    detail::pipe_receipt receipt = shared()->receive_blocking(until);
    if (receipt.is == detail::pipe_receipt::kind::nothing) throw timeout_error();
    return message_of<T>(std::move(receipt.message));
  }

  std::shared_ptr<detail::closable<end_type>> handle_;
};

template <class T>
using process_pipe_sender = process_pipe<T, void>;
template <class T>
using process_pipe_receiver = process_pipe<void, T>;

/// The two ends of a way in both directions: the first sends `A` and receives `B`. *Errors*: `std::system_error`.
template <class A, class B = A>
std::pair<process_pipe<A, B>, process_pipe<B, A>> make_process_pipe() {
  auto ends = detail::process_pipe_end::make_pair();
  return {process_pipe<A, B>(std::move(ends.first)), process_pipe<B, A>(std::move(ends.second))};
}

/// The two ends of a way in one direction. *Source*: multiprocessing.Pipe(duplex=False), whose order it keeps.
template <class T>
std::pair<process_pipe_receiver<T>, process_pipe_sender<T>> make_one_way_process_pipe() {
  return make_process_pipe<void, T>();
}

}  // namespace halka

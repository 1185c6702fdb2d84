// SPDX-License-Identifier: MIT
#pragma once

// One end of a process_pipe: a socket of a pair that keeps the boundaries of messages (SOCK_SEQPACKET). A message is one datagram:
// a header, the bytes if they are few, the descriptors beside them. The bytes of a large message stay in their memfd, which travels
// as the first descriptor, so that they are not copied. The kernel does the rest: what was sent stays when the sender dies, and the
// end comes when the last process has closed the other end.

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "received_message.hpp"
#include "wake_descriptor.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace halka::detail {

/// What a receive came to.
class pipe_receipt {
 public:
  enum class kind { nothing, message, end };
  explicit pipe_receipt(kind k) noexcept : is(k) {}
  explicit pipe_receipt(received_message m) noexcept : is(kind::message), message(std::move(m)) {}

  kind is;
  std::optional<received_message> message;
};

class HALKA_API process_pipe_end {
 public:
  static constexpr char const* name = "a process_pipe";

  static std::pair<std::shared_ptr<process_pipe_end>, std::shared_ptr<process_pipe_end>> make_pair();
  explicit process_pipe_end(unique_fd socket) noexcept : socket_(std::move(socket)) {}
  static std::shared_ptr<process_pipe_end> receive_from(message_reader& in);

  int fd() const noexcept { return socket_.get(); }
  unique_fd const& socket() const noexcept { return socket_; }

  /// *Result*: false if there is no room. *Errors*: `std::system_error`, EPIPE if nobody can receive it any more.
  bool try_send(message_writer const& message);
  /// *Errors*: `std::system_error` if there are no descriptors left for those of the message; it can still be received.
  pipe_receipt try_receive();
  bool send_blocking(message_writer const& message, wait_until until);
  pipe_receipt receive_blocking(wait_until until);

  static task<> send(std::shared_ptr<process_pipe_end> end, std::unique_ptr<message_writer> message);
  static task<std::optional<received_message>> receive(std::shared_ptr<process_pipe_end> end);
  static task<> wait_receivable(std::shared_ptr<process_pipe_end> end);

  std::uint64_t sent() const noexcept { return sent_.load(); }
  std::uint64_t received() const noexcept { return received_.load(); }

 private:
  unique_fd socket_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
};

}  // namespace halka::detail

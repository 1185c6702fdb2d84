// SPDX-License-Identifier: MIT
#include "linked_streams.hpp"

// Each of the two streams is one end of a socket pair; the link has the other ends and carries bytes between them:
//
//   stream a == socket a        link        socket b == stream b
//                      --recv--> way --send-->
//                      <--send-- way <--recv--
//
// A way receives while less than the window is under way, keeps each piece until it is due, and sends it. The end of input is a
// piece without bytes. The link is made of operations and timers, not of tasks, so it shows nowhere; it deletes itself when both
// ways are through and nothing of it is in the kernel or in the timers any more.

#include "../../io/io_backend.hpp"
#include "../../io/io_operation.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/fuzz_random.hpp"
#include "../../sched/timer_queue.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace halka::testing {

namespace {

constexpr std::size_t most_received = 16384;

class stream_link;

class way {
 public:
  way(stream_link& l, int from, int to) noexcept
      : link_(l), from_(from), to_(to), receiving_(*this), sending_(*this), due_(*this) {}

  void receive();
  bool idle() const noexcept { return !receiving_.in_flight && !sending_.in_flight && !due_.set(); }
  bool through() const noexcept { return through_; }
  /// Nothing is carried any more.
  void end() noexcept;

 private:
  struct piece {
    clock::time_point due;
    std::string bytes;  // empty for the end
  };
  struct receive_operation : io_operation {
    explicit receive_operation(way& w) noexcept : io_operation([](io_operation& op) { of(op).received(); }), owner(w) {}
    static way& of(io_operation& op) noexcept { return static_cast<receive_operation&>(op).owner; }
    way& owner;
  };
  struct send_operation : io_operation {
    explicit send_operation(way& w) noexcept : io_operation([](io_operation& op) { of(op).sent(); }), owner(w) {}
    static way& of(io_operation& op) noexcept { return static_cast<send_operation&>(op).owner; }
    way& owner;
  };
  struct due_timer : timer {
    explicit due_timer(way& w) noexcept : timer([](timer& t) { static_cast<due_timer&>(t).owner.carry_on(); }), owner(w) {}
    way& owner;
  };

  void received();
  void sent();
  void take(std::size_t n);
  void put(std::string bytes);
  void deliver();
  void carry_on();

  stream_link& link_;
  int from_;
  int to_;
  receive_operation receiving_;
  send_operation sending_;
  due_timer due_;
  std::string room_ = std::string(most_received, '\0');
  std::deque<piece> pieces_;
  std::size_t under_way_ = 0;
  clock::time_point last_due_{};
  bool input_ended_ = false;
  bool through_ = false;
};

class stream_link {
 public:
  stream_link(link_options const& options, int a, int b)
      : options_(options),
        random_(options.seed),
        loop_(get_running_loop()),
        a_(a),
        b_(b),
        there_(*this, a, b),
        back_(*this, b, a) {}
  ~stream_link() {
    ::close(a_);
    ::close(b_);
  }
  stream_link(stream_link const&) = delete;
  stream_link& operator=(stream_link const&) = delete;

  void begin(stream_ptr a, stream_ptr b) {
    streams_ = {std::move(a), std::move(b)};
    there_.receive();
    back_.receive();
  }

  link_options const& options() const noexcept { return options_; }
  fuzz_random& random() noexcept { return random_; }
  event_loop& loop() const noexcept { return loop_; }

  /// Counts bytes that arrive. False if the connection broke.
  bool count(std::size_t n) {
    carried_ += n;
    if (carried_ < options_.reset_after) return true;
    for (stream_ptr const& s : streams_) s->receive_error = s->send_error = ECONNRESET;
    for (int const socket : {a_, b_}) ::shutdown(socket, SHUT_RDWR);
    there_.end();
    back_.end();
    return false;
  }

  void delete_if_done() {
    if (there_.through() && back_.through() && there_.idle() && back_.idle()) delete this;
  }

 private:
  link_options options_;
  fuzz_random random_;
  event_loop& loop_;
  int a_;
  int b_;
  way there_;
  way back_;
  std::array<stream_ptr, 2> streams_;  // to break them
  std::uint64_t carried_ = 0;
};

void way::receive() {
  if (through_ || input_ended_ || receiving_.in_flight || under_way_ >= link_.options().window) return;
  receiving_.code = opcode::recv;
  receiving_.fd = from_;
  receiving_.address = room_.data();  // lifetime: the link lives until the operation is complete
  receiving_.length = static_cast<unsigned>(std::min(room_.size(), link_.options().window - under_way_));
  try {
    io_backend::of(link_.loop()).submit(receiving_);
  } catch (...) {
    end();
  }
}

void way::received() {
  if (receiving_.result > 0 && !through_) {
    take(static_cast<std::size_t>(receiving_.result));
  } else if (receiving_.result == -ECANCELED) {
    end();
  } else if (receiving_.result != -EINTR && !through_) {
    input_ended_ = true;
    put({});
  }
  carry_on();
}

void way::take(std::size_t n) {
  if (!link_.count(n)) return;
  std::size_t const largest = link_.options().largest_piece;
  for (std::size_t done = 0; done < n;) {
    std::size_t const size = largest == 0 ? n : std::min<std::size_t>(n - done, 1 + link_.random().below(largest));
    put(room_.substr(done, size));
    done += size;
  }
}

void way::put(std::string bytes) {
  link_options const& o = link_.options();
  clock::time_point const now = link_.loop().time();
  clock::duration const extra(
      o.jitter.count() > 0 ? static_cast<clock::rep>(link_.random().below(static_cast<std::uint64_t>(o.jitter.count()) + 1)) : 0);
  last_due_ = std::max(last_due_, now + o.latency + extra);
  if (o.bytes_per_second != 0)
    last_due_ += std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(bytes.size()) * 1e9 / static_cast<double>(o.bytes_per_second)));
  under_way_ += bytes.size();
  pieces_.push_back({last_due_, std::move(bytes)});
}

/// Delivers what is due and waits for the rest.
void way::carry_on() {
  if (link_.loop().is_closed()) end();
  deliver();
  receive();
  link_.delete_if_done();
}

void way::deliver() {
  while (!through_ && !sending_.in_flight && !pieces_.empty()) {
    piece const& next = pieces_.front();
    if (next.due > link_.loop().time()) {
      if (!due_.set()) link_.loop().set_timer(due_, next.due);
      return;
    }
    if (next.bytes.empty()) {
      ::shutdown(to_, SHUT_WR);
      return end();
    }
    sending_.code = opcode::send;
    sending_.fd = to_;
    sending_.flags = MSG_NOSIGNAL;
    sending_.address = next.bytes.data();  // lifetime: the piece stays in front until the operation is complete
    sending_.length = static_cast<unsigned>(next.bytes.size());
    try {
      io_backend::of(link_.loop()).submit(sending_);
    } catch (...) {
      end();
    }
  }
}

void way::sent() {
  int const n = sending_.result;
  if (n > 0 && !through_) {
    under_way_ -= static_cast<std::size_t>(n);
    pieces_.front().bytes.erase(0, static_cast<std::size_t>(n));
    if (pieces_.front().bytes.empty()) pieces_.pop_front();
  } else if (n < 0 && n != -EINTR && n != -EAGAIN) {
    ::shutdown(from_, SHUT_RD);  // nobody reads any more: the writer shall know
    end();
  }
  carry_on();
}

void way::end() noexcept {
  through_ = true;
  link_.loop().timers().remove(due_);
  io_backend& outside = io_backend::of(link_.loop());
  outside.cancel(receiving_);
  outside.cancel(sending_);
}

std::pair<int, int> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    halka::detail::throw_io_error(errno, "make a pair of linked streams");
  return {ends[0], ends[1]};
}

}  // namespace

std::pair<stream, stream> make_linked_streams(link_options const& options) {
  if (options.latency < clock::duration::zero() || options.jitter < clock::duration::zero())
    throw std::invalid_argument("make_linked_streams: latency and jitter must not be negative");
  stream_options ends;
  ends.send_buffer = static_cast<int>(std::clamp<std::size_t>(options.window, 1, 1 << 20));
  auto const [a, link_a] = socket_pair();
  stream first(unique_fd(a), ends);
  auto guard_a = unique_fd(link_a);
  auto const [b, link_b] = socket_pair();
  stream second(unique_fd(b), ends);
  auto guard_b = unique_fd(link_b);
  auto made = std::make_unique<stream_link>(options, guard_a.get(), guard_b.get());
  static_cast<void>(guard_a.release());
  static_cast<void>(guard_b.release());
  made.release()->begin(first.shared_state(), second.shared_state());  // it deletes itself
  return {std::move(first), std::move(second)};
}

}  // namespace halka::testing

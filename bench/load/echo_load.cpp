// SPDX-License-Identifier: MIT
// Asks an echo server, and reports what it got and what the server used for it.
//
//   bench-echo-load echo PORT PID CONNECTIONS BYTES SECONDS WARM_UP_SECONDS
//     A closed loop: each connection sends a message, waits for all of it to come back, compares every byte, and sends the next.
//   bench-echo-load calls ...the same
//     The same, but it counts the server's system calls, which makes them slower.
//   bench-echo-load idle PORT PID CONNECTIONS BYTES SECONDS
//     One message on each connection, then nothing: what the server needs for connections that are silent.
//
// One thread. PID is the server's; its processor time is that of all its threads in the measured time.
#include "../common/harness.hpp"
#include "../common/histogram.hpp"
#include "../common/listener.hpp"
#include "../common/raw_ring.hpp"
#include "server_probe.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::uint64_t is_send = std::uint64_t{1} << 63;

struct connection {
  int fd;
  bool served = false;
  std::size_t received = 0;
  std::uint64_t sent_at = 0;
};

[[noreturn]] void fail(char const* what, int result) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(-result));
  std::exit(1);
}

int connect_to(std::uint16_t port) {
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect", -errno);
  int const on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  linger const reset{1, 0};  // no connection stays behind in TIME_WAIT
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return fd;
}

class load {
 public:
  load(std::uint16_t port, std::size_t connections, std::size_t bytes) : message_(bytes) {
    for (std::size_t i = 0; i < bytes; ++i) message_[i] = static_cast<char>('a' + i * 7 % 23);
    for (std::size_t i = 0; i < connections; ++i) connections_.push_back({connect_to(port)});
    for (std::size_t i = 0; i < connections; ++i) receive(i);
  }

  /// Begins, and goes on until each connection has been served: a server that accepts slowly is not judged by it.
  void begin() {
    send_all();
    while (served_ < connections_.size()) turn();
  }
  /// The same with one message on each connection.
  void once() {
    stop_after_one_ = true;
    begin();
  }
  /// Goes on for so long.
  void run(double seconds) {
    auto const until = bench::now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    while (now_ < until) turn();
  }
  /// The same; messages that come back in full are counted and timed.
  void measure(double seconds) {
    counted_ = true;
    run(seconds);
  }

  std::uint64_t messages() const noexcept { return times_.total(); }
  bench::histogram const& times() const noexcept { return times_; }

 private:
  void send_all() {
    now_ = bench::now_ns();
    for (std::size_t i = 0; i < connections_.size(); ++i) send(i);
  }

  void turn() {
    ring_.turn([this](io_uring_cqe const& cqe) {
      if (cqe.user_data & is_send) fail("send", cqe.res);
      received(cqe.user_data, cqe);
    });
    buffers_.publish();
    now_ = bench::now_ns();
  }

  void receive(std::size_t i) { bench::prepare_multishot_recv(*ring_.entry(), connections_[i].fd, i); }

  void send(std::size_t i) {
    connections_[i].received = 0;
    connections_[i].sent_at = now_;
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_send(sqe, connections_[i].fd, message_.data(), message_.size(), MSG_WAITALL | MSG_NOSIGNAL);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = is_send | i;
  }

  void received(std::size_t i, io_uring_cqe const& cqe) {
    if (cqe.res > 0)
      take(i, bench::provided_buffers::id(cqe), static_cast<std::size_t>(cqe.res));
    else if (cqe.res != -ENOBUFS)
      fail("the server ended the connection", cqe.res);
    if (!(cqe.flags & IORING_CQE_F_MORE)) receive(i);
  }

  void take(std::size_t i, unsigned buffer, std::size_t size) {
    connection& c = connections_[i];
    if (c.received + size > message_.size() || std::memcmp(buffers_.data(buffer), message_.data() + c.received, size) != 0) {
      std::fprintf(stderr, "the server sent back other bytes\n");
      std::exit(1);
    }
    buffers_.give_back(buffer);
    c.received += size;
    if (c.received < message_.size()) return;
    if (counted_) times_.add(now_ - c.sent_at);
    served_ += !std::exchange(c.served, true);
    if (!stop_after_one_) send(i);
  }

  bench::raw_ring ring_{8192};
  bench::provided_buffers buffers_{ring_, 1024, 16384};
  std::vector<char> message_;
  std::vector<connection> connections_;
  bench::histogram times_;
  std::uint64_t now_ = 0;
  std::size_t served_ = 0;
  bool counted_ = false;
  bool stop_after_one_ = false;
};

void echo(load& clients, bench::server_probe& server, double warm_up, double seconds) {
  std::uint64_t const first = bench::now_ns();
  clients.begin();
  double const all_served = static_cast<double>(bench::now_ns() - first) * 1e-6;
  clients.run(warm_up);
  std::uint64_t const own = bench::now_ns(CLOCK_PROCESS_CPUTIME_ID);
  std::uint64_t const begin = bench::now_ns(), used = server.processor_ns();
  clients.measure(seconds);
  auto const n = static_cast<double>(clients.messages());
  std::printf(
      "{\"cpu_ns\": %.2f, \"messages_per_s\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"load_cpu_ns\": %.1f, "
      "\"all_served_ms\": %.1f}\n",
      static_cast<double>(server.processor_ns() - used) / n, n / (static_cast<double>(bench::now_ns() - begin) * 1e-9),
      clients.times().quantile_us(0.5), clients.times().quantile_us(0.99), clients.times().quantile_us(0.999),
      static_cast<double>(bench::now_ns(CLOCK_PROCESS_CPUTIME_ID) - own) / n, all_served);
}

void calls(load& clients, bench::server_probe& server, double warm_up, double seconds) {
  clients.begin();
  clients.run(warm_up);
  if (!server.count_system_calls()) {
    std::printf("{}\n");
    return;
  }
  clients.measure(seconds);
  std::printf("{\"system_calls\": %.4f}\n", static_cast<double>(server.system_calls()) / static_cast<double>(clients.messages()));
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const mode = argc > 6 ? argv[1] : "";
  if (mode != "idle" && ((mode != "echo" && mode != "calls") || argc < 8)) {
    std::fprintf(stderr, "usage: %s echo|calls|idle PORT PID CONNECTIONS BYTES SECONDS [WARM_UP_SECONDS]\n", argv[0]);
    return 2;
  }
  bench::raise_descriptor_limit();
  bench::server_probe server(std::stoi(argv[3]));
  std::size_t const connections = std::stoul(argv[4]);
  double const seconds = std::stod(argv[6]);
  std::uint64_t const memory = server.private_bytes();
  load clients(static_cast<std::uint16_t>(std::stoi(argv[2])), connections, std::stoul(argv[5]));
  if (mode == "echo") echo(clients, server, std::stod(argv[7]), seconds);
  if (mode == "calls") calls(clients, server, std::stod(argv[7]), seconds);
  if (mode == "idle") {
    clients.once();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // what the server still has to do is not idleness
    std::uint64_t const used = server.processor_ns();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    std::printf("{\"bytes\": %.1f, \"idle_us_per_s\": %.1f}\n",
                (static_cast<double>(server.private_bytes()) - static_cast<double>(memory)) / static_cast<double>(connections),
                static_cast<double>(server.processor_ns() - used) * 1e-3 / seconds);
  }
  return 0;
}

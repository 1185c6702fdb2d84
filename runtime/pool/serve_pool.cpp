// SPDX-License-Identifier: MIT
#include "serve_pool.hpp"

#include "../../io/unique_fd.hpp"
#include "../../sched/adaptive_spin.hpp"
#include "../../sched/clock.hpp"
#include "../message/code_address.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"
#include "../message/remote_call.hpp"
#include "../message/remote_error.hpp"
#include "ring_message.hpp"
#include "worker_block.hpp"

#include <stdio_ext.h>
#include <sys/eventfd.h>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace halka::detail {

namespace {

/// A call whose result cannot be sent is one that failed.
class pool_server {
 public:
  pool_server(unique_fd block, unique_fd results, unique_fd socket, bool note_times)
      : block_(std::move(block)),
        requests_(block_.shared().requests, block_.request_memory()),
        answers_(block_.shared().results, block_.result_memory()),
        results_(std::move(results)),
        socket_(std::move(socket)),
        note_times_(note_times) {
    block_.close_descriptor();
  }

  /// False if it failed; the pool has been told.
  bool initialize(code_address const& function) {
    block_.shared().stage.store(worker_stage::initializing);
    try {
      function.resolve<void()>()();
    } catch (...) {
      tell_error(0, result_kind::broken);
      return false;
    }
    return true;
  }

  void serve() {
    block_.shared().stage.store(worker_stage::serving);
    while (true) {
      if (record* const r = requests_.front())
        serve(*r);
      else if (block_.shared().stop.load() != 0)
        return;
      else
        wait_for_call();
    }
  }

 private:
  void serve(record& r) {
    ring_message call(requests_, r, socket_.get());
    if (!r.begin()) return call.pop();
    if (note_times_) r.began.store(clock::monotonic().time_since_epoch().count(), std::memory_order_relaxed);  // relaxed: a hint
    std::uint64_t const number = call.number();
    try {
      out_.clear();
      call.read([this](message_reader& in) { run_remote_call(in, out_); });
      flush_output();
      send(number, result_kind::value);
    } catch (...) {
      flush_output();
      tell_error(number, result_kind::error);
    }
    call.pop();
  }

  void tell_error(std::uint64_t number, result_kind kind) {
    remote_error const e = remote_error::current();
    out_.clear();
    out_(e);
    send(number, kind);
  }

  void send(std::uint64_t number, result_kind kind) {
    std::uint64_t position = 0;
    message_label const label{number, static_cast<std::uint32_t>(kind)};
    while (!post_message(answers_, socket_.get(), label, out_, position)) wait_for_room(label);
    if (block_.shared().pool.take()) eventfd_write(results_.get(), 1);
  }

  void wait_for_room(message_label) {
    block_.shared().worker.sleep(wake_word::for_room,
                                 [this] { return answers_.reserve(out_.memory() < 0 ? out_.size() : 0) != nullptr; });
  }

  bool has_work() noexcept { return !requests_.empty() || block_.shared().stop.load() != 0; }

  void wait_for_call() {
    clock::time_point const begin = clock::monotonic();
    if (spin_.pays()) {
      constexpr int looks = 64;
      do {
        for (int i = 0; i < looks; ++i) {
          if (has_work()) return spin_.spun(1);
          pause_processor();
        }
      } while (clock::monotonic() - begin < adaptive_spin::longest);
      spin_.spun(0);
    }
    block_.shared().worker.sleep(wake_word::for_work, [this] { return has_work(); });
    spin_.slept(clock::monotonic() - begin, requests_.empty() ? 0 : 1);
  }

  /// What a call has printed shall be there before its result is.
  static void flush_output() noexcept {
    if (__fpending(stdout) > 0) std::fflush(stdout);
  }

  worker_block block_;
  ring_reader requests_;
  ring_writer answers_;
  unique_fd results_;
  unique_fd socket_;
  bool note_times_;
  message_writer out_;
  adaptive_spin spin_;
};

}  // namespace

void write_worker_arguments(message_writer& out, worker_arguments const& a) {
  for (int const fd : {a.block, a.results, a.socket}) out(out.attach(fd));
  out(a.note_times, a.initializer != nullptr);
  if (a.initializer) out(code_address::of(a.initializer));
}

int serve_pool(message_reader& arguments) {
  unique_fd descriptors[3];
  for (unique_fd& fd : descriptors) {
    std::uint32_t index = 0;
    arguments(index);
    fd = arguments.take_descriptor(index);
  }
  bool note_times = false, has_initializer = false;
  code_address initializer;
  arguments(note_times, has_initializer);
  if (has_initializer) arguments(initializer);
  pool_server server(std::move(descriptors[0]), std::move(descriptors[1]), std::move(descriptors[2]), note_times);
  if (has_initializer && !server.initialize(initializer)) return 1;
  server.serve();
  return 0;
}

}  // namespace halka::detail

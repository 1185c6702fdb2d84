// SPDX-License-Identifier: MIT
// Reads of a file, processes, calls on worker threads and messages between loops with libuv, whose callbacks begin the next one.
// Files are read in its worker threads.
#include "../common/file_reads.hpp"

#include <uv.h>

#include <fcntl.h>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using bench::meter;
using bench::order;

/// One of those that are under way; when it is through, it begins the next.
struct reader {
  uv_fs_t request{};
  bench::read_file* file = nullptr;
  char* memory = nullptr;
  std::size_t left = 0;

  void begin() {
    uv_buf_t buffer = uv_buf_init(memory, bench::piece);
    request.data = this;
    uv_fs_read(uv_default_loop(), &request, file->fd(), &buffer, 1, static_cast<std::int64_t>(file->next_offset()), done);
  }
  static void done(uv_fs_t* request) {
    auto& self = *static_cast<reader*>(request->data);
    bench::check_piece(request->result);
    uv_fs_req_cleanup(request);
    if (--self.left > 0) self.begin();
  }
};

void read_all(order const& o, meter& m, int flags) {
  bench::read_file file(flags);
  bench::read_memory const memory(o.alive);
  std::vector<reader> readers(o.alive);
  m.start();
  for (std::size_t i = 0; i < o.alive; ++i) {
    readers[i].file = &file;
    readers[i].memory = memory.at(i);
    readers[i].left = o.units / o.alive;
    readers[i].begin();
  }
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  m.stop();
}

struct starter {
  uv_process_t process{};
  std::size_t left = 0;

  void begin() {
    static char path[] = "/bin/true";
    static char* arguments[] = {path, nullptr};
    uv_process_options_t options{};
    options.file = path;
    options.args = arguments;
    options.exit_cb = ended;
    process.data = this;
    if (uv_spawn(uv_default_loop(), &process, &options) != 0) throw std::runtime_error("uv_spawn failed");
  }
  static void ended(uv_process_t* process, std::int64_t status, int) {
    if (status != 0) throw std::runtime_error("/bin/true failed");
    uv_close(reinterpret_cast<uv_handle_t*>(process), [](uv_handle_t* h) {
      auto& self = *static_cast<starter*>(h->data);
      if (--self.left > 0) self.begin();
    });
  }
};

void processes(order const& o, meter& m) {
  std::vector<starter> starters(o.alive);
  m.start();
  for (starter& s : starters) {
    s.left = o.units / o.alive;
    s.begin();
  }
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  m.stop();
}

/// A call on a worker thread.
struct caller {
  uv_work_t request{};
  std::size_t left = 0;
  std::size_t result = 0;

  void begin() {
    request.data = this;
    uv_queue_work(
        uv_default_loop(), &request, [](uv_work_t* r) { of(r).result = of(r).left; },
        [](uv_work_t* r, int) {
          bench::sink = of(r).result;
          if (--of(r).left > 0) of(r).begin();
        });
  }
  static caller& of(uv_work_t* r) { return *static_cast<caller*>(r->data); }
};

void to_thread_on_all_cores(order const& o, meter& m) {
  std::vector<caller> callers(o.alive);
  m.start();
  for (caller& c : callers) {
    c.left = o.units / o.alive;
    c.begin();
  }
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  m.stop();
}

void to_thread(order const& o, meter& m) {
  bench::use_one_core();
  to_thread_on_all_cores(o, m);
}

/// One of two loops that wake each other.
struct player {
  uv_loop_t loop{};
  uv_async_t ball{};
  player* other = nullptr;
  std::size_t left = 0;
  bool serves = false;

  void prepare(std::size_t n) {
    left = n;
    ball.data = this;
    if (uv_loop_init(&loop) != 0 || uv_async_init(&loop, &ball, hit) != 0) throw std::runtime_error("libuv: no loop");
  }
  static void hit(uv_async_t* ball) {
    auto& self = *static_cast<player*>(ball->data);
    --self.left;
    if (self.left > 0 || !self.serves) uv_async_send(&self.other->ball);
    if (self.left == 0) uv_close(reinterpret_cast<uv_handle_t*>(ball), nullptr);
  }
  void run() {
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }
};

void message_on_all_cores(order const& o, meter& m) {
  player here, there;
  here.serves = true;
  here.other = &there;
  there.other = &here;
  here.prepare(o.units);
  there.prepare(o.units);
  std::thread other([&] { there.run(); });
  m.start();
  uv_async_send(&there.ball);
  here.run();
  m.stop();
  other.join();
}

void message(order const& o, meter& m) {
  bench::use_one_core();
  message_on_all_cores(o, m);
}

constexpr bench::workload workloads[] = {
    {"read", [](order const& o, meter& m) { read_all(o, m, 0); }},
    {"read_direct", [](order const& o, meter& m) { read_all(o, m, O_DIRECT); }},
    {"process", processes},
    {"to_thread", to_thread},
    {"to_thread_cores", to_thread_on_all_cores},
    {"message", message},
    {"message_cores", message_on_all_cores},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }

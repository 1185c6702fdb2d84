// SPDX-License-Identifier: MIT
// Reads of a file and processes with libuv, whose callbacks begin the next one. Files are read in its worker threads.
#include "../common/file_reads.hpp"

#include <uv.h>

#include <fcntl.h>
#include <cstddef>
#include <stdexcept>
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

constexpr bench::workload workloads[] = {
    {"read", [](order const& o, meter& m) { read_all(o, m, 0); }},
    {"read_direct", [](order const& o, meter& m) { read_all(o, m, O_DIRECT); }},
    {"process", processes},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }

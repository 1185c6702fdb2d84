// SPDX-License-Identifier: MIT
#include "zygote.hpp"

#include "../../io/make_pipe.hpp"
#include "../../io/spawn.hpp"
#include "../message/message_writer.hpp"
#include "child_description.hpp"
#include "credentials.hpp"
#include "descriptor_message.hpp"
#include "zygote_entry.hpp"
#include "zygote_protocol.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace halka {

using namespace zygote_protocol;

namespace {

/// Starting the program again takes milliseconds; more only on a machine in distress, or if it is no zygote that began.
constexpr int most_start_milliseconds = 30'000;

[[noreturn]] void throw_start_error(std::error_code error, std::string_view name, std::string const& detail = {}) {
  throw std::system_error(error, "start a process for " + std::string(name) + detail);
}
[[noreturn]] void throw_start_error(int error, std::string_view name) { throw_start_error({error, std::system_category()}, name); }

/// What goes wrong on the way is told as part of starting this one.
template <class F>
auto starting(std::string_view name, F step) {
  try {
    return step();
  } catch (std::system_error const& e) {
    std::string what = e.what();
    std::string const reason = ": " + e.code().message();
    if (what.ends_with(reason)) what.resize(what.size() - reason.size());
    throw_start_error(e.code(), name, ": " + what);
  }
}

void take_status(pid_t pid) noexcept {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void kill_process(unique_fd const& pidfd) noexcept { syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0); }

struct socket_pair {
  unique_fd ours;
  unique_fd theirs;
};

socket_pair make_sockets() {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0)
    throw std::system_error(errno, std::system_category(), "start the zygote process: socketpair");
  return {unique_fd(fds[0]), unique_fd(fds[1])};
}

/// The library that this code is in, which the zygote must have too; empty if it is the executable itself.
std::string library_of_this_code() {
  Dl_info info{};
  link_map* map = nullptr;
  if (!dladdr1(reinterpret_cast<void const*>(&detail::require_zygote_entry), &info, reinterpret_cast<void**>(&map),
               RTLD_DL_LINKMAP))
    return {};
  return map->l_name;
}

}  // namespace

/// One zygote process and the socket to it.
class zygote::connection {
 public:
  explicit connection(unique_fd socket) : credentials_(detail::credentials::now()), owner_(getpid()) {
    await_ready(socket.get());
    socket_ = socket.release();
  }
  ~connection() { close(socket_); }
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  /// False if it has died or belongs to the parent of this process.
  bool serves() const {
    pollfd p{socket_, POLLRDHUP, 0};
    return getpid() == owner_ && poll(&p, 1, 0) == 0;
  }
  /// False if it would start processes with other credentials.
  bool fits() const { return credentials_ == detail::credentials::now(); }

  /// Sends a request and takes the answer. *Errors*: the errno in it; EPIPE if the zygote has died.
  detail::passed_message ask(std::span<iovec const> parts, std::span<int const> descriptors, answer& a) {
    std::lock_guard const lock(mutex_);
    while (owed_) {
      answer late;
      detail::passed_message const m = take(late);
      if (owed_) {
        a.error = late.error;
        return {};
      }
      for (unique_fd const& pidfd : m.descriptors) kill_process(pidfd);  // nobody waits for that process any more
    }
    a.error = detail::send_with_descriptors(socket_, parts, descriptors);
    if (a.error != 0) return {};
    return take(a);
  }

 private:
  /// An answer that could not be taken, for want of memory, is taken before the next question.
  detail::passed_message take(answer& a) {
    owed_ = true;
    detail::passed_message m = receive_answer(socket_, a);
    owed_ = m.error != 0 && m.size == 0;
    return m;
  }

  static void await_ready(int socket) {
    pollfd p{socket, POLLIN, 0};
    int ready;
    do {
      ready = poll(&p, 1, most_start_milliseconds);
    } while (ready < 0 && errno == EINTR);
    answer a;
    if (ready > 0)
      receive_answer(socket, a);
    else
      a.error = ready < 0 ? errno : ETIMEDOUT;
    if (a.error != 0)
      throw std::system_error(a.error, std::system_category(), "start the zygote process: /proc/self/exe did not become one");
  }

  int socket_ = -1;  // not in a loop's ledger: it is not the program's to close
  detail::credentials credentials_;
  pid_t owner_;
  bool owed_ = false;  // an answer
  std::mutex mutex_;
};

zygote::zygote(children_of_children those) noexcept : those_(those) { detail::require_zygote_entry(); }

zygote::~zygote() = default;

zygote& zygote::common() {
  static zygote* const one = new zygote(children_of_children::live);  // processes may be started while static objects are destroyed
  return *one;
}

std::shared_ptr<zygote::connection> zygote::connect() {
  std::lock_guard const lock(mutex_);
  if (now_ && !now_->serves()) now_.reset();
  if (now_ && now_->fits()) return now_;
  std::erase_if(before_, [](auto const& c) { return !c->serves(); });
  if (now_) before_.push_back(std::exchange(now_, nullptr));
  if (those_ == children_of_children::ended) return now_ = connect_contained();
  socket_pair sockets = make_sockets();
  std::vector<std::string> environment{std::string(variable) + '=' + std::to_string(sockets.theirs.get())};
  if (std::string const library = library_of_this_code(); !library.empty()) {
    char const* const before = std::getenv("LD_PRELOAD");
    environment.push_back(std::string(preload_variable) + '=' + (before ? before : ""));
    environment.push_back("LD_PRELOAD=" + library + (before && *before ? ':' + std::string(before) : ""));
  }
  int const inherited = sockets.theirs.get();
  unique_fd const null(open("/dev/null", O_RDWR | O_CLOEXEC));  // what static objects print was printed by this process already
  io::spawn_options const options{.standard_input = null.get(),
                                  .standard_output = null.get(),
                                  .inherited = std::span(&inherited, 1),
                                  .environment = environment,
                                  .new_process_group = true,
                                  .status_wanted = false};
  std::array<std::string, 1> const arguments{"/proc/self/exe"};
  io::spawned_process const first = io::spawn_process(arguments, options);
  sockets.theirs.close();
  try {
    now_ = std::make_shared<connection>(std::move(sockets.ours));
  } catch (...) {
    if (first.pidfd) kill_process(first.pidfd);
    take_status(first.pid);
    throw;
  }
  take_status(first.pid);  // it has left a copy of itself that serves
  return now_;
}

/// A copy of the common zygote: cheaper than starting the program once more.
std::shared_ptr<zygote::connection> zygote::connect_contained() {
  socket_pair sockets = make_sockets();
  request r;
  r.kind = request_kind::start_zygote;
  iovec const part{&r, sizeof r};
  int const descriptor = sockets.theirs.get();
  answer a;
  common().connect()->ask(std::span(&part, 1), std::span(&descriptor, 1), a);
  if (a.error != 0) throw std::system_error(a.error, std::system_category(), "start the zygote process of a pool");
  sockets.theirs.close();
  return std::make_shared<connection>(std::move(sockets.ours));
}

started_child zygote::start(child_start const& what) {
  unique_fd const directory(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  message_writer self;
  detail::write_description(self, what, directory.get());
  message_writer const none;
  message_writer const& arguments = what.arguments ? *what.arguments : none;

  request r;
  std::vector<iovec> parts{{&r, sizeof r}};
  std::vector<int> descriptors;
  std::size_t size = sizeof r;
  auto const add = [&](message_writer const& m, message_part& part) {
    part.size = m.size();
    part.descriptors = static_cast<std::uint32_t>(m.descriptors().size());
    part.in_memory = m.memory() >= 0;
    if (part.in_memory) {
      descriptors.push_back(m.memory());
    } else {
      parts.push_back({const_cast<std::byte*>(m.bytes().data()), m.size()});
      size += m.size();
    }
    descriptors.insert(descriptors.end(), m.descriptors().begin(), m.descriptors().end());
  };
  add(self, r.self);
  add(arguments, r.arguments);
  descriptors.push_back(-1);  // for the status
  if (descriptors.size() > most_descriptors || size > largest_datagram) throw_start_error(E2BIG, what.name);

  answer a;
  detail::passed_message m;
  pipe_ends status;
  // One that is being killed may take a request and not live to answer it.
  for (int attempts = 2; attempts > 0; --attempts) {
    a = {};
    status = starting(what.name, [] { return make_pipe(); });
    descriptors.back() = status.write_end.get();
    std::shared_ptr<connection> const to = starting(what.name, [&] { return connect(); });
    m = to->ask(parts, descriptors, a);
    if (a.error != EPIPE) break;
  }
  if (a.error == 0 && m.descriptors.size() != 1) a.error = EPROTO;
  if (a.error != 0) {
    if (a.pid > 0) kill(a.pid, SIGKILL);  // there was no room for its pidfd
    throw_start_error(a.error, what.name);
  }
  return {a.pid, std::move(m.descriptors.front()), std::move(status.read_end)};
}

}  // namespace halka

// SPDX-License-Identifier: MIT
#include "thread_pool.hpp"

#include "../sched/future.hpp"
#include "../sched/running.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace halka {

namespace {

std::size_t default_threads() noexcept { return std::min<std::size_t>(32, std::thread::hardware_concurrency() + 4); }

/// Sets a future from another thread, once its loop runs the message.
class message final : public runnable {
 public:
  message(event_loop& loop, future<> f) noexcept
      : runnable{nullptr, deliver}, loop_(loop), home_(loop.address()), future_(std::move(f)) {
    loop_.outside().hold();
  }
  ~message() {
    if (!sent_) loop_.outside().unhold();
  }
  message(message const&) = delete;
  message& operator=(message const&) = delete;
  void send() noexcept {
    sent_ = true;
    std::shared_ptr<mailbox> const home = home_;
    if (!home->post(*this)) delete this;  // the loop has ended, and with it everybody who could ask
  }

 private:
  static void deliver(runnable& r) {
    auto& self = static_cast<message&>(r);
    self.loop_.outside().unhold();
    if (!self.future_.done()) self.future_.set_result();
    delete &self;
  }
  event_loop& loop_;
  std::shared_ptr<mailbox> home_;
  future<> future_;
  bool sent_ = false;
};

}  // namespace

thread_pool::thread_pool(thread_pool_options options)
    : workers_(std::make_unique<worker_threads>(
          options.threads ? options.threads : default_threads(), std::string(options.name),
          options.initializer ? std::function<void()>(options.initializer) : std::function<void()>(), options.queue_limit)) {}

task<> thread_pool::shutdown(shutdown_options options) {
  if (workers_->on_own_thread())
    throw std::logic_error("thread pool: a call on one of its own threads cannot shut it down, because it would wait for itself");
  future<> ended;
  auto tell = std::make_unique<message>(*detail::current.loop, ended);
  workers_->close(options.cancel_pending, [to = tell.get()] { to->send(); });
  static_cast<void>(tell.release());  // it deletes itself when it has arrived
  co_await ended;
  workers_->join();
}

}  // namespace halka

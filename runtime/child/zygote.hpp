// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "child_start.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace halka {

/// Starts functions of this program in processes of their own.
///
/// A running program cannot simply fork: its threads, and whatever they held locked, would be missing in the child. So the program
/// is started a second time, once, and stopped before its main: the *zygote*, which has one thread and no state, and forks whenever
/// a process is wanted. A child has the functions and the static objects of the program as they were before main, the present
/// environment, directory, umask, standard output and error of this process, /dev/null as its standard input, no other descriptors
/// but those in its arguments, default signals, and a process group of its own, so that Ctrl-C reaches only this process.
///
/// The children end with this process, whatever ends it. A zygote that has died is replaced by the next `start`, and so is one with
/// other credentials than this process has by now (setuid).
///
/// *Thread safety*: any thread.
class HALKA_API zygote {
 public:
  enum class children_of_children {
    live,   // are left alone
    ended,  // are killed when their parent ends
  };

  explicit zygote(children_of_children those) noexcept;
  /// With `ended`, kills all processes that it has started and whatever these have started.
  ~zygote();
  zygote(zygote const&) = delete;
  zygote& operator=(zygote const&) = delete;

  /// The one for all who need nothing special; its children's children live.
  static zygote& common();

  /// Starts a process. The thread stands still for the time of a fork, 0.2 ms; the first time for that of starting the program.
  ///
  /// *Errors*: `std::system_error` "start a process for NAME: ..."; nothing was started then.
  started_child start(child_start const& what);

 private:
  class connection;

  std::shared_ptr<connection> connect();
  std::shared_ptr<connection> connect_contained();

  children_of_children const those_;
  std::mutex mutex_;
  std::shared_ptr<connection> now_;
  std::vector<std::shared_ptr<connection>> before_;  // with other credentials; their children may still run
};

}  // namespace halka

// SPDX-License-Identifier: MIT
// What processes get from each other through a pipe, a queue and the other objects that they share: what an honest process sends
// arrives whole, once and in order, whatever a dishonest one sends between; arbitrary bytes with arbitrary descriptors are read or
// refused, never wait, and leave no descriptor behind. With it what a program and its zygote tell each other.
#include "processes.hpp"
#include "descriptors.hpp"
#include "input.hpp"

#include <halka/runtime/child/descriptor_message.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace halka::fuzz {

namespace {

// -- a pipe

struct letter {
  std::string text;
  std::vector<unique_fd> enclosed;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text, enclosed);
  }
};

class pipe_traffic {
 public:
  explicit pipe_traffic(input& in) : in_(in) { fcntl(ends_.first->fd(), F_SETFL, O_RDWR | O_NONBLOCK); }

  void run() {
    while (!in_.ended()) {
      switch (in_.below(4)) {
        case 0:
          send();
          break;
        case 1:
          send_something_else();
          break;
        default:
          receive();
      }
    }
    while (!sent_.empty()) receive();
    receive();
  }

 private:
  void send() {
    letter l;
    l.text.assign(in_.byte() * (in_.below(4) == 0 ? 300U : 2U), static_cast<char>('a' + sent_.size() % 26));
    for (unsigned n = in_.below(4); n > 0; --n) l.enclosed.push_back(descriptors_.make(in_));
    if (sender_.try_send(l)) sent_.emplace_back(std::pair(l.text, l.enclosed.size()));
  }

  void send_something_else() {
    std::array<std::uint32_t, 2> header{in_.below(2), in_.below(4)};
    std::vector<unique_fd> const fds = descriptors_.some(in_, in_.below(4));
    if (in_.below(2) == 0) header[1] = static_cast<std::uint32_t>(fds.size());
    std::string body = in_.text(in_.below(64));
    if (in_.below(16) == 0) body.resize(in_.byte() * 512U, 'x');  // more than a message may have
    std::array<iovec, 2> const parts{
        {{header.data(), in_.below(8) == 0 ? in_.below(9) : sizeof header}, {body.data(), body.size()}}};
    if (parts[0].iov_len + body.size() == 0) return;  // looks like the end
    std::vector<int> numbers;
    for (unique_fd const& fd : fds) numbers.push_back(fd.get());
    if (detail::send_with_descriptors(ends_.first->fd(), parts, numbers) == 0) sent_.emplace_back(std::nullopt);
  }

  void receive() {
    std::optional<letter> came;
    bool const good = accepted([&] { came = receiver_.try_receive(); });
    if (sent_.empty()) return must(good && !came, "a message that nobody sent");
    auto const expected = std::move(sent_.front());
    sent_.pop_front();
    if (!expected) return;
    must(good && came.has_value(), "an honest message was refused");
    must(came->text == expected->first && came->enclosed.size() == expected->second, "what is in a message");
    for (unique_fd const& fd : came->enclosed) must(fcntl(fd.get(), F_GETFD) == FD_CLOEXEC, "a descriptor that came");
  }

  input& in_;
  descriptor_maker descriptors_;
  std::pair<std::shared_ptr<detail::process_pipe_end>, std::shared_ptr<detail::process_pipe_end>> ends_ =
      detail::process_pipe_end::make_pair();
  process_pipe_sender<letter> sender_{ends_.first};
  process_pipe_receiver<letter> receiver_{ends_.second};
  std::deque<std::optional<std::pair<std::string, std::size_t>>> sent_;
};

// -- a queue, which two processes have

class queue_traffic {
 public:
  explicit queue_traffic(input& in) : in_(in), maxsize_(in.below(4)), first_(maxsize_) {
    message_writer out;
    first_.save(out);
    std::vector<unique_fd> fds;
    for (int const fd : out.descriptors()) fds.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    memory_ = unique_fd(fcntl(fds.at(0).get(), F_DUPFD_CLOEXEC, 0));
    message_reader reader(out.bytes(), fds);
    second_.load(reader);
  }

  void run() {
    while (!in_.ended()) {
      process_queue<std::string>& q = in_.below(2) == 0 ? first_ : second_;
      switch (in_.below(8)) {
        case 0:
        case 1:
        case 2:
          put(q);
          break;
        case 3:
        case 4:
        case 5:
          get(q);
          break;
        case 6:
          if (in_.below(8) == 0) shut_down(q);
          break;
        default:
          if (in_.below(2) == 0) lie();
      }
      if (!lied_) must(q.size() == items_.size() && q.full() == full(), "the size of a queue");
    }
  }

 private:
  bool full() const { return maxsize_ > 0 && items_.size() >= static_cast<std::size_t>(maxsize_); }

  void put(process_queue<std::string>& q) {
    std::string const item(in_.byte() * (in_.below(4) == 0 ? 256U : 8U), static_cast<char>('a' + puts_++ % 26));
    bool const good = accepted([&] { q.put_nowait(item); });
    if (lied_) return;
    must(good == (!full() && !shut_down_), "whether an item was put");
    if (good) items_.push_back(item);
  }

  void get(process_queue<std::string>& q) {
    std::string item;
    bool const good = accepted([&] { item = q.get_nowait(); });
    if (lied_) return;
    must(good == !items_.empty(), "whether an item was got");
    if (!good) return;
    must(item == items_.front(), "the item that was got");
    items_.pop_front();
  }

  void shut_down(process_queue<std::string>& q) {
    bool const immediate = in_.below(2) == 0;
    static_cast<void>(accepted([&] { q.shutdown(immediate); }));
    shut_down_ = true;
    if (immediate) items_.clear();
  }

  /// What another process can do to the state and to the items. (To write into the lock is beyond what anybody can bear.)
  void lie() {
    lied_ = true;
    constexpr std::size_t copies = 64, copy_size = detail::shared_page::room;
    std::uint64_t const number = in_.below(2) == 0 ? in_.number() : in_.byte() * 8U;
    std::uint64_t where = copies + in_.below(2) * copy_size + in_.below(7) * sizeof number;
    if (in_.below(2) == 0) where = detail::shared_page::size + in_.byte() * 8U;
    static_cast<void>(!pwrite(memory_.get(), &number, sizeof number, static_cast<off_t>(where)));
  }

  input& in_;
  std::ptrdiff_t const maxsize_;
  process_queue<std::string> first_, second_{1};
  unique_fd memory_;
  std::deque<std::string> items_;
  unsigned puts_ = 0;
  bool shut_down_ = false;
  bool lied_ = false;
};

void run(bytes given) {
  input in(given);
  std::size_t const before = open_descriptors();
  switch (in.below(4)) {
    case 0:
      pipe_traffic(in).run();
      break;
    case 1:
      queue_traffic(in).run();
      break;
    case 2:
      talk_with_zygote(in);
      break;
    default:
      use_received_objects(in);
  }
  must(open_descriptors() == before, "a descriptor is left");
}

target const registered("processes", run);

}  // namespace

}  // namespace halka::fuzz

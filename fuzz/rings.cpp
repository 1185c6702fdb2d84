// SPDX-License-Identifier: MIT
// The rings of a process pool, whose other end may write anything: records are delivered once and in order while both ends are
// honest; a liar is refused with an exception, and whatever it writes nobody reads or writes outside of the memory.
#include "descriptors.hpp"
#include "input.hpp"

#include <halka/runtime/message/message_error.hpp>
#include <halka/runtime/message/message_types.hpp>
#include <halka/runtime/pool/record_ring.hpp>
#include <halka/runtime/pool/ring_message.hpp>

#include <sys/socket.h>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

namespace halka::fuzz {

namespace {

constexpr std::size_t ring_size = 1024;

struct shared {
  detail::ring_positions positions;
  // Of its own, so that a step out of it is seen.
  std::unique_ptr<std::byte[], void (*)(std::byte*)> memory{new (std::align_val_t(64)) std::byte[ring_size]{},
                                                            [](std::byte* p) { ::operator delete[](p, std::align_val_t(64)); }};
  std::span<std::byte> span() const { return {memory.get(), ring_size}; }
};

class exchange {
 public:
  explicit exchange(input& in) : in_(in) {}

  void run() {
    while (!in_.ended()) {
      switch (in_.below(8)) {
        case 0:
        case 1:
        case 2:
          post();
          break;
        case 3:
        case 4:
          receive();
          break;
        case 5:
          take_back();
          break;
        case 6:
          lie();
          break;
        default:
          send_something_else();
      }
    }
    if (!lied_)
      while (!sent_.empty()) receive();
  }

 private:
  struct sent {
    std::uint64_t number;
    std::uint64_t position;
    std::string text;
    bool descriptor;
    bool taken_back = false;
  };

  void post() {
    message_writer out;
    sent s{++number_, 0, std::string(in_.byte() * 2, static_cast<char>('a' + number_ % 26)), in_.below(4) == 0};
    out(s.text);
    if (s.descriptor) out(sockets_.a);
    try {
      if (!writer_.can_hold(out.size())) return;
      if (!detail::post_message(writer_, sockets_.a.get(), {s.number, 7}, out, s.position)) return;
      sent_.push_back(s);
    } catch (std::exception const&) {
      must(lied_, "an honest reader was taken for a liar");
      throw;
    }
  }

  void receive() {
    detail::record* const r = reader_.front();
    if (!r) return must(lied_ || sent_.empty(), "a record is lost");
    try {
      detail::ring_message message(reader_, *r, sockets_.b.get());
      bool const mine = r->begin();
      if (!lied_) {
        must(!sent_.empty() && message.number() == sent_.front().number && message.kind() == 7, "the order of records");
        must(mine != sent_.front().taken_back, "who has the record");
      }
      if (mine) message.read([this](message_reader& in) { read(in); });
      message.pop();
    } catch (message_error const&) {
      must(lied_, "an honest message was refused");
      throw;
    }
    if (!lied_) sent_.pop_front();
  }

  void read(message_reader& in) {
    std::string text;
    unique_fd fd;
    in(text);
    if (lied_) return in(fd), void();
    must(text == sent_.front().text, "the text of a record");
    if (sent_.front().descriptor) {
      in(fd);
      must(fd.is_open(), "the descriptor of a record");
    }
  }

  void take_back() {
    if (sent_.empty()) return;
    sent& s = sent_[in_.below(static_cast<unsigned>(std::min<std::size_t>(sent_.size(), 256)))];
    bool const taken = writer_.take_back(s.position);
    must(lied_ || taken != s.taken_back, "a record that nobody has begun was not taken back");
    s.taken_back = s.taken_back || taken;
  }

  /// What another process can do.
  void lie() {
    lied_ = true;
    switch (in_.below(4)) {
      case 0:
        shared_.positions.tail.store(in_.below(2) == 0 ? in_.number() : in_.byte() * 32U);
        break;
      case 1:
        shared_.positions.head.store(in_.below(2) == 0 ? in_.number() : in_.byte() * 32U);
        break;
      case 2:
        if (!sent_.empty()) lie_about_record(sent_.front().position % ring_size);
        break;
      default: {
        std::size_t const at = in_.byte() * 4U % ring_size;
        std::string const junk = in_.text(1 + in_.below(32));
        std::memcpy(shared_.memory.get() + at, junk.data(), std::min(junk.size(), ring_size - at));
      }
    }
  }

  /// About its size, and about that of the text in it.
  void lie_about_record(std::size_t at) {
    auto const size = static_cast<std::uint32_t>(in_.below(2) == 0 ? in_.number() : in_.byte() * 8U);
    std::uint64_t const text_size = in_.below(2) == 0 ? in_.number() : in_.byte() * 8U;
    std::memcpy(shared_.memory.get() + at + offsetof(detail::record, size), &size, sizeof size);
    if (at + sizeof(detail::record) + sizeof text_size <= ring_size)
      std::memcpy(shared_.memory.get() + at + sizeof(detail::record), &text_size, sizeof text_size);
  }

  void send_something_else() {
    if (in_.below(2) != 0) return;
    lied_ = true;
    std::string const junk = in_.text(in_.below(16));
    static_cast<void>(!::send(sockets_.a.get(), junk.data(), junk.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  input& in_;
  shared shared_;
  packet_sockets sockets_;
  detail::ring_writer writer_{shared_.positions, shared_.span()};
  detail::ring_reader reader_{shared_.positions, shared_.span()};
  std::deque<sent> sent_;
  std::uint64_t number_ = 0;
  bool lied_ = false;
};

void run(bytes given) {
  input in(given);
  exchange e(in);
  try {
    e.run();
  } catch (message_error const&) {
  } catch (std::runtime_error const&) {  // garbage
  }
}

target const registered("rings", run);

}  // namespace

}  // namespace halka::fuzz

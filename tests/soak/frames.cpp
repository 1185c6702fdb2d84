// SPDX-License-Identifier: MIT
// Several tasks write frames over one stream at the same time, and give some writes up. Frames must arrive whole, those of each
// writer in order; only such as were given up may be missing.
#include "direction.hpp"
#include "random_source.hpp"

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace soak {

namespace {

constexpr unsigned writers = 4;
constexpr unsigned size_bits = 17;
constexpr std::uint64_t mark = 0x68616c6b61667261;

struct frame_head {
  std::uint64_t mark;
  std::uint64_t writer;
  std::uint64_t number;
  std::uint64_t size;
  std::uint64_t hash;
};

/// What is known of the frames of a direction. Both ends are in this process.
struct frame_record {
  std::array<std::vector<bool>, writers> given_up;  // by number
  std::array<std::uint64_t, writers> next{};        // that is expected
};

std::map<direction const*, frame_record>& records() {
  static thread_local std::map<direction const*, frame_record> all;
  return all;
}

std::uint64_t hash_of(std::string_view text) noexcept {
  rolling_hash hash;
  hash.add(text);
  return hash.value();
}

halka::task<> write_frames(halka::stream& s, direction& d, unsigned writer) {
  random_source random(d.seed + 100 + writer);
  std::string payload;
  std::uint64_t written = 0;
  frame_record& record = records()[&d];
  for (std::uint64_t number = 0; written < d.quota / writers; ++number) {
    payload.resize(random.size(size_bits));
    random.fill(payload);
    frame_head const head{mark, writer, number, payload.size(), hash_of(payload)};
    halka::const_buffer const front(&head, sizeof head);
    record.given_up[writer].push_back(false);
    bool const hasty = random.one_in(4);
    d.doing[0] = "write a frame";
    try {
      if (hasty)
        co_await halka::wait_for(s.write(front, payload), random.moment());
      else
        co_await s.write(front, payload);
    } catch (halka::timeout_error const&) {
      record.given_up[writer][number] = true;
      ++d.given_up_writes;
      ++d.sent_all_the_same;  // but for those that turn out to be missing
    }
    written += sizeof head + payload.size();
  }
}

/// Frames that are missing must have been given up.
void check_order(direction& d, frame_record& record, std::uint64_t writer, std::uint64_t number) {
  std::uint64_t& next = record.next[writer];
  if (number < next) d.fail("frame " + std::to_string(number) + " came after frame " + std::to_string(next - 1));
  for (; next < number; ++next)
    if (record.given_up[writer].at(next))
      --d.sent_all_the_same;
    else
      d.fail("frame " + std::to_string(next) + " is lost");
}

/// So many bytes, although the read is given up now and then; fewer at the end of input.
halka::task<std::string> read_patiently(halka::stream& s, direction& d, std::size_t n, random_source& random) {
  while (true) {
    std::string text;
    try {
      d.doing[1] = "read a frame";
      if (random.one_in(8))
        text = co_await halka::wait_for(s.read_exactly(n), random.moment());
      else
        text = co_await s.read_exactly(n);
      co_return text;
    } catch (halka::timeout_error const&) {
      ++d.given_up_reads;
    } catch (halka::incomplete_read_error const& e) {
      text = e.partial();
      co_return text;
    }
  }
}

}  // namespace

halka::task<> send_frames(halka::stream& s, direction& d) {
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (unsigned writer = 0; writer < writers; ++writer) group.create_task(write_frames(s, d, writer));
  });
}

halka::task<> receive_frames(halka::stream& s, direction& d) {
  random_source random(d.seed + 1);
  frame_record& record = records()[&d];
  while (true) {
    std::string const front = co_await read_patiently(s, d, sizeof(frame_head), random);
    if (front.empty()) break;
    if (front.size() < sizeof(frame_head)) d.fail("a frame is torn at its head");
    frame_head head;
    std::memcpy(&head, front.data(), sizeof head);
    if (head.mark != mark || head.writer >= writers) d.fail("what was read as a frame is none");
    check_order(d, record, head.writer, head.number);
    ++record.next[head.writer];
    std::string const payload = co_await read_patiently(s, d, head.size, random);
    if (payload.size() != head.size) d.fail("a frame is torn");
    if (hash_of(payload) != head.hash) d.fail("frame " + std::to_string(head.number) + " has other bytes");
    d.note_received(front);
    d.note_received(payload);
  }
  for (unsigned writer = 0; writer < writers; ++writer) check_order(d, record, writer, record.given_up[writer].size());
  d.sent = d.received;  // all is checked
}

}  // namespace soak

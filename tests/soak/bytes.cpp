// SPDX-License-Identifier: MIT
// Bytes without a structure, in parts of any size, by every way of writing and reading. Some writes and reads are given up soon;
// afterwards the stream itself must tell whether a write has happened, wholly or not at all.
#include "direction.hpp"
#include "file_to_send.hpp"
#include "random_source.hpp"

#include <algorithm>
#include <vector>

namespace soak {

namespace {

constexpr unsigned size_bits = 18;
constexpr std::size_t window_size = std::size_t{1} << size_bits;

halka::task<> pause(std::uint64_t passes) {
  for (; passes > 0; --passes) co_await halka::yield_now();
}

halka::task<> write_all(halka::stream& s, std::string_view part) { co_await s.write(part); }

/// Writes in pieces that are given as a list.
halka::task<> write_gathered(halka::stream& s, std::string_view part, random_source& random) {
  std::vector<halka::const_buffer> list;
  while (!part.empty()) {
    std::size_t const n = std::min(part.size(), random.size(size_bits));
    list.emplace_back(part.substr(0, n));
    part.remove_prefix(n);
  }
  co_await s.write(list);
}

/// Writes, or gives up, and tells which.
halka::task<bool> try_to_write(halka::stream& s, direction& d, std::string_view part, random_source& random) {
  std::uint64_t const before = taken(s);
  bool given_up = false;
  if (random.one_in(4)) {
    auto const winner = co_await halka::race(write_all(s, part), pause(random.below(6)));
    given_up = winner.index() != 0;
  } else {
    try {
      co_await halka::wait_for(s.write(part), random.moment());
    } catch (halka::timeout_error const&) {
      given_up = true;
    }
  }
  std::uint64_t const went = taken(s) - before;
  if (went != part.size() && (went != 0 || !given_up))
    d.fail("of a write of " + std::to_string(part.size()) + " bytes, " + (given_up ? "given up" : "ended") + ", " +
           std::to_string(went) + " were taken");
  if (given_up) ++d.given_up_writes;
  if (given_up && went != 0) ++d.sent_all_the_same;
  co_return went != 0;
}

halka::task<> send_part_of_file(halka::stream& s, direction& d, random_source& random, std::uint64_t most) {
  file_to_send const& file = file_to_send::shared();
  std::uint64_t const size = std::min<std::uint64_t>(most, random.size(size_bits));
  std::uint64_t const offset = random.below(file.text().size() - size);
  std::uint64_t const before = taken(s);
  std::uint64_t told = size;
  bool const hasty = random.one_in(4);
  bool given_up = false;
  try {
    if (hasty)
      told = co_await halka::wait_for(s.send_file(file.fd(), offset, size), random.moment());
    else
      told = co_await s.send_file(file.fd(), offset, size);
  } catch (halka::timeout_error const&) {
    given_up = true;
    ++d.given_up_writes;
  }
  std::uint64_t const went = taken(s) - before;
  if (went > size || (!given_up && (went != size || told != size)))
    d.fail("of " + std::to_string(size) + " bytes of a file " + std::to_string(went) + " were taken");
  d.sent.add(file.text().substr(offset, went));
}

}  // namespace

halka::task<> send_bytes(halka::stream& s, direction& d) {
  random_source random(d.seed);
  random_source bytes(~d.seed);
  std::vector<char> window(window_size);
  std::string_view left;
  while (d.sent.count() < d.quota) {
    if (left.empty()) {
      bytes.fill(window);
      left = {window.data(), window.size()};
    }
    std::uint64_t const wanted = d.quota - d.sent.count();
    std::string_view const part = left.substr(0, std::min<std::uint64_t>(wanted, random.size(size_bits)));
    bool written = true;
    std::uint64_t const way = random.below(16);
    if (way == 0) {
      d.doing[0] = "send_file";
      co_await send_part_of_file(s, d, random, wanted);
      continue;
    }
    if (way < 4) {
      d.doing[0] = "write and give up";
      written = co_await try_to_write(s, d, part, random);
    } else if (way < 8) {
      d.doing[0] = "write a list";
      co_await write_gathered(s, part, random);
    } else {
      d.doing[0] = "write";
      co_await s.write(part);
    }
    if (!written) continue;
    d.sent.add(part);
    left.remove_prefix(part.size());
  }
}

halka::task<> receive_bytes(halka::stream& s, direction& d) {
  random_source random(d.seed + 1);
  std::vector<char> memory(window_size);
  bool more = true;
  while (more) {
    std::size_t const wanted = random.size(size_bits);
    bool const hasty = random.one_in(8);
    auto const patience = hasty ? random.moment() : std::chrono::hours(1);
    std::uint64_t const way = random.below(3);
    std::string text;
    std::size_t in_memory = 0;
    try {
      if (way == 0) {
        d.doing[1] = "read";
        if (hasty)
          text = co_await halka::wait_for(s.read(wanted), patience);
        else
          text = co_await s.read(wanted);
        more = !text.empty();
      } else if (way == 1) {
        d.doing[1] = "read_some";
        halka::mutable_buffer const into(memory.data(), wanted);
        if (hasty)
          in_memory = co_await halka::wait_for(s.read_some(into), patience);
        else
          in_memory = co_await s.read_some(into);
        more = in_memory > 0;
      } else {
        d.doing[1] = "read_exactly";
        if (hasty)
          text = co_await halka::wait_for(s.read_exactly(wanted), patience);
        else
          text = co_await s.read_exactly(wanted);
        if (text.size() != wanted) d.fail("read_exactly gave another number of bytes");
      }
    } catch (halka::timeout_error const&) {
      ++d.given_up_reads;
    } catch (halka::incomplete_read_error const& e) {
      text = e.partial();
      more = false;
    }
    if (text.size() > wanted || in_memory > wanted) d.fail("more was read than asked for");
    d.note_received(text);
    d.note_received({memory.data(), in_memory});
  }
}

}  // namespace soak

// SPDX-License-Identifier: MIT
// Text in lines of any length up to the limit of the stream, read by everything that looks for a line's end.
#include "direction.hpp"
#include "random_source.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace soak {

namespace {

constexpr unsigned length_bits = 15;
constexpr std::size_t batch_size = 65536;

/// Some lines that together have about `size` bytes.
std::string make_lines(random_source& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    std::size_t const begin = text.size();
    text.resize(begin + random.size(length_bits) + 1);
    random.fill(std::span(text).subspan(begin));
    for (std::size_t i = begin; i < text.size(); ++i) text[i] = static_cast<char>('0' + (text[i] & 63));
    text.back() = '\n';
  }
  return text;
}

halka::task<std::string> next_line(halka::stream& s, std::uint64_t way) {
  if (way == 0) return s.read_line();
  if (way == 1) return s.read_until("\n");
  if (way == 2) return s.read_until(std::vector<std::string>{"\r\n", "\n"});
  return [](halka::line_sequence lines) -> halka::task<std::string> {
    std::optional<std::string> line = co_await lines.next();
    co_return line ? std::move(*line) : std::string();
  }(s.lines());
}

}  // namespace

halka::task<> send_lines(halka::stream& s, direction& d) {
  random_source random(d.seed);
  while (d.sent.count() < d.quota) {
    std::size_t const size = std::min<std::uint64_t>(d.quota - d.sent.count(), random.below(batch_size) + 1);
    std::string const text = make_lines(random, size);
    for (std::string_view left = text; !left.empty();) {
      std::string_view const part = left.substr(0, random.size(length_bits));
      d.doing[0] = "write lines";
      co_await s.write(part);
      left.remove_prefix(part.size());
    }
    d.sent.add(text);
  }
}

halka::task<> receive_lines(halka::stream& s, direction& d) {
  random_source random(d.seed + 1);
  while (true) {
    std::string line;
    try {
      d.doing[1] = "read a line";
      if (random.one_in(16))
        line = co_await halka::wait_for(next_line(s, random.below(4)), random.moment());
      else
        line = co_await next_line(s, random.below(4));
    } catch (halka::timeout_error const&) {
      ++d.given_up_reads;
      continue;
    } catch (halka::incomplete_read_error const& e) {
      line = e.partial();
    }
    if (line.empty()) co_return;
    if (line.find('\n') != line.size() - 1) d.fail("what was read as a line is none");
    d.note_received(line);
  }
}

}  // namespace soak

// SPDX-License-Identifier: MIT
#include "stream_search.hpp"

#include "../sched/task.hpp"
#include "stream_errors.hpp"
#include "stream_receive.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace halka::detail {

namespace {

constexpr std::size_t whatever_comes = std::string_view::npos;

/// Waits until the buffer holds more. False at the end of input.
receive_operation<bool> receive_more(stream_state& s) { return receive_operation<bool>(s, {}, whatever_comes); }

/// Where the separator that ends first begins and ends.
struct match {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
  bool found() const noexcept { return end != std::string_view::npos; }
};

match find_first_ending(std::string_view text, std::vector<std::string> const& separators, std::size_t from) {
  match first;
  for (std::string const& separator : separators) {
    std::size_t const begin = text.find(separator, from);
    if (begin != std::string_view::npos && begin + separator.size() < first.end) first = {begin, begin + separator.size()};
  }
  return first;
}

/// How far a search has come: whether it has found its end, and where it goes on when more has arrived.
struct search {
  explicit search(std::vector<std::string> wanted) : separators(std::move(wanted)) {
    if (separators.empty()) throw std::invalid_argument("read_until: no separator");
    for (std::string const& separator : separators) {
      if (separator.empty()) throw std::invalid_argument("read_until: a separator must have at least one byte");
      longest = std::max(longest, separator.size());
      shortest = std::min(shortest, separator.size());
    }
  }

  /// True if a separator is there. *Errors*: `limit_overrun_error`.
  bool look(std::string_view text, std::size_t limit) {
    if (text.size() >= shortest) {
      found = find_first_ending(text, separators, offset);
      if (found.found()) {
        if (found.begin <= limit) return true;
        throw limit_overrun_error("the separator is there, but what stands before it is longer than the limit of " + bytes(limit),
                                  found.begin);
      }
      offset = text.size() + 1 > longest ? text.size() + 1 - longest : 0;
    }
    if (offset > limit) throw limit_overrun_error("no separator within the limit of " + bytes(limit), offset);
    return false;
  }
  static std::string bytes(std::size_t n) { return std::to_string(n) + " bytes"; }

  std::vector<std::string> separators;
  std::size_t longest = 0;
  std::size_t shortest = std::string_view::npos;
  std::size_t offset = 0;
  match found;
};

/// Reads up to the separator, or to the end of input, which the caller tells from the last byte.
task<std::string> read_to(stream_ptr s, search& wanted) {
  s->check_may_read();
  while (!wanted.look(s->input.text(), s->limit())) {
    bool const more = co_await receive_more(*s);
    if (!more) co_return s->input.take(s->input.size());
  }
  co_return s->input.take(wanted.found.end);
}

}  // namespace

task<std::string> read_until(stream_ptr s, std::vector<std::string> separators) {
  search wanted(std::move(separators));
  std::string text = co_await read_to(s, wanted);
  if (!wanted.found.found()) throw incomplete_read_error(std::move(text), std::nullopt);
  co_return text;
}

task<std::string> read_line(stream_ptr s) {
  search wanted(std::vector<std::string>(1, "\n"));
  try {
    co_return co_await read_to(s, wanted);
  } catch (limit_overrun_error const& e) {
    // The line is dropped: up to its end if that is known, else what there is of it.
    std::size_t const size = s->input.size();
    s->input.drop(wanted.found.found() ? std::min(e.consumed() + 1, size) : size);
    throw;
  }
}

task<std::optional<std::string>> next_line(stream_ptr s) {
  std::optional<std::string> line;
  std::string text = co_await read_line(std::move(s));
  if (!text.empty()) line.emplace(std::move(text));
  co_return line;
}

task<std::string> read_all(stream_ptr s) {
  for (bool more = true; more;) more = co_await receive_more(*s);
  co_return s->input.take(s->input.size());
}

task<std::string> read_exactly(stream_ptr s, std::size_t n) {
  s->check_may_read();
  constexpr std::size_t first_step = std::size_t{1} << 16;
  if (n <= first_step) {
    while (s->input.size() < n) {
      bool const more = co_await receive_more(*s);
      if (!more) throw incomplete_read_error(s->input.take(n), n);
    }
    co_return s->input.take(n);
  }
  // Much: received where it shall be. The string grows with what has come, not with what was promised.
  std::string text = s->input.take(n);
  bool ended = false;
  try {
    while (text.size() < n && !ended) {
      std::size_t const before = text.size();
      text.resize(std::min(n, before + std::max(before, first_step)));
      std::size_t got = 0;
      try {
        got = co_await receive_operation<std::size_t>(*s, {text.data() + before, text.size() - before}, text.size() - before);
      } catch (...) {
        text.resize(before);
        throw;
      }
      text.resize(before + got);
      ended = got == 0;
    }
  } catch (...) {
    s->input.put_back(text);
    throw;
  }
  if (ended) throw incomplete_read_error(std::move(text), n);
  co_return text;
}

}  // namespace halka::detail

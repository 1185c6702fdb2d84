// SPDX-License-Identifier: MIT
// Reads of a stream against a model over strings. The input decides what is sent, how it is cut into arrivals, the limit, and the
// reads, each with a time after which it is cancelled. One arrival comes each millisecond of virtual time, that is, one whenever
// the reader waits.
#include "input.hpp"

#include <halka/halka.hpp>
#include <halka/runtime/testing/test_backend.hpp>

#include <sys/socket.h>
#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace halka::fuzz {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_room = 1000;  // of a read into memory

struct request {
  enum class kind { read, read_some, exactly, until, line, all } what = kind::read;
  std::size_t n = 0;
  std::vector<std::string> separators = {};
  unsigned patience = 0;  // arrivals
};

/// Few letters, so that separators come often.
char letter(std::uint8_t b) { return "abc\n"[b % 4]; }

struct scenario {
  explicit scenario(input& in) {
    limit = in.below(4) == 0 ? 65536 : in.below(24);
    unsigned const count = 1 + in.below(12);
    for (unsigned i = 0; i < count; ++i) requests.push_back(next_request(in));
    while (!in.ended() && arrivals.size() < 64) {
      std::uint8_t const size = in.byte();
      std::string piece = in.text(1 + size % 16);
      for (char& c : piece) c = letter(static_cast<std::uint8_t>(c));
      if (size >= 250) piece.append(900, size % 2 ? 'a' : '\n');
      if (!piece.empty()) arrivals.push_back(std::move(piece));
    }
  }

  static request next_request(input& in) {
    request r{static_cast<request::kind>(in.below(6))};
    r.n = in.byte();
    if (r.n >= 250) r.n = (r.n - 249) * 60000;
    r.patience = in.below(8) == 0 ? in.below(4) : 1000;
    if (r.what != request::kind::until) return r;
    unsigned const many = 1 + in.below(3);
    for (unsigned i = 0; i < many; ++i) {
      std::string separator = in.text(1 + in.below(3));
      for (char& c : separator) c = letter(static_cast<std::uint8_t>(c));
      r.separators.push_back(separator.empty() ? "\n" : separator);
    }
    return r;
  }

  std::size_t limit;
  std::vector<request> requests;
  std::deque<std::string> arrivals;
};

// -- the model

class model {
 public:
  explicit model(scenario const& s) : limit_(s.limit), arrivals_(s.arrivals) {}

  std::string answer(request const& r) {
    patience_ = r.patience;
    try {
      return what(r);
    } catch (cancelled) {
      arrive();
      return "cancelled";
    }
  }

 private:
  struct cancelled {};

  /// What recv(2) yields.
  std::string receive(std::size_t most) {
    if (wire_.empty() && !ended_) {
      if (patience_ == 0) throw cancelled();
      --patience_;
      arrive();
    }
    return taken(wire_, most);
  }
  void arrive() {
    ended_ = arrivals_.empty();
    if (ended_) return;
    wire_ = arrivals_.front();
    arrivals_.pop_front();
  }
  std::string next(std::size_t n) {
    if (n == 0) return "";
    return buffer_.empty() ? receive(n) : taken(buffer_, n);
  }
  bool receive_more() {
    std::string const came = receive(std::string::npos);
    buffer_ += came;
    return !came.empty();
  }
  static std::string taken(std::string& from, std::size_t n) {
    std::string const text = from.substr(0, n);
    from.erase(0, n);
    return text;
  }

  std::string what(request const& r) {
    switch (r.what) {
      case request::kind::read:
        return next(r.n);
      case request::kind::read_some:
        return next(std::min(r.n, most_room));
      case request::kind::exactly:
        while (buffer_.size() < r.n)
          if (!receive_more()) return "incomplete " + taken(buffer_, r.n);
        return taken(buffer_, r.n);
      case request::kind::until:
        return until(r.separators, false);
      case request::kind::line:
        return until({"\n"}, true);
      case request::kind::all:
        while (receive_more()) {
        }
        return taken(buffer_, buffer_.size());
    }
    return {};
  }

  std::string until(std::vector<std::string> const& separators, bool line) {
    std::size_t longest = 0;
    for (std::string const& s : separators) longest = std::max(longest, s.size());
    while (true) {
      for (std::size_t end = 1; end <= buffer_.size(); ++end)
        for (std::string const& s : separators) {
          if (!std::string_view(buffer_).substr(0, end).ends_with(s)) continue;
          std::size_t const begin = end - s.size();
          if (begin <= limit_) return taken(buffer_, end);
          if (line) buffer_.erase(0, end);
          return "overrun " + std::to_string(begin);
        }
      std::size_t const skip = buffer_.size() + 1 > longest ? buffer_.size() + 1 - longest : 0;
      if (skip > limit_) {
        if (line) buffer_.clear();
        return "overrun " + std::to_string(skip);
      }
      if (!receive_more()) return (line ? "" : "incomplete ") + taken(buffer_, buffer_.size());
    }
  }

  std::size_t limit_;
  std::deque<std::string> arrivals_;
  std::string wire_, buffer_;
  unsigned patience_ = 0;
  bool ended_ = false;
};

// -- the streams

task<std::string> ask(stream& s, request const& r) {
  std::string text;
  switch (r.what) {
    case request::kind::read:
      text = co_await s.read(r.n);
      break;
    case request::kind::read_some: {
      text.resize(std::min(r.n, most_room));
      std::size_t const got = co_await s.read_some({text.data(), text.size()});
      text.resize(got);
      break;
    }
    case request::kind::exactly:
      text = co_await s.read_exactly(r.n);
      break;
    case request::kind::until:
      text = co_await s.read_until(r.separators);
      break;
    case request::kind::line:
      text = co_await s.read_line();
      break;
    case request::kind::all:
      text = co_await s.read_all();
      break;
  }
  co_return text;
}

task<std::string> answer(stream& s, request const& r) {
  std::string text;
  try {
    // Between two arrivals.
    text = co_await wait_for(ask(s, r), r.patience * 1ms + 500us);
  } catch (timeout_error const&) {
    text = "cancelled";
  } catch (incomplete_read_error const& e) {
    text = "incomplete " + e.partial();
  } catch (limit_overrun_error const& e) {
    text = "overrun " + std::to_string(e.consumed());
  }
  if (text == "cancelled") co_await sleep(500us);  // until the next arrival
  co_return text;
}

task<> feed(unique_fd peer, std::deque<std::string> const& arrivals) {
  for (std::string const& piece : arrivals) {
    co_await sleep(1ms);
    must(::send(peer.get(), piece.data(), piece.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(piece.size()), "a piece was sent");
  }
  co_await sleep(1ms);
}

task<> compare(scenario const& wanted) {
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  stream s(unique_fd{ends[0]}, {.limit = wanted.limit});
  auto const feeder = create_task(feed(unique_fd(ends[1]), wanted.arrivals));
  model expected(wanted);
  std::string before;
  for (request const& r : wanted.requests) {
    std::string const got = co_await answer(s, r);
    must_equal(got, expected.answer(r), "read of kind " + std::to_string(static_cast<int>(r.what)) + " after:" + before);
    before += ' ' + std::to_string(static_cast<int>(r.what));
  }
  request const rest{.what = request::kind::all, .patience = 1000};
  std::string const got = co_await answer(s, rest);
  must_equal(got, expected.answer(rest), "what is left");
  must(s.at_eof() && s.statistics().buffered == 0, "the end of a stream");
  co_await feeder;
}

void run(bytes given) {
  input in(given);
  scenario const wanted(in);
  runner r(std::make_unique<testing::test_backend>());
  r.run([&] { return compare(wanted); });
}

target const registered("streams", run);

}  // namespace

}  // namespace halka::fuzz

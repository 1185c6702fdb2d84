// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <iterator>

namespace halka::fuzz {

namespace {

constexpr char const* names[] = {"sleep",
                                 "spawn",
                                 "join",
                                 "cancel",
                                 "uncancel",
                                 "timeout",
                                 "wait_for",
                                 "group",
                                 "group_spawn",
                                 "gather",
                                 "gather_task",
                                 "shield",
                                 "shield_task",
                                 "wait",
                                 "set",
                                 "clear",
                                 "event_wait",
                                 "lock",
                                 "semaphore",
                                 "put",
                                 "get",
                                 "fail",
                                 "attempt",
                                 "as_completed",
                                 "as_completed_tasks",
                                 "condition_wait",
                                 "condition_notify",
                                 "barrier",
                                 "break_barrier",
                                 "stop_group",
                                 "move_on",
                                 "fail_after",
                                 "scope",
                                 "stop_scope",
                                 "race",
                                 "race_task"};
static_assert(std::size(names) == verbs);

class decoder {
 public:
  explicit decoder(input& in) : in_(in) {}

  block next_block(unsigned depth) {
    block b;
    unsigned const n = 1 + in_.below(4);
    for (unsigned i = 0; i < n && count_ < most && (i == 0 || !in_.ended()); ++i) b.push_back(next_step(depth));
    return b;
  }

 private:
  static constexpr unsigned most = 60, deepest = 6;

  step next_step(unsigned depth) {
    step s;
    s.number = ++count_;
    s.what = static_cast<verb>(in_.below(verbs));
    if (depth == deepest && has_body(s.what)) s.what = verb::sleep;
    std::uint8_t const operands = in_.byte();
    s.a = operands % 8;
    s.b = operands / 8 % 8;
    if (has_body(s.what)) s.body = next_block(depth + 1);
    if (has_other(s)) s.other = next_block(depth + 1);
    return s;
  }

  static bool has_body(verb v) {
    switch (v) {
      case verb::spawn:
      case verb::timeout:
      case verb::group:
      case verb::group_spawn:
      case verb::gather:
      case verb::gather_task:
      case verb::shield:
      case verb::lock:
      case verb::semaphore:
      case verb::attempt:
      case verb::as_completed:
      case verb::condition_wait:
      case verb::condition_notify:
      case verb::move_on:
      case verb::fail_after:
      case verb::scope:
      case verb::race:
      case verb::race_task:
        return true;
      default:
        return false;
    }
  }
  static bool has_other(step const& s) {
    if (s.what == verb::attempt) return s.a % 5 != 0 && s.a % 5 != 4;
    return s.what == verb::gather || s.what == verb::as_completed || s.what == verb::race;
  }

  input& in_;
  unsigned count_ = 0;
};

verb most_like(verb v) {
  switch (v) {
    case verb::stop_group:
      return verb::clear;
    case verb::move_on:
    case verb::fail_after:
    case verb::scope:
      return verb::timeout;
    case verb::stop_scope:
      return verb::set;
    case verb::race:
      return verb::gather;
    case verb::race_task:
      return verb::gather_task;
    default:
      return v;
  }
}

void replace_unknown(block& b) {
  for (step& s : b) {
    s.what = most_like(s.what);
    replace_unknown(s.body);
    replace_unknown(s.other);
  }
}

void append(std::string& text, block const& b) {
  text += '[';
  for (std::size_t i = 0; i < b.size(); ++i) {
    step const& s = b[i];
    text += (i > 0 ? ", [\"" : "[\"") + std::string(name_of(s.what)) + "\", " + std::to_string(s.number) + ", " +
            std::to_string(s.a) + ", " + std::to_string(s.b) + ", ";
    append(text, s.body);
    text += ", ";
    append(text, s.other);
    text += ']';
  }
  text += ']';
}

}  // namespace

char const* name_of(verb v) { return names[static_cast<unsigned>(v)]; }

program decode(input& in) {
  program p;
  decoder d(in);
  unsigned const n = 1 + in.below(3);
  for (unsigned i = 0; i < n; ++i) p.tasks.push_back(d.next_block(0));
  return p;
}

scoping scoping_of(step const& s) { return {s.a > 0, s.b % 2 != 0, s.b / 2 % 2 != 0, s.a == 0 && s.b >= 4}; }

program for_asyncio(program p) {
  for (block& b : p.tasks) replace_unknown(b);
  return p;
}

std::string to_json(program const& p) {
  std::string text = "[";
  for (std::size_t i = 0; i < p.tasks.size(); ++i) {
    if (i > 0) text += ", ";
    append(text, p.tasks[i]);
  }
  return text + ']';
}

std::string to_string(trace const& t) {
  std::string text;
  for (std::string const& line : t) text += line + '\n';
  return text;
}

}  // namespace halka::fuzz

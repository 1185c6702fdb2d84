// SPDX-License-Identifier: MIT
#include "signal_name.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace halka {

namespace {

constexpr std::string_view real_time = "RTMIN";

/// The number of "+3" behind a base; 0 for nothing, -1 for anything else.
int distance_of(std::string_view text) {
  if (text.empty()) return 0;
  int n = -1;
  if (text.front() != '+') return n;
  auto const [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() ? n : -1;
}

int find(std::string_view name) {
  for (int n = 1; n < SIGRTMIN; ++n)
    if (char const* const known = sigabbrev_np(n); known && name == known) return n;
  if (!name.starts_with(real_time)) return 0;
  int const distance = distance_of(name.substr(real_time.size()));
  return distance >= 0 && distance <= SIGRTMAX - SIGRTMIN ? SIGRTMIN + distance : 0;
}

}  // namespace

std::string signal_name(int number) {
  if (char const* const known = sigabbrev_np(number)) return std::string("SIG") + known;
  if (number < SIGRTMIN || number > SIGRTMAX) return "signal " + std::to_string(number);
  std::string const name = "SIG" + std::string(real_time);
  return number == SIGRTMIN ? name : name + '+' + std::to_string(number - SIGRTMIN);
}

int signal_number(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string_view bare = upper;
  if (bare.starts_with("SIG")) bare.remove_prefix(3);
  int const number = find(bare);
  if (number == 0) throw std::invalid_argument("no signal is called '" + std::string(name) + '\'');
  return number;
}

}  // namespace halka

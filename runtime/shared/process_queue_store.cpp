// SPDX-License-Identifier: MIT
#include "process_queue_store.hpp"

#include "../../io/readiness.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/running.hpp"
#include "../../sched/sleep.hpp"
#include "../message/message_memory.hpp"
#include "../message/message_writer.hpp"
#include "shared_log.hpp"
#include "take_descriptor.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

namespace halka::detail {

namespace {

constexpr char const* purpose = "make a process_queue";
constexpr std::uint32_t kind = 0x51756575;
constexpr std::uint64_t length_size = sizeof(std::uint64_t);
constexpr std::uint64_t freed_at_once = 64 * 1024;
constexpr std::size_t small_item = 2048;
constexpr std::uint64_t largest_file = std::uint64_t{1} << 60;

std::uint64_t in_file(std::uint64_t position) noexcept { return shared_page::size + position; }

void write_item(int file, std::uint64_t position, message_writer const& item) {
  std::uint64_t const length = item.size();
  if (length > small_item) {
    write_message_memory(file, &length, sizeof length, in_file(position));
    return copy_message(item, file, in_file(position + length_size));
  }
  std::array<std::byte, length_size + small_item> block;
  std::memcpy(block.data(), &length, sizeof length);
  if (length > 0) std::memcpy(block.data() + length_size, item.bytes().data(), length);
  write_message_memory(file, block.data(), length_size + length, in_file(position));
}

/// Any process that has the queue may have written anything there.
void check(bool good) {
  if (!good) throw message_error("a process_queue is garbled");
}

std::vector<std::byte> read_item(int file, process_queue_state const& state) {
  std::array<std::byte, length_size + small_item> block;
  check(state.end <= largest_file && state.begin <= state.end && state.end - state.begin >= length_size);
  std::uint64_t const first = std::min<std::uint64_t>(block.size(), state.end - state.begin);
  read_message_memory(file, block.data(), first, in_file(state.begin));
  std::uint64_t length = 0;
  std::memcpy(&length, block.data(), sizeof length);
  check(length <= state.end - state.begin - length_size);
  if (length > small_item) check(in_file(state.begin + length_size) + length <= message_memory_size(file));
  std::vector<std::byte> bytes(length);
  std::uint64_t const have = std::min(length, first - length_size);
  std::copy_n(block.data() + length_size, have, bytes.data());
  if (have < length) read_message_memory(file, bytes.data() + have, length - have, in_file(state.begin + length_size + have));
  return bytes;
}

std::uint64_t checked(std::ptrdiff_t maxsize) noexcept { return maxsize > 0 ? static_cast<std::uint64_t>(maxsize) : 0; }

}  // namespace

process_queue_store::process_queue_store(std::ptrdiff_t maxsize)
    : shared_(shared_page::make(purpose, kind)),
      items_(wake_descriptor::make(purpose, false)),
      places_(wake_descriptor::make(purpose, true)) {
  shared_state<process_queue_state>::access a(shared_);
  a.state = {};
  a.state.maxsize = checked(maxsize);
  a.commit();
}

process_queue_store::process_queue_store(message_reader& in)
    : shared_(shared_page::open(take_descriptor(in, "process_queue"), kind)),
      items_(wake_descriptor::receive_from(in, "process_queue")),
      places_(wake_descriptor::receive_from(in, "process_queue")) {}

void process_queue_store::attach(message_writer& out) const { out(shared_.page().owner(), items_.owner(), places_.owner()); }

bool process_queue_store::try_put(message_writer const& item) {
  if (!item.descriptors().empty())
    throw std::logic_error("an item with descriptors cannot lie in a process_queue: send it through a process_pipe");
  shared_state<process_queue_state>::access a(shared_);
  if (a.state.shut_down) throw queue_shut_down();
  if (a.state.full()) {
    places_.clear();
    return false;
  }
  try {
    write_item(shared_.page().memory(), a.state.end, item);
  } catch (std::system_error const& e) {
    throw std::system_error(e.code(), "put an item of " + std::to_string(item.size()) + " bytes into a process_queue");
  }
  a.state.end += length_size + item.size();
  ++a.state.puts;
  if (++a.state.items == 1) items_.set();
  a.commit();
  if (a.state.full()) places_.clear();
  return true;
}

std::optional<received_message> process_queue_store::try_get() {
  shared_state<process_queue_state>::access a(shared_);
  if (a.state.items == 0) {
    if (a.state.shut_down) throw queue_shut_down();
    items_.clear();
    return std::nullopt;
  }
  std::vector<std::byte> bytes = read_item(shared_.page().memory(), a.state);
  std::uint64_t const freed_from = a.state.begin - a.state.begin % freed_at_once;
  a.state.begin += length_size + bytes.size();
  std::uint64_t freed_to = a.state.begin - a.state.begin % freed_at_once;
  ++a.state.gets;
  bool const was_full = a.state.full();
  if (--a.state.items == 0) {
    if (a.state.end > freed_at_once) freed_to = a.state.end;
    a.state.begin = a.state.end = 0;
  }
  if (was_full) places_.set();
  a.commit();
  if (a.state.items == 0 && a.state.shut_down == 0) items_.clear();
  free_part(shared_.page().memory(), in_file(freed_from), in_file(freed_to));
  return received_message(std::move(bytes));
}

bool process_queue_store::put_blocking(message_writer const& item, wait_until until) {
  while (!try_put(item))
    if (!block_until_readable(places_.fd(), until)) return false;
  return true;
}

std::optional<received_message> process_queue_store::get_blocking(wait_until until) {
  while (true) {
    std::optional<received_message> item = try_get();
    if (item || !block_until_readable(items_.fd(), until)) return item;
  }
}

void process_queue_store::shut_down(bool immediate) {
  shared_state<process_queue_state>::access a(shared_);
  std::uint64_t const end = a.state.end;
  a.state.shut_down = 1;
  if (immediate) a.state.begin = a.state.end = a.state.items = 0;
  items_.set();
  places_.set();
  a.commit();
  if (immediate) free_part(shared_.page().memory(), in_file(0), in_file(end));
}

process_queue_state process_queue_store::state() { return shared_state<process_queue_state>::access(shared_).state; }

task<> process_queue_store::put(std::shared_ptr<process_queue_store> store, std::unique_ptr<message_writer> item) {
  bool done = false;
  if (!within_budget()) co_await yield_now();
  while (true) {
    done = store->try_put(*item);
    if (done) co_return;
    co_await readable(store->places_.fd());
  }
}

task<received_message> process_queue_store::get(std::shared_ptr<process_queue_store> store) {
  std::optional<received_message> item;
  if (!within_budget()) co_await yield_now();
  while (true) {
    item = store->try_get();
    if (item) co_return std::move(*item);
    co_await readable(store->items_.fd());
  }
}

}  // namespace halka::detail

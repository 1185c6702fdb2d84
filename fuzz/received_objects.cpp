// SPDX-License-Identifier: MIT
// Queues, locks, semaphores, events, pipes and memory that another process says it shares: refused, or used without harm.
#include "descriptors.hpp"
#include "processes.hpp"

#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka::fuzz {

namespace {

template <class T>
std::optional<T> received(input& in, descriptor_maker& descriptors, unsigned count) {
  message_writer out;
  if constexpr (std::is_same_v<T, shared_memory>) out(true);
  std::vector<unique_fd> fds;
  for (unsigned i = 0; i < count; ++i) {
    fds.push_back(descriptors.make(in));
    out(in.below(16) != 0, i);
  }
  std::optional<T> object;
  message_reader reader(out.bytes(), fds);
  static_cast<void>(accepted([&] {
    T read{};
    reader(read);
    object.emplace(std::move(read));
  }));
  return object;
}

void use_queue(input& in, descriptor_maker& descriptors) {
  auto q = received<process_queue<std::string>>(in, descriptors, 3);
  if (!q) return;
  static_cast<void>(accepted([&] { q->put_nowait(in.text(in.byte())); }));
  static_cast<void>(accepted([&] { static_cast<void>(q->get_nowait()); }));
  static_cast<void>(accepted([&] { static_cast<void>(q->statistics()); }));
  static_cast<void>(accepted([&] { q->shutdown(in.below(2) == 0); }));
}

void use_lock(input& in, descriptor_maker& descriptors) {
  auto l = received<process_lock>(in, descriptors, 2);
  if (!l) return;
  static_cast<void>(accepted([&] {
    if (l->try_lock()) l->release();
  }));
  static_cast<void>(accepted([&] { static_cast<void>(l->locked() || l->was_abandoned()); }));
}

void use_semaphore(input& in, descriptor_maker& descriptors) {
  auto s = received<process_semaphore>(in, descriptors, 2);
  if (!s) return;
  static_cast<void>(accepted([&] { static_cast<void>(s->try_acquire()); }));
  static_cast<void>(accepted([&] { s->release(); }));
  static_cast<void>(accepted([&] { static_cast<void>(s->available()); }));
}

void use_event(input& in, descriptor_maker& descriptors) {
  auto e = received<process_event>(in, descriptors, 1);
  if (!e) return;
  e->set();
  e->clear();
  static_cast<void>(e->is_set());
}

void use_pipe(input& in, descriptor_maker& descriptors) {
  auto p = received<process_pipe<std::string>>(in, descriptors, 1);
  if (!p) return;
  static_cast<void>(accepted([&] { static_cast<void>(p->try_send(in.text(in.byte()))); }));
  static_cast<void>(accepted([&] { static_cast<void>(p->try_receive()); }));
}

void use_memory(input& in, descriptor_maker& descriptors) {
  auto const m = received<shared_memory>(in, descriptors, 1);
  if (!m || m->data().empty()) return;
  m->data().front() = m->data().back();
}

}  // namespace

void use_received_objects(input& in) {
  constexpr void (*uses[])(input&, descriptor_maker&) = {use_queue, use_lock, use_semaphore, use_event, use_pipe, use_memory};
  descriptor_maker descriptors;
  while (!in.ended()) uses[in.below(std::size(uses))](in, descriptors);
}

}  // namespace halka::fuzz

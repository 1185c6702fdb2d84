// SPDX-License-Identifier: MIT
// A byte_queue against a std::string: what goes in comes out, once and in order.
#include "input.hpp"

#include <halka/io/byte_queue.hpp>

#include <algorithm>
#include <cstring>

namespace halka::fuzz {

namespace {

/// Bytes that do not repeat soon, so that one that is lost or doubled shows.
class pattern {
 public:
  std::string next(std::size_t n) {
    std::string text(n, ' ');
    for (char& c : text) c = static_cast<char>(state_ = static_cast<std::uint8_t>(state_ * 5 + 3));
    return text;
  }

 private:
  std::uint8_t state_ = 0;
};

void run(bytes given) {
  input in(given);
  byte_queue queue;
  std::string model;
  pattern bytes;
  while (!in.ended()) {
    unsigned const what = in.below(8);
    std::size_t const n = in.byte() * std::size_t{in.below(2) == 0 ? 1U : 19U};
    switch (what) {
      case 0:
      case 1: {
        std::string const text = bytes.next(n);
        queue.append(text);
        model += text;
        break;
      }
      case 2: {
        std::string const text = bytes.next(n / 2);
        char* const room = queue.reserve(n);
        if (!text.empty()) std::memcpy(room, text.data(), text.size());
        queue.commit(text.size());
        queue.trim();
        model += text;
        break;
      }
      case 3: {
        std::string const text = bytes.next(n);
        queue.put_back(text);
        model = text + model;
        break;
      }
      case 4:
        must(queue.take(n) == model.substr(0, n), "what is taken");
        model.erase(0, n);
        break;
      case 5: {
        std::string into(n, '\0');
        into.resize(queue.take_into({into.data(), into.size()}));
        must(into == model.substr(0, n), "what is taken into memory");
        model.erase(0, n);
        break;
      }
      case 6: {
        std::size_t const dropped = std::min(n, model.size());
        queue.drop(dropped);
        model.erase(0, dropped);
        break;
      }
      default: {
        byte_queue other = std::move(queue);
        queue = std::move(other);
      }
    }
    must(queue.text() == model && queue.size() == model.size() && queue.empty() == model.empty(), "what is in the queue");
  }
}

target const registered("byte_queues", run);

}  // namespace

}  // namespace halka::fuzz

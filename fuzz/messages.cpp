// SPDX-License-Identifier: MIT
// Messages between processes: arbitrary bytes are read as values of many types or refused with message_error, and take memory in
// proportion to their size; a value that could be read is the same after it was written and read again.
#include "input.hpp"

#include <halka/runtime/child/arrived_message.hpp>
#include <halka/runtime/message/code_address.hpp>
#include <halka/runtime/message/message_memory.hpp>
#include <halka/runtime/message/message_types.hpp>
#include <halka/runtime/message/remote_call.hpp>
#include <halka/runtime/message/remote_error.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace halka::fuzz {

namespace {

struct nothing {
  template <class Archive>
  void serialize(Archive&) {}
};

struct tree {
  std::string name;
  std::vector<tree> children;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, children);
  }
};

enum class colour : std::uint8_t { red, green };

/// Bytes of their own size, so that reading behind them is seen.
std::vector<std::byte> copy_of(std::string const& text) {
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::vector<unique_fd> some_descriptors(unsigned n) {
  std::vector<unique_fd> fds;
  for (unsigned i = 0; i < n; ++i) fds.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return fds;
}

std::vector<std::byte> written(auto const& value) {
  message_writer out;
  out(value);
  std::span<std::byte const> const bytes = out.bytes();
  return {bytes.begin(), bytes.end()};
}

/// Calls `use(reader)` for the bytes, which lie in memory or in a memfd.
template <class Use>
void with_reader(input& in, Use use) {
  bool const large = in.below(4) == 0;
  std::vector<unique_fd> fds = some_descriptors(in.below(3));
  std::vector<std::byte> const bytes = copy_of(in.rest());
  try {
    if (large) {
      unique_fd memory = detail::make_message_memory(bytes.size());
      detail::write_message_memory(memory.get(), bytes.data(), bytes.size(), 0);
      message_reader reader(std::move(memory), fds);
      must(reader.remaining() == bytes.size(), "the size of a large message");
      use(reader);
    } else {
      message_reader reader(bytes, fds);
      use(reader);
    }
  } catch (message_error const&) {
  }
}

template <class T>
void check(input& in) {
  with_reader(in, [](message_reader& reader) {
    T value{};
    reader(value);
    if constexpr (requires { value == value; }) {
      std::vector<std::byte> const bytes = written(value);
      message_reader again(bytes);
      T copy{};
      again(copy);
      must(again.remaining() == 0, "bytes are left after a message was read");
      if constexpr (requires { typename T::hasher; })
        must(copy == value, "a value that is written and read again");  // in another order
      else
        must(written(copy) == bytes, "a value that is written and read again");
    }
  });
}

void check_descriptors(input& in) {
  with_reader(in, [](message_reader& reader) {
    std::vector<unique_fd> fds;
    reader(fds);
    for (unique_fd const& fd : fds) must(!fd || fcntl(fd.get(), F_GETFD) >= 0, "a descriptor that is none");
  });
}

void check_error(input& in) {
  with_reader(in, [](message_reader& reader) {
    remote_error e;
    reader(e);
    must(std::strlen(e.what()) <= 1U << 20, "the text of an error");
    std::vector<std::byte> const bytes = written(e);
    message_reader again(bytes);
    remote_error copy;
    again(copy);
    must(copy.message() == e.message() && copy.type_name() == e.type_name() && copy.code() == e.code() &&
             copy.traceback() == e.traceback(),
         "an error that is written and read again");
  });
}

/// Only what finds the function: to call what arbitrary bytes name is nobody's promise.
void check_address(input& in) {
  with_reader(in, [](message_reader& reader) {
    code_address address;
    reader(address);
    try {
      must(address.resolve<void(message_reader&, message_writer&)>() != nullptr, "the address of a function");
    } catch (std::runtime_error const&) {  // there is no such library
    }
  });
}

int add(int a, std::string const& text, std::vector<std::uint8_t> const& more) {
  return a + static_cast<int>(text.size() + more.size());
}

/// A call whose header is right and whose arguments are arbitrary.
void check_call(input& in) {
  using call = remote_call<decltype(&add), int, std::string, std::vector<std::uint8_t>>;
  static std::size_t const header = [] {
    message_writer out;
    call::write(out, &add, 0, {}, {});
    return out.size() - sizeof(int) - 2 * sizeof(std::uint64_t);
  }();
  message_writer out;
  call::write(out, &add, 0, {}, {});
  std::vector<std::byte> bytes(out.bytes().begin(), out.bytes().begin() + static_cast<std::ptrdiff_t>(header));
  std::vector<std::byte> const arguments = copy_of(in.rest());
  bytes.insert(bytes.end(), arguments.begin(), arguments.end());
  message_writer result;
  message_reader reader(bytes);
  try {
    run_remote_call(reader, result);
    must(result.size() == sizeof(int), "the result of a call");
  } catch (message_error const&) {
  }
}

/// What a new process gets from its zygote: two messages that share a datagram and its descriptors.
void check_request(input& in) {
  zygote_protocol::request r;
  for (auto* part : {&r.self, &r.arguments}) {
    part->size = in.below(4) == 0 ? in.number() : in.byte();
    part->descriptors = in.below(4) == 0 ? static_cast<std::uint32_t>(in.number()) : in.below(4);
    part->in_memory = in.below(3);
  }
  std::vector<unique_fd> fds = some_descriptors(in.below(5));
  std::vector<std::byte> const bytes = copy_of(in.rest());
  std::span<std::byte const> inlined = bytes;
  std::span<unique_fd> all = fds;
  try {
    detail::arrived_message self(r.self, inlined, all);
    detail::arrived_message arguments(r.arguments, inlined, all);
    must(self.reader().remaining() + arguments.reader().remaining() <= bytes.size(), "the size of a request");
    std::string name;
    unique_fd fd;
    self.reader()(name, fd);
    arguments.reader()(fd, name);
  } catch (message_error const&) {
  }
}

using nested = std::map<std::string, std::vector<std::optional<std::pair<std::int16_t, std::set<std::string>>>>>;
using choice = std::variant<std::monostate, std::int64_t, std::string, std::vector<bool>>;

constexpr void (*kinds[])(input&) = {
    check<std::string>,
    check<std::vector<std::uint8_t>>,
    check<std::vector<std::string>>,
    check<nested>,
    check<choice>,
    check<std::vector<choice>>,
    check<std::optional<std::tuple<bool, colour, std::array<std::uint16_t, 3>>>>,
    check<std::unique_ptr<std::string>>,
    check<std::shared_ptr<std::vector<std::shared_ptr<int>>>>,
    check<std::vector<nothing>>,
    check<std::deque<std::list<std::uint32_t>>>,
    check<std::unordered_map<std::uint8_t, std::string>>,
    check<std::vector<bool>>,
    check<std::chrono::nanoseconds>,
    check<tree>,
    check_descriptors,
    check_error,
    check_address,
    check_call,
    check_request,
};

void run(bytes given) {
  input in(given);
  kinds[in.below(std::size(kinds))](in);
}

target const registered("messages", run);

}  // namespace

}  // namespace halka::fuzz

// SPDX-License-Identifier: MIT
// halka's side of check_interop.py where the server is another program. Exits with 0 if all went as it should.
//
// interop_client http-get PORT PATH            fetches, and prints the body
// interop_client http-keep PORT PATH N         N requests over one connection, each with the same answer
// interop_client http-many PORT PATH N         N connections at once, each with the same answer
// interop_client redis PORT|PATH N             PING, then N SET and N GET, pipelined
#include "fetch_http.hpp"
#include "talk_redis.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace interop;

halka::task<> run(std::vector<std::string> words) {
  std::string const what = words.at(0);
  if (what == "redis") {
    co_await talk_redis(words.at(1), std::stoi(words.at(2)));
    co_return;
  }
  auto const port = static_cast<std::uint16_t>(std::stoi(words.at(1)));
  std::string const path = words.at(2);
  if (what == "http-get") {
    std::string const body = co_await fetch(port, path);
    std::fwrite(body.data(), 1, body.size(), stdout);
  } else if (what == "http-keep") {
    co_await fetch_again_and_again(port, path, std::stoi(words.at(3)));
  } else if (what == "http-many") {
    co_await fetch_at_once(port, path, std::stoi(words.at(3)));
  } else {
    throw std::invalid_argument("there is no command " + what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    halka::run(run(std::vector<std::string>(argv + 1, argv + argc)));
  } catch (std::exception const&) {
    std::fprintf(stderr, "interop_client: %s\n", halka::describe(std::current_exception()).c_str());
    return 1;
  }
}

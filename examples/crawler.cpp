// SPDX-License-Identifier: MIT
// A pipeline of two queues, shaped like a crawler: fetchers take addresses from the frontier and hand pages to a parser, which puts
// what these link to back into the frontier, each address once. An address is done when its page is parsed or could not be fetched;
// when all are, `join` returns, and `shutdown` sends everybody home.
//
// Run it: build/release/examples/crawler
#include <halka/halka.hpp>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

std::map<std::string, std::string> const web{{"/", "/news /about /shop"},  {"/news", "/ /news/1 /news/2"},
                                             {"/news/1", "/news /news/2"}, {"/news/2", "/about"},
                                             {"/about", "/ /staff"},       {"/shop", "/ /cart /news"}};

halka::task<std::string> fetch(std::string address) {
  co_await halka::sleep(address == "/cart" ? 1h : 20ms);
  if (!web.contains(address)) throw std::runtime_error("not found");
  co_return address + ": " + web.at(address);
}

/// The next item; none when the queue has been shut down.
halka::task<std::optional<std::string>> next(halka::queue<std::string>& queue) {
  try {
    co_return co_await queue.get();
  } catch (halka::queue_shut_down const&) {
    co_return std::nullopt;
  }
}

struct crawler {
  halka::queue<std::string> frontier;  // without limit, or fetchers and parser might wait for each other
  halka::queue<std::string> pages{2};  // fetchers wait for a slow parser
  std::set<std::string> seen;
  int failed = 0;

  void visit(std::string const& address) {
    if (seen.insert(address).second) frontier.put_nowait(address);
  }
  halka::task<> fetch_pages() {
    while (auto address = co_await next(frontier)) {
      try {
        co_await pages.put(co_await halka::wait_for(fetch(*address), 100ms));
      } catch (std::exception const& e) {
        std::printf("%s failed: %s\n", address->c_str(), e.what());
        ++failed;
        frontier.task_done();
      }
    }
  }
  halka::task<> parse_pages() {
    while (auto page = co_await next(pages)) {
      std::puts(page->c_str());
      std::istringstream links(page->substr(page->find(' ')));
      for (std::string address; links >> address;) visit(address);
      frontier.task_done();
    }
  }
  halka::task<> crawl(std::string start) {
    visit(start);
    co_await halka::with_task_group([this](halka::task_group& group) -> halka::task<> {
      for (int i = 0; i < 4; ++i) group.create_task(fetch_pages());
      group.create_task(parse_pages());
      co_await frontier.join();
      frontier.shutdown();
      pages.shutdown();
    });
    std::printf("%zu addresses, %d failed\n", seen.size(), failed);
  }
};

int main() { halka::run(crawler().crawl("/")); }

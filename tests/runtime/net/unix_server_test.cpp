// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("a unix server serves at a path with the permissions that it was given", "[runtime][server][unix]") {
  auto const before = open_descriptors();
  socket_directory const directory;
  run_real([&]() -> task<> {
    std::string const path = (directory.path / "socket").string();
    server srv = co_await start_unix_server(echo, path, {.mode = 0640});
    struct stat status {};
    stat(path.c_str(), &status);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(srv.port() == 0);
    REQUIRE(srv.addresses().size() == 1);
    CHECK(srv.addresses().front().to_string() == path);
    std::string const answer = co_await ask(path, "hello");
    CHECK(answer == "hello");
    srv.close();
    CHECK_FALSE(std::filesystem::exists(path));
    co_await srv.wait_closed();
    { server const gone = co_await start_unix_server(echo, path); }
    CHECK_FALSE(std::filesystem::exists(path));
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("the file of a server that is gone is replaced, one in use is not", "[runtime][server][unix]") {
  auto const before = open_descriptors();
  socket_directory const directory;
  run_real([&]() -> task<> {
    std::string const path = (directory.path / "socket").string();
    {
      unique_fd const crashed = io::make_socket(AF_UNIX, io::socket_kind::stream);
      io::bind(crashed.get(), socket_address::unix_path(path));
    }
    CHECK(std::filesystem::is_socket(path));
    server srv = co_await start_unix_server(echo, path);
    std::string const in_use = co_await failure_text(start_unix_server(echo, path));
    CHECK(in_use == "bind " + path + ": Address already in use");
    std::string const answer = co_await ask(path, "still served");
    CHECK(answer == "still served");

    std::string const plain = (directory.path / "file").string();
    std::ofstream(plain) << "precious";
    std::string const no_socket = co_await failure_text(start_unix_server(echo, plain));
    CHECK(no_socket == "bind " + plain + ": Address already in use");
    CHECK(std::filesystem::file_size(plain) == 8);
    std::string const nowhere = co_await failure_text(start_unix_server(echo, "/no/such/directory/socket"));
    CHECK(nowhere == "bind /no/such/directory/socket: No such file or directory");
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a server that is too busy to take a connection is in use too", "[runtime][server][unix]") {
  socket_directory const directory;
  run_real([&]() -> task<> {
    std::string const path = (directory.path / "socket").string();
    socket_address const address = socket_address::unix_path(path);
    unique_fd const busy = io::make_socket(AF_UNIX, io::socket_kind::stream);
    io::bind(busy.get(), address);
    io::listen(busy.get(), 0);
    unique_fd const client = io::make_socket(AF_UNIX, io::socket_kind::stream);
    CHECK(connect(client.get(), address.data(), static_cast<socklen_t>(address.size())) == 0);
    std::string const in_use = co_await failure_text(start_unix_server(echo, path));
    CHECK(in_use == "bind " + path + ": Address already in use");
  });
}

TEST_CASE("a unix server has no file in the abstract namespace", "[runtime][server][unix]") {
  run_real([&]() -> task<> {
    std::string const name("\0halka unix server test", 23);
    server srv = co_await start_unix_server(echo, name);
    CHECK(srv.addresses().front().to_string() == "@halka unix server test");
    std::string const answer = co_await ask(name, "hello");
    CHECK(answer == "hello");
    std::string const in_use = co_await failure_text(start_unix_server(echo, name));
    CHECK(in_use == "bind @halka unix server test: Address already in use");
  });
}

TEST_CASE("a relative path is removed also after the working directory has changed", "[runtime][server][unix]") {
  socket_directory const directory;
  auto const here = std::filesystem::current_path();
  run_real([&]() -> task<> {
    std::filesystem::current_path(directory.path);
    server srv = co_await start_unix_server(echo, "relative");
    std::filesystem::current_path(here);
    srv.close();
    CHECK(std::filesystem::is_empty(directory.path));
  });
}

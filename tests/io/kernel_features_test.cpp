// SPDX-License-Identifier: MIT
#include "../support/environment.hpp"
#include "../support/features.hpp"

#include <halka/io/kernel_features.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using kernel::feature;

TEST_CASE("a feature is allowed until it is taken away by its name", "[io][kernel]") {
  features const all("");
  CHECK(kernel::allows(feature::waitid));
  {
    features const few("-waitid,-buffer_rings");
    CHECK_FALSE(kernel::allows(feature::waitid));
    CHECK_FALSE(kernel::allows(feature::buffer_rings));
    CHECK(kernel::allows(feature::ftruncate));
  }
  CHECK(kernel::allows(feature::waitid));
}

TEST_CASE("none takes every feature away, and the words after it give some back", "[io][kernel]") {
  features const one("none,+epoll_pwait2");
  for (unsigned i = 0; i < kernel::feature_count; ++i) {
    auto const f = static_cast<feature>(i);
    INFO(to_string(f));
    CHECK(kernel::allows(f) == (f == feature::epoll_pwait2));
  }
}

TEST_CASE("the list that was in force can be put back", "[io][kernel]") {
  features const all("");
  std::string const before = kernel::set_features("-ftruncate");
  CHECK(before.empty());
  CHECK(kernel::set_features("-waitid,-coop_taskrun") == "-ftruncate");
  CHECK(kernel::set_features(before) == "-coop_taskrun,-waitid");
}

TEST_CASE("a word that is no feature is an error that lists the features", "[io][kernel]") {
  features const some("-waitid");
  for (std::string_view const bad : {"waitid", "-waitids", "-", "-none", "all", "-waitid -ftruncate", "-waitid,ftruncate"}) {
    INFO(bad);
    CHECK_THROWS_MATCHES(kernel::set_features(bad), std::invalid_argument,
                         MessageMatches(ContainsSubstring("HALKA_KERNEL_FEATURES: there is no feature") &&
                                        ContainsSubstring("buffer_rings coop_taskrun") && ContainsSubstring("waitid")));
    CHECK_FALSE(kernel::allows(feature::waitid));
    CHECK(kernel::allows(feature::ftruncate));
  }
}

TEST_CASE("a loop is not made when HALKA_KERNEL_FEATURES means nothing", "[io][kernel]") {
  environment const bad("HALKA_KERNEL_FEATURES", "-teleport");
  CHECK_THROWS_MATCHES(kernel::check_features(), std::invalid_argument,
                       MessageMatches(ContainsSubstring("there is no feature '-teleport'")));
}

// SPDX-License-Identifier: MIT
// expect: this type cannot be sent to another process: give it
#include <halka/halka.hpp>

#include <vector>

struct point {
  int x = 0;
  int y = 0;
#ifdef HALKA_CONTROL
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
#endif
};
int add(point p) { return p.x + p.y; }

halka::task<> caller(halka::process_pool& pool, std::vector<point> const& points) {
  std::vector<int> const sums = co_await pool.map(add, points);
}

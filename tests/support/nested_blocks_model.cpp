// SPDX-License-Identifier: MIT
#include "nested_blocks.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace halka::test {

namespace {

bool shields(block_kind k) { return k == block_kind::shield || k == block_kind::shield_with_deadline; }

bool is_level(block_kind k) {
  return k == block_kind::level_scope || k == block_kind::move_on || k == block_kind::fail || k == block_kind::shield_with_deadline;
}

/// The rules, in a few lines. Index 0 is the request from outside, block i has the index i + 1.
class model {
 public:
  explicit model(nested_blocks const& b) : b_(b), asked_(b.kinds.size() + 1), pending_(b.kinds.size() + 1) {}

  std::string run() {
    bool const cancelled = enter(0) || suspend(0, 2000);
    log_ += cancelled ? "cancelled " : "went on ";
    return log_ + (asked_[0] ? "1" : "0");
  }

 private:
  int moment(std::size_t r) const { return r == 0 ? b_.outside : b_.when_asked(r - 1); }
  bool level(std::size_t r) const { return r > 0 && is_level(b_.kinds[r - 1]); }

  /// The first request that code inside of the blocks before `depth` can see.
  std::size_t first_seen(std::size_t depth) const {
    for (std::size_t i = depth; i-- > 0;)
      if (shields(b_.kinds[i])) return i + 1;
    return 0;
  }

  void ask_until(std::size_t depth, int t) {
    for (std::size_t r = 0; r <= depth; ++r)
      if (!asked_[r] && moment(r) != never_asks && moment(r) <= t) asked_[r] = pending_[r] = true;
  }

  /// True if it throws.
  bool suspend(std::size_t depth, int until) {
    while (true) {
      ask_until(depth, now_);
      bool throws = false;
      for (std::size_t r = first_seen(depth); r <= depth; ++r) throws = throws || pending_[r] || (asked_[r] && level(r));
      if (throws) {
        for (std::size_t r = first_seen(depth); r <= depth; ++r) pending_[r] = false;
        return true;
      }
      if (now_ == until) return false;
      int next = until;
      for (std::size_t r = 0; r <= depth; ++r)
        if (!asked_[r] && moment(r) > now_ && moment(r) < next) next = moment(r);
      now_ = next;
    }
  }

  bool body() {
    std::size_t const depth = b_.kinds.size();
    if (!suspend(depth, nested_blocks::body_ends)) return false;
    if (b_.body == body_style::cleans_up || b_.body == body_style::swallows_twice) suspend(depth, now_ + nested_blocks::clean_up);
    return b_.body == body_style::plain || b_.body == body_style::cleans_up;
  }

  /// True if a cancellation leaves the block.
  bool enter(std::size_t i) {
    bool const last = i + 1 == b_.kinds.size();
    bool const cancelled = last ? body() : enter(i + 1) || suspend(i + 1, nested_blocks::tail_ends(i));
    return leave(i, cancelled);
  }

  bool leave(std::size_t i, bool cancelled) {
    block_kind const kind = b_.kinds[i];
    if (kind == block_kind::failing_group && !cancelled && !asked_[i + 1] && moment(i + 1) != never_asks)
      cancelled = suspend(i + 1, 5000);
    if (kind == block_kind::resource) {
      now_ += nested_blocks::closing;
      ask_until(i, now_);
    }
    bool const own = asked_[i + 1];
    std::size_t const seen = first_seen(i);
    bool outside = false;
    for (std::size_t r = seen; r <= i; ++r) outside = outside || asked_[r];
    if (kind == block_kind::failing_group && own) {
      for (std::size_t r = seen; r <= i; ++r) pending_[r] = asked_[r];
      log_ += "group ";
      return false;
    }
    bool const ends_here = cancelled && own && (!outside || shields(kind));
    if (!cancelled)
      log_ += "ended ";
    else if (!ends_here)
      log_ += "cancelled ";
    else
      log_ += kind == block_kind::timeout || kind == block_kind::fail ? "timeout " : "absorbed ";
    return cancelled && !ends_here;
  }

  nested_blocks const& b_;
  std::vector<bool> asked_, pending_;
  int now_ = 0;
  std::string log_;
};

}  // namespace

int nested_blocks::when_asked(std::size_t i) const {
  if (asks[i] == never_asks || kinds[i] == block_kind::shield || kinds[i] == block_kind::resource) return never_asks;
  // A child is seen to fail a pass after it did, so groups ask at moments of their own.
  return kinds[i] == block_kind::failing_group ? asks[i] + 5 : asks[i];
}

std::string predict(nested_blocks const& blocks) { return model(blocks).run(); }

}  // namespace halka::test

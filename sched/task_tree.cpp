// SPDX-License-Identifier: MIT
#include "task_tree.hpp"

#include "report.hpp"
#include "suspension.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace halka {

namespace {

class tree_printer {
 public:
  explicit tree_printer(std::vector<any_task> const& tasks) {
    for (any_task const& t : tasks) nodes_.push_back({&t.state(), {}, false});
    for (node& n : nodes_) {
      n.task->describe_wait(n.wait);
      awaited_.insert(awaited_.end(), n.wait.tasks.begin(), n.wait.tasks.end());
    }
  }

  std::string print() {
    for (node& n : nodes_)
      if (std::ranges::find(awaited_, n.task) == awaited_.end()) print(n, "", "");
    for (node& n : nodes_)
      if (!n.printed) print(n, "", "");  // only circles lead to it
    return std::move(text_);
  }

 private:
  struct node {
    task_state* task;
    wait_description wait;
    bool printed;
  };

  node* find(task_state const* task) {
    auto const found = std::ranges::find(nodes_, task, &node::task);
    return found == nodes_.end() ? nullptr : &*found;
  }

  void print(node& n, std::string const& before, std::string const& below) {
    if (!text_.empty()) text_ += '\n';
    text_ += before + any_task(*n.task).description();
    if (n.task->phase() == task_phase::waiting) {
      text_.resize(text_.size() - to_string(task_phase::waiting).size());
      text_ += "waits for " + (n.wait.what.empty() ? std::string("something") : n.wait.what) + " at " + n.task->await_chain();
    }
    if (std::ranges::find(path_, n.task) != path_.end()) {
      text_ += circle(n);
      return;
    }
    if (n.printed && !n.wait.tasks.empty()) {
      text_ += ", as above";
      return;
    }
    n.printed = true;
    path_.push_back(n.task);
    std::vector<node*> children;
    for (task_state const* t : n.wait.tasks)
      if (node* const child = find(t)) children.push_back(child);
    for (std::size_t i = 0; i < children.size(); ++i) {
      bool const last = i + 1 == children.size();
      print(*children[i], below + (last ? "└── " : "├── "), below + (last ? "    " : "│   "));
    }
    path_.pop_back();
  }

  std::string circle(node const& n) const {
    std::string names;
    for (auto t = std::ranges::find(path_, n.task); t != path_.end(); ++t) names += '\'' + (*t)->name() + "' -> ";
    return "; a circle: " + names + '\'' + n.task->name() + '\'';
  }

  std::vector<node> nodes_;
  std::vector<task_state*> awaited_;
  std::vector<task_state*> path_;  // from a root to the task that is printed
  std::string text_;
};

}  // namespace

std::string task_tree(std::vector<any_task> const& tasks) { return tree_printer(tasks).print(); }

}  // namespace halka

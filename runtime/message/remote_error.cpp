// SPDX-License-Identifier: MIT
#include "remote_error.hpp"

#include "message_reader.hpp"
#include "message_writer.hpp"
#include "stack_text.hpp"
#include "throw_trace.hpp"

#include "../../sched/errors.hpp"

#include <cereal/types/string.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace halka {

struct remote_error::content {
  std::string what, type_name, message, code, traceback;
};

namespace {

constexpr int deepest = 16;

/// "type: text". An exception that was thrown with another in it has the type that was meant.
std::string described(std::exception_ptr const& e) {
  std::string text = describe(e);
  std::string_view const wrapper = "std::_Nested_exception<";
  std::size_t const end = text.find(">: ");
  if (text.starts_with(wrapper) && end != std::string::npos)
    text = text.substr(wrapper.size(), end - wrapper.size()) + text.substr(end + 1);
  return text;
}

std::string told(std::exception_ptr const& e, int depth = 0);

/// What an exception carries inside it: "" or " (caused by ...)", " (a; b)".
std::string told_inside(std::exception_ptr const& e, int depth) {
  std::string text;
  if (depth == deepest) return text;
  try {
    std::rethrow_exception(e);
  } catch (exception_group const& group) {
    for (std::exception_ptr const& member : group.exceptions()) text += (text.empty() ? " (" : "; ") + told(member, depth + 1);
    return text + ')';
  } catch (std::nested_exception const& outer) {
    if (outer.nested_ptr()) text = " (caused by " + told(outer.nested_ptr(), depth + 1) + ')';
  } catch (...) {
  }
  return text;
}

std::string told(std::exception_ptr const& e, int depth) { return described(e) + told_inside(e, depth); }

std::string code_of(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (std::system_error const& x) {
    return std::string(x.code().category().name()) + ':' + std::to_string(x.code().value());
  } catch (...) {
    return {};
  }
}

}  // namespace

remote_error::remote_error() : remote_error(std::make_shared<content const>()) {}
remote_error::remote_error(std::shared_ptr<content const> told) noexcept : runtime_error(""), content_(std::move(told)) {}
remote_error::remote_error(remote_error const&) noexcept = default;
remote_error& remote_error::operator=(remote_error const&) noexcept = default;
remote_error::~remote_error() = default;

remote_error remote_error::current() {
  std::exception_ptr const e = std::current_exception();
  // The trace first: looking into the exception throws it again, but that is not noted.
  std::string const stack = detail::stack_text(detail::throw_trace(e));
  content told_here;
  std::string const text = described(e);
  std::size_t const colon = text.find(": ");
  std::string const unknown = " (not a std::exception)";
  if (text.ends_with(unknown)) {
    told_here.type_name = text.substr(0, text.size() - unknown.size());
  } else {
    told_here.type_name = text.substr(0, colon);
    if (colon != std::string::npos) told_here.message = text.substr(colon + 2);
  }
  told_here.what = told(e);
  told_here.code = e ? code_of(e) : std::string();
  told_here.traceback = stack;
  return remote_error(std::make_shared<content const>(std::move(told_here)));
}

char const* remote_error::what() const noexcept { return content_->what.c_str(); }
std::string_view remote_error::type_name() const noexcept { return content_->type_name; }
std::string_view remote_error::message() const noexcept { return content_->message; }
std::string_view remote_error::code() const noexcept { return content_->code; }
std::string_view remote_error::traceback() const noexcept { return content_->traceback; }

void remote_error::save(message_writer& out) const {
  out(content_->what, content_->type_name, content_->message, content_->code, content_->traceback);
}

void remote_error::load(message_reader& in) {
  content read;
  in(read.what, read.type_name, read.message, read.code, read.traceback);
  content_ = std::make_shared<content const>(std::move(read));
}

}  // namespace halka

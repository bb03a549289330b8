// Errors are values: Result<T> is a T or an Error that says in words what failed and on what.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/check.h"

namespace onggi {

struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & {
    ONGGI_CHECK(*this);
    return std::get<0>(state_);
  }
  const T& operator*() const& {
    ONGGI_CHECK(*this);
    return std::get<0>(state_);
  }
  T&& operator*() && {
    ONGGI_CHECK(*this);
    return std::get<0>(std::move(state_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !failed_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace onggi

#pragma once

#include <utility>

#include "core/handover.h"

namespace attune::pipeline {

/// A value on its way through the flow graph; take() reads it in the task that received it.
template <class T>
class Handed {
 public:
  Handed() = default;
  explicit Handed(T value) : value_(std::move(value)) { hand_over(this); }
  Handed(const Handed& other) : value_(other.value_) { hand_over(this); }
  Handed& operator=(const Handed& other) {
    value_ = other.value_;
    hand_over(this);
    return *this;
  }
  ~Handed() = default;

  const T& take() const {
    take_over(const_cast<Handed*>(this));
    return value_;
  }

 private:
  T value_;
};

}  // namespace attune::pipeline

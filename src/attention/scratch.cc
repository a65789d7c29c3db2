#include "attention/scratch.h"

#include <new>

#include "core/error.h"

namespace attune::attention {

namespace {

constexpr std::align_val_t kAlignment{64};

std::size_t aligned(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

void Scratch::Free::operator()(std::byte* memory) const {
  ::operator delete[](memory, kAlignment);
}

Scratch& Scratch::of_call() {
  thread_local Scratch scratch;
  return scratch;
}

Scratch& Scratch::of_task() {
  thread_local Scratch scratch;
  return scratch;
}

void Scratch::reset(std::size_t bytes, std::size_t pieces) {
  used_ = 0;
  const std::size_t need = bytes + 64 * pieces;
  if (need <= capacity_) return;
  memory_.reset();
  capacity_ = 0;
  memory_.reset(static_cast<std::byte*>(::operator new[](aligned(need), kAlignment)));
  capacity_ = aligned(need);
}

void* Scratch::take_bytes(std::size_t bytes) {
  if (used_ + aligned(bytes) > capacity_)
    throw Error(ErrorKind::kInternal, "attention: scratch memory is too small");
  void* piece = memory_.get() + used_;
  used_ += aligned(bytes);
  return piece;
}

}  // namespace attune::attention

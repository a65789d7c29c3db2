#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace attune {

/// The message of the Error that `f` throws, which must be of this kind; the test fails where it
/// throws none.
template <class F>
std::string thrown_error(ErrorKind kind, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace attune

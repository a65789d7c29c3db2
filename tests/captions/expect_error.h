#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/thrown_error.h"

namespace attune::captions {

/// A reader refuses the text as input that cannot be read, and says why.
template <class Read>
void expect_error(Read read, const std::string& text, const std::string& message) {
  EXPECT_THAT(thrown_error(ErrorKind::kInput, [&] { read(text); }), testing::HasSubstr(message))
      << text;
}

}  // namespace attune::captions

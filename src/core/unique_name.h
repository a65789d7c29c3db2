#pragma once

#include <string>

namespace attune {

/// Sixteen random hexadecimal digits, for names of temporary files that no other process takes: a
/// process id is not enough in folders that machines or containers share.
std::string unique_suffix();

}  // namespace attune

#pragma once

#include <functional>
#include <string>

namespace attune::media {

/// Asks for the address of a host. The C library's call cannot be interrupted, and FFmpeg makes it
/// while opening; here a thread of its own makes it first, which is left alone with a resolver that
/// does not answer: one at the most for each host. Returns why there is none ("Name or service not
/// known"); empty when there is one, or when `is_interrupted`, which is asked several times a
/// second. Thread-safe.
std::string look_up(const std::string& host, const std::function<bool()>& is_interrupted);

}  // namespace attune::media

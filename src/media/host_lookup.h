#pragma once

#include <functional>
#include <string>

namespace attune::media {

/// Asks for the address of a host. The C library's call cannot be interrupted and FFmpeg makes it
/// while opening; asking here first leaves a resolver that does not answer to a thread of the C
/// library's own (getaddrinfo_a). Returns why there is none ("Name or service not known"), empty
/// when there is one or `is_interrupted`, which is asked several times a second. Thread-safe.
std::string look_up(const std::string& host, const std::function<bool()>& is_interrupted);

}  // namespace attune::media

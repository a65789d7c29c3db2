#pragma once

#include <string>

namespace attune {

/// An address as it may stand in logs and answers: user name and password, the values of the query
/// and of the fragment become "***" ("rtsp://***@camera/1?token=***"), and so does the last part of
/// an RTMP path, which is a stream key. What is no address stays as it is.
std::string redacted(const std::string& address);

/// `text` with every occurrence of `address`, and of its user name, password, query and stream key
/// alone, made unreadable: for messages of libraries that quote what they were given.
std::string redacted(std::string text, const std::string& address);

/// `text` with every address in it made unreadable as above: for messages of libraries that may
/// quote addresses which nobody here has seen.
std::string redacted_addresses(const std::string& text);

}  // namespace attune

#pragma once

#include <string>
#include <string_view>

namespace attune::captions {

/// Text with & < > written as &amp; &lt; &gt;, so that it is no markup.
std::string escaped(std::string_view text);

/// The text without its tags (<...>) and with the character references &amp; &lt; &gt; &quot;
/// &apos; &nbsp; &lrm; &rlm; and &#NNN; resolved; others stay as they are.
std::string plain(std::string_view markup);

}  // namespace attune::captions

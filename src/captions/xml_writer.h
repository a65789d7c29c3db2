#pragma once

#include <libxml/xmlwriter.h>

#include <memory>
#include <string>
#include <string_view>

namespace attune::captions {

/// Writes XML 1.0 in UTF-8 through libxml2. Characters that XML cannot hold, and bytes that are no
/// UTF-8, become U+FFFD. Throws std::bad_alloc when there is no memory.
class XmlWriter {
 public:
  XmlWriter();

  XmlWriter& start(const char* element);
  XmlWriter& attribute(const char* name, std::string_view value);
  XmlWriter& text(std::string_view text);
  XmlWriter& end();
  /// Starts a line in the file; only where blanks mean nothing.
  XmlWriter& new_line();

  /// The document; the writer is used up.
  std::string finish();

 private:
  struct FreeBuffer {
    void operator()(xmlBuffer* buffer) const { xmlBufferFree(buffer); }
  };
  struct FreeWriter {
    void operator()(xmlTextWriter* writer) const { xmlFreeTextWriter(writer); }
  };

  int depth_ = 0;
  std::unique_ptr<xmlBuffer, FreeBuffer> buffer_;
  std::unique_ptr<xmlTextWriter, FreeWriter> writer_;
};

}  // namespace attune::captions

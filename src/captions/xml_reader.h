#pragma once

#include <libxml/xmlreader.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attune::captions {

enum class XmlEvent { kStart, kEnd, kText };

/// Reads XML in UTF-8 event by event through libxml2: memory does not grow with the document. Reads
/// no other file and nothing from the network, and refuses document type declarations, so that no
/// entity can grow. Comments and processing instructions are skipped; an empty element gives a
/// start and an end.
class XmlReader {
 public:
  /// `format` begins the messages: "TTML". `content` must outlive the reader.
  XmlReader(std::string_view format, std::string_view content);

  /// False at the end of the document. Throws Error(kInput) with the line where it is no XML.
  bool next();

  XmlEvent event() const { return event_; }
  /// Without its prefix; of a start or an end.
  std::string_view name() const;
  std::string_view name_space() const;
  /// Of a start. `name_space` empty: an attribute without one.
  std::optional<std::string> attribute(const char* name, const char* name_space = "") const;
  /// Of a text.
  std::string_view text() const;
  /// Of the event, from 1. Approximate above 65534, where libxml2 does not keep it for each node.
  int line() const;

  /// Throws Error(kInput) with the line.
  [[noreturn]] void fail(std::string_view what) const;

 private:
  struct FreeReader {
    void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
  };

  static void note_error(void* self, const xmlError* error);

  std::string format_;
  std::string error_;
  int error_line_ = 0;
  std::unique_ptr<xmlTextReader, FreeReader> reader_;
  XmlEvent event_ = XmlEvent::kText;
  /// The start read last was of an empty element, whose end is due.
  bool empty_element_ = false;
};

}  // namespace attune::captions

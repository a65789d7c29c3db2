#pragma once

#include <libxml/parser.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::captions {

enum class XmlEvent { kStart, kEnd, kText };

/// Reads XML in UTF-8 event by event through libxml2, in pieces: memory and time grow with the
/// document no faster than its text. Reads no other file and nothing from the network, and refuses
/// document type declarations, so that no entity can grow. Comments and processing instructions are
/// skipped; an empty element gives a start and an end, and a text may come in several parts.
class XmlReader {
 public:
  /// `format` begins the messages: "TTML". `content` must outlive the reader.
  XmlReader(std::string_view format, std::string_view content);
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  /// False at the end of the document. Throws Error(kInput) with the line where it is no XML.
  bool next();

  XmlEvent event() const { return current_.event; }
  /// Without its prefix; of a start or an end.
  const std::string& name() const { return current_.name; }
  const std::string& name_space() const { return current_.name_space; }
  /// Of a start. `name_space` empty: an attribute without one.
  std::optional<std::string> attribute(std::string_view name,
                                       std::string_view name_space = "") const;
  /// Of a text.
  const std::string& text() const { return current_.text; }
  /// Of the event, from 1.
  int line() const { return current_.line; }

  /// Throws Error(kInput) with the line.
  [[noreturn]] void fail(std::string_view what) const;

 private:
  struct Attribute {
    std::string name;
    std::string name_space;
    std::string value;
  };
  struct Item {
    XmlEvent event = XmlEvent::kText;
    int line = 1;
    std::string name;
    std::string name_space;
    std::vector<Attribute> attributes;
    std::string text;
  };
  struct FreeParser {
    void operator()(xmlParserCtxt* parser) const;
  };

  // What libxml2 calls; `self` is the reader.
  static void on_start(void* self, const xmlChar* name, const xmlChar* prefix,
                       const xmlChar* name_space, int namespace_count, const xmlChar** namespaces,
                       int attribute_count, int defaulted_count, const xmlChar** attributes);
  static void on_end(void* self, const xmlChar* name, const xmlChar* prefix,
                     const xmlChar* name_space);
  static void on_text(void* self, const xmlChar* text, int size);
  static void on_declaration(void* self, const xmlChar* name, const xmlChar* id,
                             const xmlChar* system_id);

  Item& add(XmlEvent event);
  void stop(std::string what, int line);
  /// Gives the parser the next piece of the document, or its end.
  void parse_piece();

  std::string format_;
  std::string_view rest_;
  bool at_end_ = false;
  std::unique_ptr<xmlParserCtxt, FreeParser> parser_;
  std::deque<Item> items_;
  Item current_;
  /// What is wrong behind the items that wait, where something is.
  std::string error_;
  int error_line_ = 0;
};

}  // namespace attune::captions

#include "captions/xml_reader.h"

#include <fmt/format.h>
#include <libxml/SAX2.h>

#include <new>
#include <utility>

#include "core/error.h"

namespace attune::captions {
namespace {

constexpr std::size_t kPiece = 1 << 14;

std::string string_of(const xmlChar* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

}  // namespace

void XmlReader::FreeParser::operator()(xmlParserCtxt* parser) const {
  // The handlers build no document, but the parser makes one where a file declares entities.
  if (parser->myDoc != nullptr) xmlFreeDoc(parser->myDoc);
  parser->myDoc = nullptr;
  xmlFreeParserCtxt(parser);
}

XmlReader::XmlReader(std::string_view format, std::string_view content)
    : format_(format), rest_(content) {
  if (content.empty()) throw Error(ErrorKind::kInput, fmt::format("{}: the file is empty", format));
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = &on_start;
  handler.endElementNs = &on_end;
  handler.characters = &on_text;
  handler.cdataBlock = &on_text;
  handler.internalSubset = &on_declaration;
  // Errors are asked for; without a handler they would be printed.
  handler.serror = [](void*, auto*) {};
  parser_.reset(xmlCreatePushParserCtxt(&handler, this, nullptr, 0, nullptr));
  if (parser_ == nullptr) throw std::bad_alloc();
  // The text was decoded already, whatever its declaration says.
  // Only with XML_PARSE_NOENT come &amp; and its like resolved in attributes; documents with
  // entities of their own are refused.
  xmlCtxtUseOptions(parser_.get(), XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT);
}

XmlReader::Item& XmlReader::add(XmlEvent event) {
  Item& item = items_.emplace_back();
  item.event = event;
  item.line = xmlSAX2GetLineNumber(parser_.get());
  return item;
}

void XmlReader::on_start(void* self, const xmlChar* name, const xmlChar*, const xmlChar* name_space,
                         int, const xmlChar**, int attribute_count, int,
                         const xmlChar** attributes) {
  Item& item = static_cast<XmlReader*>(self)->add(XmlEvent::kStart);
  item.name = string_of(name);
  item.name_space = string_of(name_space);
  // Five pointers each: name, prefix, namespace, begin and end of the value.
  for (const xmlChar** at = attributes; at != attributes + 5 * attribute_count; at += 5)
    item.attributes.push_back({string_of(at[0]), string_of(at[2]), std::string(at[3], at[4])});
}

void XmlReader::on_end(void* self, const xmlChar* name, const xmlChar*, const xmlChar* name_space) {
  Item& item = static_cast<XmlReader*>(self)->add(XmlEvent::kEnd);
  item.name = string_of(name);
  item.name_space = string_of(name_space);
}

void XmlReader::on_text(void* self, const xmlChar* text, int size) {
  static_cast<XmlReader*>(self)->add(XmlEvent::kText).text.assign(text, text + size);
}

void XmlReader::on_declaration(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
  auto& reader = *static_cast<XmlReader*>(self);
  reader.stop("document type declarations and their entities are not read; remove them",
              xmlSAX2GetLineNumber(reader.parser_.get()));
  xmlStopParser(reader.parser_.get());
}

void XmlReader::stop(std::string what, int line) {
  if (!error_.empty()) return;
  error_ = std::move(what);
  error_line_ = line;
  at_end_ = true;
}

void XmlReader::parse_piece() {
  const std::string_view piece = rest_.substr(0, kPiece);
  rest_.remove_prefix(piece.size());
  at_end_ = rest_.empty();
  xmlParseChunk(parser_.get(), piece.data(), static_cast<int>(piece.size()), at_end_ ? 1 : 0);
  const xmlError* error = xmlCtxtGetLastError(parser_.get());
  if (error == nullptr || error->level < XML_ERR_ERROR) return;
  std::string message = string_of(reinterpret_cast<const xmlChar*>(error->message));
  message.erase(message.find_last_not_of('\n') + 1);
  stop("no well-formed XML: " + message, error->line);
}

bool XmlReader::next() {
  while (items_.empty()) {
    if (!error_.empty())
      throw Error(ErrorKind::kInput, fmt::format("{}, line {}: {}", format_, error_line_, error_));
    if (at_end_) return false;
    parse_piece();
  }
  current_ = std::move(items_.front());
  items_.pop_front();
  return true;
}

std::optional<std::string> XmlReader::attribute(std::string_view name,
                                                std::string_view name_space) const {
  for (const Attribute& attribute : current_.attributes)
    if (attribute.name == name && attribute.name_space == name_space) return attribute.value;
  return std::nullopt;
}

void XmlReader::fail(std::string_view what) const {
  throw Error(ErrorKind::kInput, fmt::format("{}, line {}: {}", format_, current_.line, what));
}

}  // namespace attune::captions

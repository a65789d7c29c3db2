#include "captions/xml_reader.h"

#include <fmt/format.h>
#include <libxml/xmlversion.h>

#include <limits>
#include <new>

#include "core/error.h"

namespace attune::captions {
namespace {

/// libxml2 2.12 made the error that it hands out constant.
#if LIBXML_VERSION >= 21200
using ReportedError = const xmlError;
#else
using ReportedError = xmlError;
#endif

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

constexpr int kMaxExactLine = 65534;

}  // namespace

XmlReader::XmlReader(std::string_view format, std::string_view content) : format_(format) {
  if (content.empty()) throw Error(ErrorKind::kInput, fmt::format("{}: the file is empty", format));
  if (content.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(ErrorKind::kInput, fmt::format("{}: the file is larger than 2 GiB", format));
  constexpr int kOptions =
      XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES | XML_PARSE_COMPACT;
  reader_.reset(xmlReaderForMemory(content.data(), static_cast<int>(content.size()), nullptr,
                                   "UTF-8", kOptions));
  if (reader_ == nullptr) throw std::bad_alloc();
  xmlTextReaderSetStructuredErrorHandler(
      reader_.get(), [](void* self, ReportedError* error) { note_error(self, error); }, this);
}

void XmlReader::note_error(void* self, const xmlError* error) {
  auto& reader = *static_cast<XmlReader*>(self);
  const bool first = reader.error_.empty();
  if (!first || error->level < XML_ERR_ERROR || error->message == nullptr) return;
  reader.error_ = error->message;
  while (!reader.error_.empty() && reader.error_.back() == '\n') reader.error_.pop_back();
  reader.error_line_ = error->line;
}

bool XmlReader::next() {
  if (empty_element_) {
    empty_element_ = false;
    event_ = XmlEvent::kEnd;
    return true;
  }
  while (true) {
    const int more = xmlTextReaderRead(reader_.get());
    if (more < 0 || !error_.empty()) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}, line {}: no well-formed XML: {}", format_, error_line_, error_));
    }
    if (more == 0) return false;
    switch (xmlTextReaderNodeType(reader_.get())) {
      case XML_READER_TYPE_ELEMENT:
        empty_element_ = xmlTextReaderIsEmptyElement(reader_.get()) == 1;
        event_ = XmlEvent::kStart;
        return true;
      case XML_READER_TYPE_END_ELEMENT:
        event_ = XmlEvent::kEnd;
        return true;
      case XML_READER_TYPE_TEXT:
      case XML_READER_TYPE_CDATA:
      case XML_READER_TYPE_WHITESPACE:
      case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        event_ = XmlEvent::kText;
        return true;
      case XML_READER_TYPE_DOCUMENT_TYPE:
      case XML_READER_TYPE_ENTITY_REFERENCE:
        fail("document type declarations and their entities are not read; remove them");
      default:
        break;
    }
  }
}

std::string_view XmlReader::name() const {
  return view(xmlTextReaderConstLocalName(reader_.get()));
}

std::string_view XmlReader::name_space() const {
  return view(xmlTextReaderConstNamespaceUri(reader_.get()));
}

std::optional<std::string> XmlReader::attribute(const char* name, const char* name_space) const {
  const auto* local = reinterpret_cast<const xmlChar*>(name);
  xmlChar* value = *name_space == '\0'
                       ? xmlTextReaderGetAttribute(reader_.get(), local)
                       : xmlTextReaderGetAttributeNs(reader_.get(), local,
                                                     reinterpret_cast<const xmlChar*>(name_space));
  if (value == nullptr) return std::nullopt;
  std::string text(view(value));
  xmlFree(value);
  return text;
}

std::string_view XmlReader::text() const {
  return view(xmlTextReaderConstValue(reader_.get()));
}

int XmlReader::line() const {
  const long line = xmlGetLineNo(xmlTextReaderCurrentNode(reader_.get()));
  if (line > 0 && line <= kMaxExactLine) return static_cast<int>(line);
  return xmlTextReaderGetParserLineNumber(reader_.get());
}

void XmlReader::fail(std::string_view what) const {
  throw Error(ErrorKind::kInput, fmt::format("{}, line {}: {}", format_, line(), what));
}

}  // namespace attune::captions

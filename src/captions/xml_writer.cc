#include "captions/xml_writer.h"

#include <new>

#include "captions/encoding.h"

namespace attune::captions {
namespace {

void check(int written) {
  if (written < 0) throw std::bad_alloc();
}

const xmlChar* chars(const std::string& text) {
  return reinterpret_cast<const xmlChar*>(text.c_str());
}

const xmlChar* chars(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}

/// Valid UTF-8 whose characters are all of XML's Char production.
std::string allowed(std::string_view text) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string result = valid_utf8(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto byte = static_cast<unsigned char>(result[i]);
    const bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
    const bool no_character = byte == 0xEF && (result.compare(i, 3, "\uFFFE") == 0 ||
                                               result.compare(i, 3, "\uFFFF") == 0);
    if (control || no_character) result.replace(i, control ? 1 : 3, kReplacement);
  }
  return result;
}

}  // namespace

XmlWriter::XmlWriter() : buffer_(xmlBufferCreate()) {
  if (buffer_ == nullptr) throw std::bad_alloc();
  xmlBufferSetAllocationScheme(buffer_.get(), XML_BUFFER_ALLOC_DOUBLEIT);
  writer_.reset(xmlNewTextWriterMemory(buffer_.get(), 0));
  if (writer_ == nullptr) throw std::bad_alloc();
  check(xmlTextWriterStartDocument(writer_.get(), nullptr, "UTF-8", nullptr));
}

XmlWriter& XmlWriter::start(const char* element) {
  check(xmlTextWriterStartElement(writer_.get(), chars(element)));
  ++depth_;
  return *this;
}

XmlWriter& XmlWriter::attribute(const char* name, std::string_view value) {
  check(xmlTextWriterWriteAttribute(writer_.get(), chars(name), chars(allowed(value))));
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view text) {
  check(xmlTextWriterWriteString(writer_.get(), chars(allowed(text))));
  return *this;
}

XmlWriter& XmlWriter::end() {
  check(xmlTextWriterEndElement(writer_.get()));
  --depth_;
  return *this;
}

XmlWriter& XmlWriter::new_line() {
  const std::string blanks = "\n" + std::string(static_cast<std::size_t>(depth_) * 2, ' ');
  check(xmlTextWriterWriteRaw(writer_.get(), chars(blanks)));
  return *this;
}

std::string XmlWriter::finish() {
  check(xmlTextWriterEndDocument(writer_.get()));
  writer_.reset();
  return {reinterpret_cast<const char*>(xmlBufferContent(buffer_.get())),
          static_cast<std::size_t>(xmlBufferLength(buffer_.get()))};
}

}  // namespace attune::captions

#include "captions/eaf.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "captions/tiers.h"
#include "captions/xml_reader.h"
#include "captions/xml_writer.h"
#include "core/error.h"

namespace attune::captions {
namespace {

constexpr const char* kCueType = "default-lt";
constexpr const char* kWordType = "words";

std::int64_t in_milliseconds(Timestamp t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t).count();
}

class EafWriter {
 public:
  explicit EafWriter(const Result& result) : result_(result), tiers_(tiers_of(result)) {}

  std::string write() {
    xml_.start("ANNOTATION_DOCUMENT")
        .attribute("AUTHOR", "attune " + result_.attune_version)
        .attribute("DATE", "1970-01-01T00:00:00Z")
        .attribute("FORMAT", "3.0")
        .attribute("VERSION", "3.0")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("xsi:noNamespaceSchemaLocation", "http://www.mpi.nl/tools/elan/EAFv3.0.xsd");
    header();
    time_slots();
    for (const Tier& tier : tiers_) annotations(tier);
    linguistic_type(kCueType);
    linguistic_type(kWordType);
    xml_.end();
    return xml_.finish();
  }

 private:
  void header() {
    xml_.new_line().start("HEADER").attribute("MEDIA_FILE", "");
    xml_.attribute("TIME_UNITS", "milliseconds");
    if (!result_.media.path.empty()) {
      const std::string name = std::filesystem::path(result_.media.path).filename().string();
      xml_.new_line().start("MEDIA_DESCRIPTOR").attribute("MEDIA_URL", "./" + name);
      xml_.attribute("MIME_TYPE", result_.media.video ? "video/*" : "audio/*");
      xml_.attribute("RELATIVE_MEDIA_URL", "./" + name).end();
    }
    std::size_t annotations = 0;
    for (const Tier& tier : tiers_) annotations += tier.entries.size();
    xml_.new_line().start("PROPERTY").attribute("NAME", "lastUsedAnnotationId");
    xml_.text(std::to_string(annotations)).end().end();
  }

  void time_slot(Timestamp t) {
    xml_.new_line().start("TIME_SLOT").attribute("TIME_SLOT_ID", fmt::format("ts{}", ++slots_));
    xml_.attribute("TIME_VALUE", std::to_string(in_milliseconds(t))).end();
  }

  /// Two for each annotation, in the order in which annotations() takes them.
  void time_slots() {
    xml_.new_line().start("TIME_ORDER");
    for (const Tier& tier : tiers_) {
      for (const Tier::Entry& entry : tier.entries) {
        time_slot(entry.span.start);
        time_slot(entry.span.end);
      }
    }
    xml_.end();
    slots_ = 0;
  }

  std::string unique_name(const Tier& tier) {
    const std::string name = tier_name(tier);
    std::string id = name;
    int& copies = copies_.try_emplace(name, 1).first->second;
    while (!ids_.insert(id).second) id = fmt::format("{} ({})", name, ++copies);
    return id;
  }

  void annotations(const Tier& tier) {
    xml_.new_line().start("TIER");
    xml_.attribute("LINGUISTIC_TYPE_REF", tier.words ? kWordType : kCueType);
    if (!tier.speaker.empty()) xml_.attribute("PARTICIPANT", tier.speaker);
    xml_.attribute("TIER_ID", unique_name(tier));
    for (const Tier::Entry& entry : tier.entries) {
      xml_.new_line().start("ANNOTATION").start("ALIGNABLE_ANNOTATION");
      xml_.attribute("ANNOTATION_ID", fmt::format("a{}", ++annotations_));
      xml_.attribute("TIME_SLOT_REF1", fmt::format("ts{}", ++slots_));
      xml_.attribute("TIME_SLOT_REF2", fmt::format("ts{}", ++slots_));
      xml_.start("ANNOTATION_VALUE").text(entry.text).end().end().end();
    }
    xml_.end();
  }

  void linguistic_type(const char* name) {
    xml_.new_line().start("LINGUISTIC_TYPE").attribute("GRAPHIC_REFERENCES", "false");
    xml_.attribute("LINGUISTIC_TYPE_ID", name).attribute("TIME_ALIGNABLE", "true").end();
  }

  const Result& result_;
  std::vector<Tier> tiers_;
  XmlWriter xml_;
  std::uint64_t slots_ = 0;
  std::uint64_t annotations_ = 0;
  std::unordered_map<std::string, int> copies_;
  std::unordered_set<std::string> ids_;
};

class EafReader {
 public:
  explicit EafReader(std::string_view text) : xml_("EAF", text) {}

  Result read() {
    if (!xml_.next() || xml_.name() != "ANNOTATION_DOCUMENT")
      xml_.fail("the root element is not ANNOTATION_DOCUMENT");
    while (xml_.next()) {
      if (xml_.event() == XmlEvent::kStart) start(xml_.name());
      if (xml_.event() == XmlEvent::kEnd) end(xml_.name());
      if (xml_.event() == XmlEvent::kText && in_value_) value_ += xml_.text();
    }
    return result_of(tiers_);
  }

 private:
  std::string required(const char* attribute) const {
    const std::optional<std::string> value = xml_.attribute(attribute);
    if (!value) xml_.fail(fmt::format("{} lacks the attribute {}", xml_.name(), attribute));
    return *value;
  }

  void start(std::string_view element) {
    if (element == "HEADER") {
      const auto units = xml_.attribute("TIME_UNITS");
      if (units && *units != "milliseconds") xml_.fail("only times in milliseconds are read");
    } else if (element == "TIME_SLOT") {
      add_slot();
    } else if (element == "TIER") {
      add_tier();
    } else if (element == "ALIGNABLE_ANNOTATION") {
      if (tiers_.empty()) xml_.fail("an annotation stands outside a tier");
      aligned_ = TimeSpan{slot("TIME_SLOT_REF1"), slot("TIME_SLOT_REF2")};
      if (aligned_->end < aligned_->start) xml_.fail("the annotation ends before its start");
    } else if (element == "ANNOTATION_VALUE") {
      in_value_ = aligned_.has_value();
      value_.clear();
    }
  }

  void end(std::string_view element) {
    if (element == "TIME_ORDER") fill_slots();
    if (element == "ANNOTATION_VALUE") in_value_ = false;
    if (element != "ALIGNABLE_ANNOTATION" || !aligned_) return;
    tiers_.back().entries.push_back({*aligned_, value_});
    value_.clear();
    aligned_.reset();
  }

  void add_slot() {
    const auto [found, is_new] = slots_.try_emplace(required("TIME_SLOT_ID"), times_.size());
    if (!is_new) xml_.fail("two time slots have the same TIME_SLOT_ID");
    std::optional<std::int64_t> time;
    if (const auto text = xml_.attribute("TIME_VALUE")) {
      std::int64_t value = 0;
      const char* end = text->data() + text->size();
      const auto [rest, status] = std::from_chars(text->data(), end, value);
      constexpr std::int64_t kLongest = 1'000'000'000'000;
      if (status != std::errc() || rest != end || value < 0 || value > kLongest)
        xml_.fail(fmt::format("TIME_VALUE '{}' is no time in milliseconds", text->substr(0, 40)));
      time = value;
    }
    times_.push_back(time);
  }

  void fill_slots() {
    double before = 0;
    for (std::size_t i = 0; i < times_.size();) {
      if (times_[i]) {
        before = static_cast<double>(*times_[i++]);
        continue;
      }
      std::size_t next = i;
      while (next < times_.size() && !times_[next]) ++next;
      const double after = next < times_.size() ? static_cast<double>(*times_[next]) : before;
      const double step = (after - before) / static_cast<double>(next - i + 1);
      for (int k = 1; i < next; ++i, ++k) times_[i] = std::llround(before + k * step);
    }
  }

  void add_tier() {
    Tier tier = named_tier(required("TIER_ID"));
    if (xml_.attribute("LINGUISTIC_TYPE_REF") == kWordType) tier.words = true;
    if (auto participant = xml_.attribute("PARTICIPANT"); participant && !participant->empty())
      tier.speaker = std::move(*participant);
    tiers_.push_back(std::move(tier));
  }

  Timestamp slot(const char* attribute) const {
    const auto found = slots_.find(required(attribute));
    if (found == slots_.end() || !times_[found->second])
      xml_.fail(fmt::format("{} names no time slot", attribute));
    return std::chrono::milliseconds(*times_[found->second]);
  }

  XmlReader xml_;
  std::unordered_map<std::string, std::size_t> slots_;
  /// Milliseconds by index, nothing until fill_slots() where the file gives none.
  std::vector<std::optional<std::int64_t>> times_;
  std::vector<Tier> tiers_;
  std::optional<TimeSpan> aligned_;
  bool in_value_ = false;
  std::string value_;
};

}  // namespace

std::string write_eaf(const Result& result) {
  return EafWriter(result).write();
}

Result read_eaf(std::string_view text) {
  return EafReader(text).read();
}

}  // namespace attune::captions

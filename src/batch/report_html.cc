#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "batch/report.h"

namespace attune::batch {
namespace {

constexpr std::size_t kSlowest = 10;

constexpr const char* kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1c2430; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.totals { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.totals div { background: #eef2f7; border-radius: .5rem; padding: .6rem 1rem; }
.totals b { display: block; font-size: 1.35rem; }
.bad b { color: #b3261e; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #dde3ea; vertical-align: top; }
th { position: sticky; top: 0; background: #fff; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { overflow-wrap: anywhere; }
a { color: #0b57d0; }
@media (prefers-color-scheme: dark) {
  body, th { background: #14181f; color: #e3e8ef; } .totals div { background: #222a35; }
  th, td { border-color: #2f3947; } a { color: #8ab4f8; } .bad b { color: #f2b8b5; }
}
)";

std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// A path as the target of a link (RFC 3986): all but unreserved characters and '/' in percent
/// signs.
std::string link_target(const std::string& path) {
  std::string target;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    target += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return target;
}

std::string offset_text(Duration offset) {
  const double milliseconds = to_seconds(offset) * 1000;
  return fmt::format("sound {:.0f} ms {}", std::abs(milliseconds),
                     milliseconds > 0 ? "late" : "early");
}

bool is_apart(const ReportEntry& entry) {
  return entry.finding && entry.finding->offset &&
         std::chrono::abs(*entry.finding->offset) >= kSyncWarning;
}

std::string link(const ReportEntry& entry) {
  return fmt::format("<a href=\"{}/\">{}</a>", link_target(entry.row.output),
                     escape(entry.row.output));
}

class Page {
 public:
  Page(const std::vector<ReportEntry>& entries, const std::string& title)
      : entries_(entries), title_(title) {}

  std::string write() {
    text_ = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<style>{1}</style></head>\n"
        "<body><h1>{0}</h1>\n",
        escape(title_), kStyle);
    totals();
    failures();
    apart();
    slowest();
    all();
    return text_ + "</body></html>\n";
  }

 private:
  void total(const std::string& value, const char* what, bool bad = false) {
    text_ += fmt::format("<div{}><b>{}</b>{}</div>\n", bad ? " class=\"bad\"" : "", value, what);
  }

  void totals() {
    std::size_t done = 0;
    double media = 0;
    double wall = 0;
    Duration speech{};
    std::size_t people = 0;
    std::size_t warnings = 0;
    for (const ReportEntry& entry : entries_) {
      done += entry.row.is_done() ? 1 : 0;
      media += entry.row.is_done() ? entry.row.media_seconds : 0;
      wall += entry.row.wall_seconds;
      warnings += is_apart(entry) ? 1 : 0;
      if (!entry.finding) continue;
      speech += entry.finding->speech;
      people += entry.finding->speakers.size();
    }
    text_ += "<div class=\"totals\">\n";
    total(std::to_string(done), "recordings done");
    total(std::to_string(entries_.size() - done), "failed", entries_.size() > done);
    total(format_hours(from_seconds(media)), "of media");
    total(format_hours(speech), "of speech");
    total(std::to_string(people), "speakers seen, recording by recording");
    total(std::to_string(warnings), "out of sync", warnings > 0);
    total(wall > 0 ? fmt::format("{:.1f} ×", media / wall) : "–", "real time, per job");
    text_ += "</div>\n";
  }

  void failures() {
    table(
        "Failed", [](const ReportEntry& e) { return !e.row.is_done(); },
        "<th>Recording<th>Class<th class=n>Tried<th>What happened",
        [](const ReportEntry& e) {
          return fmt::format("<td class=name>{}<td>{}<td class=n>{}<td>{}", escape(e.row.input),
                             escape(e.row.failure_class), e.row.attempts, escape(e.row.message));
        });
  }

  void apart() {
    table("Sound and picture apart", is_apart, "<th>Recording<th>By", [](const ReportEntry& e) {
      return fmt::format("<td class=name>{}<td>{}", link(e), offset_text(*e.finding->offset));
    });
  }

  void slowest() {
    std::vector<const ReportEntry*> done;
    for (const ReportEntry& entry : entries_)
      if (entry.row.is_done()) done.push_back(&entry);
    const auto time_per_media = [](const ReportEntry* e) {
      return e->row.media_seconds > 0 ? e->row.wall_seconds / e->row.media_seconds : 0;
    };
    std::stable_sort(done.begin(), done.end(), [&](const auto* a, const auto* b) {
      return time_per_media(a) > time_per_media(b);
    });
    if (done.size() > kSlowest) done.resize(kSlowest);
    if (done.empty()) return;
    text_ +=
        "<h2>Slowest</h2>\n<table><tr><th>Recording<th class=n>Media<th class=n>Took<th "
        "class=n>Memory</tr>\n";
    for (const ReportEntry* entry : done) {
      text_ += fmt::format(
          "<tr><td class=name>{}<td class=n>{}<td class=n>{:.1f} s<td class=n>{} MiB</tr>\n",
          link(*entry), format_clock(from_seconds(entry->row.media_seconds)),
          entry->row.wall_seconds, entry->row.peak_memory_bytes >> 20);
    }
    text_ += "</table>\n";
  }

  void all() {
    table(
        "All recordings", [](const ReportEntry& e) { return e.row.is_done(); },
        "<th>Recording<th class=n>Length<th class=n>Speech<th class=n>Off screen<th>Speakers"
        "<th class=n>Captions<th>Remarks",
        [](const ReportEntry& e) {
          const Finding finding = e.finding.value_or(Finding{});
          std::string speakers;
          for (const std::string& name : finding.speakers)
            speakers += (speakers.empty() ? "" : ", ") + escape(name);
          std::string notes;
          for (const std::string& note : finding.notes) notes += escape(note) + "<br>";
          return fmt::format(
              "<td class=name>{}<td class=n>{}<td class=n>{}<td class=n>{}<td>{}<td "
              "class=n>{}<td>{}",
              link(e), format_clock(from_seconds(e.row.media_seconds)),
              format_clock(finding.speech), format_clock(finding.off_screen), speakers,
              finding.captions, notes);
        });
  }

  /// A table of the entries that `wanted` takes; nothing when it takes none.
  template <class Wanted, class Row>
  void table(const char* name, Wanted wanted, const char* columns, Row row) {
    const auto count = std::count_if(entries_.begin(), entries_.end(), wanted);
    if (count == 0) return;
    text_ += fmt::format("<h2>{} ({})</h2>\n<table><tr>{}</tr>\n", name, count, columns);
    for (const ReportEntry& entry : entries_)
      if (wanted(entry)) text_ += "<tr>" + row(entry) + "</tr>\n";
    text_ += "</table>\n";
  }

  const std::vector<ReportEntry>& entries_;
  const std::string& title_;
  std::string text_;
};

}  // namespace

std::string report_html(const std::vector<ReportEntry>& entries, const std::string& title) {
  return Page(entries, title).write();
}

}  // namespace attune::batch

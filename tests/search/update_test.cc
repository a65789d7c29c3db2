// Bringing an index up to date, undisturbed and not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <random>

#include "archive.h"
#include "core/sqlite.h"

namespace attune::search {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// All that an index says, without its ids, in order of paths.
std::vector<std::string> content(const fs::path& index) {
  sqlite::Database database = open_index(index, sqlite::OpenMode::kReadWrite);
  std::vector<std::string> rows;
  const auto read = [&](std::string_view sql, int columns) {
    sqlite::Statement select = database.prepare(sql);
    while (select.step()) {
      std::string& row = rows.emplace_back();
      for (int i = 0; i < columns; ++i) row += select.text(i) + '|';
    }
  };
  read(
      "SELECT path, format, size, sha256, media, language, start_ms, end_ms, cues, events "
      "FROM files ORDER BY path",
      10);
  read(
      "SELECT path, cues.start_ms, cues.end_ms, names.name, cues.text, hex(token_times), "
      "cue_text.text "
      "FROM cues JOIN files ON files.id = file JOIN names ON names.id = cues.name "
      "JOIN cue_text ON cue_text.rowid = cues.id ORDER BY path, cues.id",
      7);
  read(
      "SELECT path, events.start_ms, events.end_ms, kinds.name, events.text, value, confidence "
      "FROM events JOIN files ON files.id = file JOIN kinds ON kinds.id = kind "
      "ORDER BY path, events.id",
      7);
  read(
      "SELECT path, kinds.name, cue - first_cue FROM cue_events JOIN cues ON cues.id = cue "
      "JOIN files ON files.id = file JOIN kinds ON kinds.id = kind ORDER BY path, cue, kinds.name",
      3);
  // The text index's own check of itself.
  sqlite::Database(index, sqlite::OpenMode::kReadWrite)
      .execute("INSERT INTO cue_text (cue_text) VALUES ('integrity-check')");
  EXPECT_EQ(database.integer("SELECT count(*) FROM cues"),
            database.integer("SELECT count(*) FROM cue_text"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM cues"),
            database.integer("SELECT sum(cues) FROM files"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM events"),
            database.integer("SELECT sum(events) FROM files"));
  return rows;
}

captions::Result result_with(const std::string& text) {
  captions::Result result;
  result.media = {"film.mp4", "mov", {{}, milliseconds(9000)}, {}, {}};
  result.speakers = {{0, "Off-screen", {}, {}}, {1, "Anna", {}, {}}};
  captions::Caption& cue = result.captions.emplace_back();
  cue.span = {milliseconds(1000), milliseconds(3000)};
  cue.speaker = 1;
  cue.speaker_name = "Anna";
  cue.lines = {text};
  result.segments = {{cue.span, 1, {}, 0.75f},
                     {{milliseconds(5000), milliseconds(6000)}, 0, {}, 0.5f}};
  result.sync = {{{{}, milliseconds(9000)}, milliseconds(100), 0.9f}};
  result.notes = {"The sound ends early."};
  return result;
}

std::string json_with(const std::string& text) {
  return captions::write_result_json(result_with(text));
}

TEST(IndexUpdate, TakesTheRichestOfOneName) {
  const Archive archive;
  archive.write("a.srt", srt({"from srt"}));
  archive.write("a.json", json_with("from json"));
  archive.write("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nfrom vtt\n");
  archive.write("a.en.srt", srt({"another name"}));
  archive.write("sub/a.srt", srt({"from below"}));
  archive.write("notes.txt", "from txt");
  archive.write("package.json", "{\"name\": \"from elsewhere\"}");
  archive.write("table.csv", "a,b\n1,2\n");
  archive.write("page.xml", "<html/>");
  const UpdateReport report = archive.update();
  EXPECT_EQ(report.added, 3u);
  EXPECT_EQ(report.passed_over, 5u);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.files, 3);
  EXPECT_EQ(report.cues, 3);
  EXPECT_THAT(archive.places("from"), ElementsAre("a.json 1000", "sub/a.srt 0"));
  EXPECT_THAT(archive.places("another"), ElementsAre("a.en.srt 0"));

  fs::remove(archive.folder() / "a.json");
  const UpdateReport later = archive.update();
  EXPECT_EQ(later.added, 1u);
  EXPECT_EQ(later.removed, 1u);
  EXPECT_EQ(later.unchanged, 2u);
  EXPECT_THAT(archive.places("from"), ElementsAre("a.vtt 1000", "sub/a.srt 0"));
}

TEST(IndexUpdate, WhatTheResultSaysIsThere) {
  const Archive archive;
  captions::Result result = result_with("Good morning, Berlin!");
  const auto word = [](int start, int end, const char* text, float confidence) {
    return align::Word{{milliseconds(start), milliseconds(end)}, text, confidence, 1};
  };
  result.words = {word(1000, 1300, "good", 0.5f), word(1400, 1900, "morning", 0.25f),
                  word(2000, 2700, "berlin", 0.875f)};
  archive.write("a.json", captions::write_result_json(result));
  archive.update();
  const Answer answer = archive.find("\"morning berlin\"");
  ASSERT_EQ(answer.total, 1u);
  const Hit& hit = answer.hits[0];
  EXPECT_EQ(hit.file, archive.folder() / "a.json");
  EXPECT_EQ(hit.media, "film.mp4");
  EXPECT_EQ(hit.media_span, (TimeSpan{{}, milliseconds(9000)}));
  EXPECT_EQ(hit.span, (TimeSpan{milliseconds(1000), milliseconds(3000)}));
  EXPECT_EQ(hit.time, milliseconds(1400));
  EXPECT_THAT(hit.speakers, ElementsAre("Anna"));
  ASSERT_EQ(hit.marks.size(), 1u);
  EXPECT_EQ(hit.text.substr(hit.marks[0].begin, hit.marks[0].end - hit.marks[0].begin),
            "morning, Berlin");
  ASSERT_TRUE(hit.marks[0].said);
  EXPECT_EQ(hit.marks[0].said->span, (TimeSpan{milliseconds(1400), milliseconds(2700)}));
  EXPECT_EQ(hit.marks[0].said->confidence, 0.25);

  SearchRequest request = archive.request("");
  request.event = "out-of-sync";
  const Answer sync = search(request);
  ASSERT_EQ(sync.total, 1u);
  EXPECT_EQ(sync.hits[0].value, 0.1);
  EXPECT_EQ(sync.hits[0].confidence, 0.9);
  request.event = "note";
  EXPECT_EQ(search(request).hits.at(0).text, "The sound ends early.");
  request.event = "off-screen";
  EXPECT_EQ(search(request).hits.at(0).time, milliseconds(5000));
  request.query = "berlin";
  EXPECT_EQ(search(request).total, 0u) << "Anna is on screen then";
  request.event = "speech";
  EXPECT_EQ(search(request).total, 1u);
  request.event = "speech";
  request.query = "";
  request.speaker = "Bob";
  EXPECT_EQ(search(request).total, 0u);
}

TEST(IndexUpdate, ReadsAgainWhatHasChanged) {
  const Archive archive;
  const fs::path file = archive.write("a.srt", srt({"before"}));
  const auto age = [&](int seconds) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
  };
  age(100);
  EXPECT_EQ(archive.update().added, 1u);
  EXPECT_EQ(archive.update().unchanged, 1u);
  // The same size, and a time of its own.
  archive.write("a.srt", srt({"behind"}));
  age(50);
  EXPECT_EQ(archive.update().replaced, 1u);
  EXPECT_THAT(archive.places("before"), IsEmpty());
  EXPECT_THAT(archive.places("behind"), ElementsAre("a.srt 0"));
  // Another time and the same content.
  age(10);
  EXPECT_EQ(archive.update().unchanged, 1u);
  // The same size and time, but so fresh that the time says nothing.
  archive.write("a.srt", srt({"beyond"}));
  archive.update();
  archive.write("a.srt", srt({"beware"}));
  EXPECT_EQ(archive.update().replaced, 1u);
  EXPECT_THAT(archive.places("beware"), ElementsAre("a.srt 0"));
}

/// A random life of an archive, brought up to date step by step, against an index made at once.
TEST(IndexUpdate, StepsGiveWhatARebuildGives) {
  const Archive archive;
  std::mt19937 random(4);
  const auto name = [&] {
    return "f" + std::to_string(random() % 12) + (random() % 2 ? ".json" : ".srt");
  };
  for (int step = 0; step < 25; ++step) {
    for (int i = 0; i < 4; ++i) {
      const std::string file = (random() % 2 ? "a/" : "b/") + name();
      if (random() % 3 == 0) {
        fs::remove(archive.folder() / file);
      } else {
        const std::string text = "text " + std::to_string(random() % 5);
        archive.write(file, file.ends_with("n") ? json_with(text) : srt({text, "and more"}));
      }
    }
    if (random() % 3 == 0)
      archive.write("a/damaged.json", "{\"schema\": \"attune-result-1\", \"media");
    archive.update();
  }
  const std::vector<std::string> steps = content(archive.index());
  const std::vector<std::string> found = archive.places("text OR more");
  archive.update(true);
  EXPECT_EQ(steps, content(archive.index()));
  EXPECT_EQ(found, archive.places("text OR more"));
  EXPECT_GT(found.size(), 10u);
}

TEST(IndexUpdate, BadFilesAreNamedAndTheRestIsThere) {
  const Archive archive;
  archive.write("good.srt", srt({"well and good"}));
  archive.write("latin.srt", srt({"caf\xE9 good"}));
  archive.write("cut.json", json_with("good").substr(0, 300));
  archive.write("new\nline.srt", srt({"good line"}));
  archive.write("caf\xE9.srt", srt({"good name"}));
  fs::create_symlink("loop.srt", archive.folder() / "loop.srt");
  fs::create_directory_symlink("..", archive.folder() / "sub");
  fs::create_directory_symlink(".", archive.folder() / "self.srt");
  ASSERT_EQ(mkfifo((archive.folder() / "pipe.vtt").c_str(), 0600), 0);
  const UpdateReport report = archive.update();
  std::vector<std::string> failed;
  for (const FailedFile& failure : report.failures) {
    failed.push_back(fs::path(failure.path).filename());
    EXPECT_THAT(failure.error.what(), HasSubstr(failure.path));
    EXPECT_EQ(failure.error.kind(), ErrorKind::kInput);
  }
  EXPECT_THAT(failed,
              ::testing::UnorderedElementsAre("latin.srt", "cut.json", "loop.srt", "pipe.vtt"));
  EXPECT_EQ(report.added, 3u);
  EXPECT_THAT(archive.places("good"),
              ElementsAre("caf\xE9.srt 0", "good.srt 0", "new\nline.srt 0"));

  UpdateRequest request;
  request.root = archive.folder();
  request.index = archive.index();
  request.encoding = "latin1";
  EXPECT_EQ(update_index(request).failures.size(), 3u);
  EXPECT_EQ(archive.places("café").size(), 1u);
}

void folder_closes_meanwhile() {
  const Archive archive;
  const fs::path closed = archive.write("closed/a.srt", srt({"closed"}));
  archive.write("b.srt", srt({"open"}));
  archive.update();
  fs::permissions(closed.parent_path(), fs::perms::none);
  const UpdateReport report = archive.update();
  fs::permissions(closed.parent_path(), fs::perms::owner_all);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_THAT(report.failures[0].error.what(), HasSubstr("closed: Permission denied"));
  EXPECT_EQ(report.removed, 0u);
  EXPECT_EQ(archive.places("closed").size(), 1u);

  fs::permissions(closed, fs::perms::none);
  fs::last_write_time(closed, fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(archive.update().failures.size(), 1u);
  EXPECT_EQ(archive.places("closed").size(), 1u);
}

/// In a process of its own that may not read everything: root may.
TEST(IndexUpdate, WhatCannotBeOpenedKeepsItsPlace) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) _exit(2);
    folder_closes_meanwhile();
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(IndexUpdate, ADamagedFileLosesItsPlace) {
  const Archive archive;
  archive.write("a.json", json_with("before"));
  archive.write("a.srt", srt({"instead"}));
  archive.update();
  archive.write("a.json", json_with("before").substr(0, 200));
  const UpdateReport report = archive.update();
  EXPECT_EQ(report.failures.size(), 1u);
  EXPECT_THAT(archive.places("before"), IsEmpty());
  EXPECT_THAT(archive.places("instead"), ElementsAre("a.srt 0"));
}

TEST(IndexUpdate, AStopKeepsWhatIsDone) {
  const Archive archive;
  for (int i = 0; i < 10; ++i) archive.write(std::to_string(i) + ".srt", srt({"text"}));
  std::atomic<bool> stop = false;
  UpdateRequest request;
  request.root = archive.folder();
  request.index = archive.index();
  request.stop = &stop;
  request.progress = [&](std::size_t done, std::size_t, const std::string&) { stop = done == 4; };
  const UpdateReport report = update_index(request);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.files, 5);
  EXPECT_EQ(archive.places("text").size(), 5u);
  EXPECT_EQ(archive.update().added, 5u);
}

/// Killed at random moments, also while it is made anew, and then run to the end.
TEST(IndexUpdate, AKilledUpdateIsMadeGood) {
  const Archive archive;
  for (int i = 0; i < 40; ++i)
    archive.write(std::to_string(i) + ".json", json_with("text " + std::to_string(i)));
  archive.update();
  const std::vector<std::string> undisturbed = content(archive.index());
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    const bool rebuild = round % 4 == 3;
    if (round % 2 == 0) fs::remove(archive.index());
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      archive.update(rebuild);
      _exit(0);
    }
    usleep(static_cast<useconds_t>(random() % 40'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    archive.update();
    EXPECT_EQ(content(archive.index()), undisturbed) << round;
  }
}

TEST(IndexUpdate, OneAtATime) {
  const Archive archive;
  archive.write("a.srt", srt({"text"}));
  UpdateRequest request;
  request.root = archive.folder();
  request.index = archive.index();
  request.progress = [&](std::size_t, std::size_t, const std::string&) {
    try {
      archive.update();
      ADD_FAILURE() << "two at a time";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kTryLater);
      EXPECT_THAT(error.what(), HasSubstr("another 'attune index'"));
    }
  };
  update_index(request);
  EXPECT_FALSE(fs::exists(archive.folder() / "attune-index.sqlite.lock"));
}

TEST(IndexUpdate, TheIndexMovesWithItsFolder) {
  const Archive archive;
  archive.write("in/a.srt", srt({"text"}));
  UpdateRequest request;
  request.root = archive.folder() / "in";
  request.index = archive.folder() / "in" / "x.sqlite";
  update_index(request);
  fs::rename(archive.folder() / "in", archive.folder() / "out");
  SearchRequest asked = archive.request("text");
  asked.index = archive.folder() / "out" / "x.sqlite";
  EXPECT_EQ(search(asked).hits.at(0).file, archive.folder() / "out" / "a.srt");
  // One that lies elsewhere names its folder, and is no index of another.
  request = {};
  request.root = archive.folder() / "out";
  request.index = archive.folder() / "y.sqlite";
  update_index(request);
  asked.index = request.index;
  EXPECT_EQ(search(asked).hits.at(0).file, fs::canonical(archive.folder()) / "out" / "a.srt");
  request.root = archive.folder();
  EXPECT_THROW(update_index(request), Error);
}

}  // namespace
}  // namespace attune::search

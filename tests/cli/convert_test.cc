#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program_runner.h"

namespace attune::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kVtt =
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hello.</v>\n\n00:01.500 --> 00:03.000\n<v Bob>Over"
    "lap.</v>\n";

std::string quoted(const std::filesystem::path& path) {
  return "'" + path.string() + "'";
}

TEST(Convert, WritesTheFormatThatTheNameTells) {
  const TemporaryFolder folder;
  const auto in = folder.write("in.vtt", kVtt);
  const ProgramResult run =
      run_shell("convert " + quoted(in) + " -o " + quoted(folder / "out.srt"));
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("srt has no voices: names are written in the text"));
  EXPECT_EQ(read_text(folder / "out.srt"),
            "1\n00:00:01,000 --> 00:00:02,000\nAnn: Hello.\n\n"
            "2\n00:00:01,500 --> 00:00:03,000\nBob: Overlap.\n");
}

TEST(Convert, StandardInputToStandardOutputWithShiftAndTitle) {
  const TemporaryFolder folder;
  const auto in = folder.write("in.vtt", kVtt);
  const ProgramResult run = run_shell(
      "-q convert - --from vtt --to rttm -o - --shift -500ms --title 'Dr. Who' <" + quoted(in));
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, IsEmpty());
  EXPECT_EQ(run.out,
            "SPEAKER Dr._Who 1 0.500 1.000 <NA> <NA> Ann <NA> <NA>\n"
            "SPEAKER Dr._Who 1 1.000 1.500 <NA> <NA> Bob <NA> <NA>\n");
}

TEST(Convert, SeveralInputsGoIntoAFolder) {
  const TemporaryFolder folder;
  const auto a = folder.write("a.vtt", kVtt);
  const auto b = folder.write("b.vtt", "no captions");
  const auto c = folder.write("c.srt", "1\n00:00:01,000 --> 00:00:02,000\nHi.\n");
  const ProgramResult run = run_shell("convert " + quoted(a) + ' ' + quoted(b) + ' ' + quoted(c) +
                                      " --to ttml -o " + quoted(folder / "out"));
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("b.vtt: WebVTT, line 1: the file does not start with WEBVTT"));
  EXPECT_THAT(read_text(folder / "out" / "a.ttml"), HasSubstr("Overlap."));
  EXPECT_THAT(read_text(folder / "out" / "c.ttml"), HasSubstr("Hi."));
  EXPECT_FALSE(std::filesystem::exists(folder / "out" / "b.ttml"));
}

TEST(Convert, AFailureLeavesTheOutputAsItWas) {
  const TemporaryFolder folder;
  const auto out = folder.write("out.vtt", "precious");
  const std::pair<const char*, const char*> bad[] = {
      {"1\n00:00:02,000 --> 00:00:01,000\nx\n", "line 2: the cue ends at"},
      {"1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:aa,000 --> 1\nx\n",
       "line 6: the cue's time '00:00:aa,000' cannot be read"},
      {"1\n00:00:01,000 --> 00:00:02,000\ncaf\xE9\n",
       "line 3: byte 36 of the file (0xE9) is not UTF-8; name the encoding with --encoding"},
      {"1\n00:00:01,000 --> 00:00:02,000\nx\n\n7\n", "line 5: the file breaks off"},
  };
  for (const auto& [text, message] : bad) {
    const auto in = folder.write("in.srt", text);
    const ProgramResult run = run_shell("convert " + quoted(in) + " -o " + quoted(out));
    EXPECT_EQ(run.code, 3) << run.err;
    EXPECT_THAT(run.err, HasSubstr("in.srt: "));
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_EQ(read_text(out), "precious");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(Convert, ReadsEncodingsThatAreMarkedOrNamed) {
  const TemporaryFolder folder;
  const std::string cue = "1\n00:00:01,000 --> 00:00:02,000\ncaf";
  std::string wide = "\xFF\xFE";
  for (const char c : cue + '\xE9') wide += {c, '\0'};
  folder.write("wide.srt", wide);
  folder.write("mark.srt", "\xEF\xBB\xBF" + cue + "\u00E9");
  folder.write("latin.srt", cue + "\xE9");
  for (const std::string arguments :
       {"wide.srt", "mark.srt", "latin.srt --encoding WINDOWS-1252"}) {
    const ProgramResult run =
        run_shell("convert " + arguments + " --to csv -o -", "cd " + quoted(folder.path()) + " &&");
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("1.000,2.000,,caf\u00E9,")) << arguments;
  }
  const ProgramResult unknown = run_shell("convert latin.srt --encoding klingon --to csv -o -",
                                          "cd " + quoted(folder.path()) + " &&");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("'klingon' is no text encoding"));
}

TEST(Convert, EmptyFilesGiveEmptyCaptionsOrAnError) {
  const TemporaryFolder folder;
  const auto srt = folder.write("empty.srt", "");
  EXPECT_EQ(run_shell("convert " + quoted(srt) + " --to vtt -o -").code, 0);
  for (const char* name : {"e.vtt", "e.ttml", "e.json", "e.csv", "e.TextGrid", "e.eaf"}) {
    const ProgramResult run =
        run_shell("convert " + quoted(folder.write(name, "")) + " --to vtt -o -");
    EXPECT_EQ(run.code, 3) << name;
    EXPECT_THAT(run.err, HasSubstr(name));
  }
}

TEST(Convert, SaysWhatIsWrongWithTheCommand) {
  const TemporaryFolder folder;
  const auto in = folder.write("in.vtt", kVtt);
  const auto message = [&in](const std::string& arguments) {
    const ProgramResult run = run_shell("convert " + quoted(in) + ' ' + arguments);
    EXPECT_EQ(run.code, 2) << arguments;
    return run.err;
  };
  EXPECT_THAT(message("-o /nowhere/x.abc"), HasSubstr("name it with --to"));
  EXPECT_THAT(message("-o - --to abc"), HasSubstr("'abc' is no format"));
  EXPECT_THAT(message("-o - --to srt --from txt"), HasSubstr("'txt' is only written"));
  EXPECT_THAT(message("-o - --to edl --frame-rate 0"), HasSubstr("30000/1001"));
  EXPECT_THAT(message("-o - --to srt --shift soon"), HasSubstr("is not a duration"));
  EXPECT_EQ(run_shell("convert /nowhere.vtt -o - --to srt").code, 3);
  const ProgramResult help = run_shell("convert --help");
  for (const char* name : {"vtt", "ebu-tt-d", "textgrid", ".TextGrid", "otio", "SCC"})
    EXPECT_THAT(help.out, HasSubstr(name));
}

TEST(Convert, CountsFramesAsTheRateSays) {
  const TemporaryFolder folder;
  const auto in = folder.write("in.srt", "1\n01:00:00,000 --> 01:00:01,001\nLate.\n");
  const auto edl = [&in](const std::string& rate) {
    return run_shell("convert " + quoted(in) + " --to edl -o - --frame-rate " + rate).out;
  };
  EXPECT_THAT(edl("30000/1001"), HasSubstr("FCM: DROP FRAME"));
  // An hour of drop-frame code is 107892 frames, 3.6 ms short of the hour.
  EXPECT_THAT(edl("29.97"), HasSubstr(" 01:00:00;00 01:00:00;01 "));
  EXPECT_THAT(edl("24"), HasSubstr(" 01:00:00:00 01:00:00:01 "));
  EXPECT_THAT(edl("24000/1001"), HasSubstr(" 00:59:56:09 "));
  EXPECT_THAT(edl("25"), HasSubstr("|D:25\n"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they map far more addresses
TEST(Convert, AMillionCuesTakeLittleMemory) {
  const TemporaryFolder folder;
  std::string text;
  constexpr int kCues = 1'000'000;
  char line[96];
  for (int i = 0; i < kCues; ++i) {
    std::snprintf(line, sizeof line, "%d\n%02d:%02d:%02d,000 --> %02d:%02d:%02d,900\nLine %d\n\n",
                  i + 1, i / 3600, i / 60 % 60, i % 60, i / 3600, i / 60 % 60, i % 60, i);
    text += line;
  }
  const auto in = folder.write("in.srt", text);
  const auto out = folder / "out.vtt";
  // 1 GiB of address space is enough for the 60 MB of text.
  const ProgramResult run =
      run_shell("convert " + quoted(in) + " -o " + quoted(out), "ulimit -v 1048576 &&");
  EXPECT_EQ(run.code, 0) << run.err;
  const std::string written = read_text(out);
  EXPECT_THAT(written.substr(written.size() - 60), HasSubstr("277:46:39.900\nLine 999999\n"));
}
#endif

}  // namespace
}  // namespace attune::cli

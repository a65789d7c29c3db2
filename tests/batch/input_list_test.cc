#include "batch/input_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <functional>
#include <sstream>

#include "core/error.h"
#include "temporary_tree.h"

namespace attune::batch {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

InputSources from(std::vector<std::string> arguments) {
  InputSources sources;
  sources.arguments = std::move(arguments);
  return sources;
}

InputSources from_list(const std::string& text, const std::string& root) {
  std::istringstream stream(text);
  InputSources sources;
  sources.manifest = read_manifest(stream, "list", root);
  return sources;
}

std::vector<std::string> outputs(const InputList& list) {
  std::vector<std::string> outputs;
  for (const Item& item : list.items) outputs.push_back(item.output);
  return outputs;
}

std::vector<std::string> inputs(const InputList& list) {
  std::vector<std::string> inputs;
  for (const Item& item : list.items) inputs.push_back(item.input);
  return inputs;
}

std::string messages(const std::vector<RejectedInput>& list) {
  std::string text;
  for (const RejectedInput& input : list) text += input.origin + ": " + input.message + "\n";
  return text;
}

TEST(InputList, NamesResultsAfterFilesAndFolders) {
  const TemporaryTree tree;
  tree.write("archive/show/ep1.mp4");
  tree.write("archive/show/ep1.MKV");
  tree.write("archive/a.b.Mp4");
  tree.write("archive/notes.txt");
  tree.write("archive/mp4");
  const std::string single = tree.write("else/where/film.dat");
  const InputList list = find_inputs(from({single, tree / "archive/"}));
  EXPECT_THAT(list.rejected, IsEmpty());
  EXPECT_THAT(outputs(list), ElementsAre("film.dat", "a.b.Mp4", "show/ep1.MKV", "show/ep1.mp4"));
  EXPECT_THAT(inputs(list),
              ElementsAre(single, tree / "archive/a.b.Mp4", tree / "archive/show/ep1.MKV",
                          tree / "archive/show/ep1.mp4"));
  EXPECT_EQ(list.items[1].origin, tree / "archive/");
}

TEST(InputList, TakesTheEndingsItIsTold) {
  const TemporaryTree tree;
  tree.write("a.csv");
  tree.write("b.CSV");
  tree.write("c.mp4");
  tree.write("csv");
  for (const char* written : {"csv", ".csv", "CSV"}) {
    InputSources sources = from({tree.path()});
    sources.extensions = {written};
    EXPECT_THAT(outputs(find_inputs(sources)), ElementsAre("a.csv", "b.CSV"));
  }
}

TEST(InputList, LeavesHiddenFilesInFoldersOut) {
  const TemporaryTree tree;
  tree.write("a.mp4");
  tree.write(".hidden.mp4");
  tree.write(".trash/b.mp4");
  EXPECT_THAT(outputs(find_inputs(from({tree.path()}))), ElementsAre("a.mp4"));
}

TEST(InputList, ExpandsPatternsThatTheShellLeft) {
  const TemporaryTree tree;
  tree.write("archive/s1/ep1.mp4");
  tree.write("archive/s1/deep/ep2.mp4");
  tree.write("archive/s2/ep1.mp4");
  tree.write("archive/s2/ep1.txt");
  tree.write("archive/x3/ep[1].mp4");
  tree.write("archive/top.mp4");
  tree.write("archive/.hidden/ep1.mp4");
  const auto found = [&](const std::string& pattern) {
    return outputs(find_inputs(from({tree / pattern})));
  };
  EXPECT_THAT(found("archive/*/ep1.mp4"), ElementsAre("s1/ep1.mp4", "s2/ep1.mp4"));
  EXPECT_THAT(found("archive/s[!1]/*"), ElementsAre("s2/ep1.mp4", "s2/ep1.txt"));
  EXPECT_THAT(found("archive/**/*.mp4"), ElementsAre("s1/deep/ep2.mp4", "s1/ep1.mp4", "s2/ep1.mp4",
                                                     "top.mp4", "x3/ep[1].mp4"));
  EXPECT_THAT(found("archive/**/**/ep?.mp4"),
              ElementsAre("s1/deep/ep2.mp4", "s1/ep1.mp4", "s2/ep1.mp4"));
  EXPECT_THAT(found("archive/s*"), ElementsAre("s1/deep/ep2.mp4", "s1/ep1.mp4", "s2/ep1.mp4"));
  EXPECT_THAT(found("archive/s1/**"), ElementsAre("deep/ep2.mp4", "ep1.mp4"));
  EXPECT_THAT(found("archive/x3/ep[1].mp4"), ElementsAre("ep[1].mp4"));
  const InputList none = find_inputs(from({tree / "archive/*.avi"}));
  EXPECT_THAT(none.items, IsEmpty());
  EXPECT_THAT(messages(none.rejected), HasSubstr("archive/*.avi matches no file"));
}

TEST(InputList, NamesResultsOfAddressesWithoutSecrets) {
  const InputList list = find_inputs(
      from({"https://user:secret@media.example:8080/a/../b/c.mp4?k=1", "rtsp://10.0.0.7/cam/1/",
            "https://bare.example", "https://media.example/../../../etc/x"}));
  EXPECT_THAT(list.rejected, IsEmpty());
  EXPECT_THAT(outputs(list), ElementsAre("media.example/b/c.mp4", "10.0.0.7/cam/1", "bare.example",
                                         "media.example/etc/x"));
}

TEST(InputList, OfAManifestKeepsPathsBelowItsFolder) {
  const TemporaryTree tree;
  tree.write("lists/show/ep1.mp4");
  const std::string other = tree.write("other/show/ep1.mp4");
  const std::string inside = tree / "lists/show/../show/ep1.mp4";
  const InputList list = find_inputs(from_list(
      "show/ep1.mp4\n" + other + "\n{\"input\": \"" + inside + "\", \"output\": \"again\"}\n",
      tree / "lists"));
  EXPECT_THAT(messages(list.rejected), "");
  EXPECT_THAT(outputs(list), ElementsAre("show/ep1.mp4", other.substr(1), "again"));
}

TEST(InputList, RejectsWhatIsNotThereOrNoFileAndGoesOn) {
  const TemporaryTree tree;
  tree.write("good.mp4");
  tree.write("empty.mp4", "");
  fs::create_directory(tree.path() / "folder");
  ASSERT_EQ(mkfifo((tree / "pipe.mp4").c_str(), 0600), 0);
  const InputList list = find_inputs(from_list(
      "missing.mp4\nempty.mp4\nfolder\npipe.mp4\n" + std::string(300, 'x') + "\ngood.mp4\n",
      tree.path()));
  EXPECT_THAT(outputs(list), ElementsAre("good.mp4"));
  ASSERT_THAT(list.rejected, SizeIs(5));
  EXPECT_THAT(messages({list.rejected[0]}),
              AllOf(HasSubstr("list:1: "), HasSubstr("missing.mp4 does not exist")));
  EXPECT_THAT(messages({list.rejected[1]}), HasSubstr("empty.mp4 is empty"));
  EXPECT_THAT(messages({list.rejected[2]}), HasSubstr("folder is a folder"));
  EXPECT_THAT(messages({list.rejected[3]}), HasSubstr("pipe.mp4 is no file"));
  EXPECT_THAT(messages({list.rejected[4]}), HasSubstr("File name too long"));
}

TEST(InputList, RejectsArgumentsThatNameNothing) {
  const InputList list = find_inputs(from({"", "-", "/no/such/film.mp4"}));
  EXPECT_THAT(list.items, IsEmpty());
  EXPECT_THAT(messages(list.rejected),
              AllOf(HasSubstr("variable of the shell empty"), HasSubstr("--manifest -"),
                    HasSubstr("/no/such/film.mp4 does not exist")));
}

TEST(InputList, TakesNamesWithLeadingDashesForNoOptions) {
  const TemporaryTree tree;
  tree.write("-rf.mp4");
  const fs::path before = fs::current_path();
  fs::current_path(tree.path());
  const InputList argument = find_inputs(from({"-rf.mp4"}));
  const InputList line = find_inputs(from_list("-rf.mp4\n", ""));
  fs::current_path(before);
  for (const InputList& list : {argument, line}) {
    EXPECT_THAT(inputs(list), ElementsAre("./-rf.mp4"));
    EXPECT_THAT(outputs(list), ElementsAre("-rf.mp4"));
  }
}

TEST(InputList, TellsOfNamesWithLineBreaksOnOneLine) {
  const TemporaryTree tree;
  tree.write("two\nlines.mp4");
  const InputList list = find_inputs(from_list(
      "{\"input\": \"two\\nlines.mp4\"}\n{\"input\": \"not\\nthere.mp4\"}\n", tree.path()));
  EXPECT_THAT(outputs(list), ElementsAre("two\nlines.mp4"));
  ASSERT_THAT(list.rejected, SizeIs(1));
  EXPECT_EQ(list.rejected[0].message.find('\n'), std::string::npos);
}

TEST(InputList, RejectsNamesInFoldersThatAreNoUtf8) {
  const TemporaryTree tree;
  tree.write("caf\xE9.mp4");
  tree.write("good.mp4");
  const InputList list = find_inputs(from({tree.path()}));
  EXPECT_THAT(outputs(list), ElementsAre("good.mp4"));
  EXPECT_THAT(messages(list.rejected), HasSubstr("caf\xEF\xBF\xBD.mp4\" is not UTF-8"));
}

TEST(InputList, RejectsTheSecondOfTwoInputsWithOneOutput) {
  const TemporaryTree tree;
  const std::string first = tree.write("s1/ep.mp4");
  const std::string second = tree.write("s2/ep.mp4");
  const InputList list = find_inputs(from({first, second}));
  EXPECT_THAT(inputs(list), ElementsAre(first));
  EXPECT_THAT(messages(list.rejected),
              AllOf(HasSubstr(first), HasSubstr(second), HasSubstr("\"ep.mp4\"")));
}

TEST(InputList, RejectsOutputsWithinEachOther) {
  const TemporaryTree tree;
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4", "d.mp4"}) tree.write(name);
  const InputList list = find_inputs(from_list(R"({"input": "a.mp4", "output": "x/y"})"
                                               "\n"
                                               R"({"input": "b.mp4", "output": "x/y/z/w"})"
                                               "\n"
                                               R"({"input": "c.mp4", "output": "x"})"
                                               "\n"
                                               R"({"input": "d.mp4", "output": "x/yy"})"
                                               "\n",
                                               tree.path()));
  EXPECT_THAT(outputs(list), ElementsAre("x/y", "x/yy"));
  EXPECT_THAT(messages(list.rejected), AllOf(HasSubstr("lies among the results of"),
                                             HasSubstr("which holds the results of")));
}

TEST(InputList, TakesAFileOnceHoweverOftenItIsNamed) {
  const TemporaryTree tree;
  tree.write("show/ep1.mp4");
  const InputList list =
      find_inputs(from({tree.path(), tree / "show/ep1.mp4", tree / "show", tree.path()}));
  EXPECT_THAT(outputs(list), ElementsAre("show/ep1.mp4"));
  EXPECT_THAT(list.rejected, IsEmpty());
  EXPECT_THAT(list.left_out, SizeIs(3));

  const InputList lines = find_inputs(from_list(
      "show/ep1.mp4\nshow/ep1.mp4\n{\"input\": \"show/ep1.mp4\", \"set\": {\"audio\": \"2\"}}\n",
      tree.path()));
  EXPECT_THAT(outputs(lines), ElementsAre("show/ep1.mp4"));
  EXPECT_THAT(messages(lines.left_out), AllOf(HasSubstr("list:2: "), HasSubstr("by list:1")));
  EXPECT_THAT(messages(lines.rejected), AllOf(HasSubstr("list:3: "), HasSubstr("(list:1)")));
}

TEST(InputList, FollowsLinksButNoLoops) {
  const TemporaryTree tree;
  const TemporaryTree elsewhere;
  elsewhere.write("linked/b.mp4");
  tree.write("z/a.mp4");
  fs::create_directory_symlink(tree.path(), tree.path() / "z/loop");
  fs::create_directory_symlink(tree.path() / "z", tree.path() / "again");
  fs::create_directory_symlink(elsewhere.path() / "linked", tree.path() / "folder");
  fs::create_symlink(elsewhere / "linked/b.mp4", tree.path() / "file.mp4");
  fs::create_symlink("nothing", tree.path() / "broken.mp4");
  fs::create_symlink("self.mp4", tree.path() / "self.mp4");
  const InputList list = find_inputs(from({tree.path()}));
  EXPECT_THAT(outputs(list), ElementsAre("file.mp4", "folder/b.mp4", "z/a.mp4"));
  EXPECT_THAT(messages(list.left_out),
              AllOf(HasSubstr("z/loop leads to"), HasSubstr("again leads to")));
  EXPECT_THAT(messages(list.rejected),
              AllOf(HasSubstr("broken.mp4 is a link that leads to no file"),
                    HasSubstr("self.mp4 is a link")));
}

TEST(InputList, NeverTakesResultsAsInputs) {
  const TemporaryTree tree;
  tree.write("a.mp4");
  tree.write("out/a.mp4/a.burnt.mp4");
  tree.write("yesterday/.attune/batch.json");
  tree.write("yesterday/a.mp4/a.burnt.mp4");
  tree.write("copied/.done.json");
  tree.write("copied/a.burnt.mp4");
  InputSources sources = from({tree.path()});
  sources.output_folder = tree.path() / "out";
  const InputList list = find_inputs(sources);
  EXPECT_THAT(outputs(list), ElementsAre("a.mp4"));
  EXPECT_THAT(messages(list.left_out),
              AllOf(HasSubstr("out is the output folder"), HasSubstr("yesterday holds results"),
                    HasSubstr("copied holds results")));
}

TEST(InputList, RefusesInputsInTheOutputFolder) {
  const TemporaryTree tree;
  const std::string film = tree.write("show/a.mp4");
  fs::create_directory_symlink(tree.path() / "show", tree.path() / "link");
  const std::vector<std::pair<std::string, std::string>> folders = {
      {tree / "show", tree / "show"},
      {tree / "show", tree / "show/"},
      {tree / "show", tree / "link"},
      {tree / "show", tree.path()},
      {tree / "link", tree / "show/../show"}};
  for (const auto& [input, output] : folders) {
    InputSources sources = from({input});
    sources.output_folder = output;
    try {
      find_inputs(sources);
      ADD_FAILURE() << input << " to " << output;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr("choose another output folder"));
    }
  }
  InputSources sources = from({film});
  sources.output_folder = tree.path() / "show";
  EXPECT_THAT(messages(find_inputs(sources).rejected), HasSubstr("lies in the output folder"));
  sources.output_folder = tree.path() / "sho";
  EXPECT_THAT(find_inputs(sources).items, SizeIs(1));
}

TEST(InputList, WithProbeGoesByContent) {
  const TemporaryTree tree;
  tree.write("sound without ending", wav_of(0.5));
  tree.write("notes.txt", "nothing to hear here\n");
  tree.write("damaged.mp4", "no film in here");
  InputSources sources = from({tree.path()});
  sources.probe = true;
  const InputList list = find_inputs(sources);
  EXPECT_THAT(outputs(list), ElementsAre("sound without ending"));
  EXPECT_EQ(list.items[0].duration, from_seconds(0.5));
  EXPECT_THAT(messages(list.rejected),
              AllOf(HasSubstr("damaged.mp4"), Not(HasSubstr("notes.txt"))));
}

/// Runs `check` as a user without rights and tells whether it held.
bool holds_without_rights(const std::function<bool()>& check) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const bool is_powerless = geteuid() != 0 || setuid(kNobody) == 0;
    _exit(is_powerless && check() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(InputList, TellsWhatItMayNotRead) {
  const TemporaryTree tree;
  tree.write("good.mp4");
  tree.write("secret.mp4");
  tree.write("locked/a.mp4");
  fs::permissions(tree.path(), fs::perms(0755));
  fs::permissions(tree.path() / "secret.mp4", fs::perms::none);
  fs::permissions(tree.path() / "locked", fs::perms::none);
  EXPECT_TRUE(holds_without_rights([&] {
    const InputList list = find_inputs(from({tree.path()}));
    EXPECT_THAT(outputs(list), ElementsAre("good.mp4"));
    EXPECT_THAT(messages(list.rejected),
                AllOf(HasSubstr("secret.mp4 cannot be read: Permission denied"),
                      HasSubstr("locked cannot be read: Permission denied")));
    return !testing::Test::HasFailure();
  }));
  fs::permissions(tree.path() / "locked", fs::perms::owner_all);
}

TEST(InputList, OfAHundredThousandFilesTakesSeconds) {
  const TemporaryTree tree;
  for (int folder = 0; folder < 100; ++folder) {
    const fs::path path = tree.path() / ("show " + std::to_string(folder));
    fs::create_directory(path);
    // One file with a thousand names is a thousand files to the walk.
    std::ofstream(path / "episode 0.mp4") << "x";
    for (int i = 1; i < 1000; ++i) {
      fs::create_hard_link(path / "episode 0.mp4",
                           path / ("episode " + std::to_string(i) + ".mp4"));
    }
  }
  const std::clock_t begin = std::clock();
  const InputList list = find_inputs(from({tree.path()}));
  const double processor_seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_THAT(list.items, SizeIs(100000));
  // A second or two in a release build; four times that is a defect in any.
  EXPECT_LT(processor_seconds, 8);
}

}  // namespace
}  // namespace attune::batch

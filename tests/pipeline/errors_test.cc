#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "test_nodes.h"

namespace attune::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A node that writes "done" as its result and may throw in any of its steps.
class StepNode final : public Node {
 public:
  explicit StepNode(std::string throws_in) : throws_in_(std::move(throws_in)) {}
  void open(RunContext&) override { step("open"); }
  void process(std::size_t, const Packet& packet, Emitter&) override {
    if (packet.span().start == milliseconds(12480)) step("process");
  }
  void flush(Emitter&) override { step("flush"); }
  void close(RunContext& context) override {
    if (context.outputs != nullptr) context.outputs->write(".txt", "done");
    step("close");
  }

 private:
  void step(const std::string& name) const {
    if (name == throws_in_) throw Error(ErrorKind::kModel, "the weights are damaged");
  }
  std::string throws_in_;
};

class Errors : public ::testing::TestWithParam<int> {
 protected:
  Errors() {
    folder_ = fs::temp_directory_path() /
              fmt::format("attune_errors_{}_{}", ::testing::UnitTest::GetInstance()->random_seed(),
                          reinterpret_cast<std::uintptr_t>(this));
    nodes.counting_source("count", 3000);
    NodeType type;
    type.name = "step";
    type.inputs = {port<Number>("in", "")};
    type.parameters = {{.name = "throws_in", .default_value = std::string(), .doc = ""}};
    type.make = [](const Parameters& parameters) {
      return std::make_unique<StepNode>(parameters.get<std::string>("throws_in"));
    };
    nodes.registry.add(std::move(type));
  }
  ~Errors() override { fs::remove_all(folder_); }

  RunOptions options() const {
    RunOptions options;
    options.threads = GetParam();
    return options;
  }

  /// The message of the error that the run throws.
  std::string failure(const std::string& yaml, ErrorKind kind = ErrorKind::kModel) {
    OutputFiles outputs(folder_, "scene");
    try {
      nodes.run(yaml, options(), &outputs);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      return error.what();
    }
    ADD_FAILURE() << "did not throw";
    return "";
  }

  TestNodes nodes;
  fs::path folder_;
};

TEST_P(Errors, ASuccessfulRunCommitsTheFiles) {
  OutputFiles outputs(folder_, "scene");
  const RunResult result =
      nodes.run("nodes: {s: {type: count}, faces: {type: step, in: s}}", options(), &outputs);
  ASSERT_EQ(result.files, std::vector<fs::path>{folder_ / "scene.txt"});
  EXPECT_TRUE(fs::exists(folder_ / "scene.txt"));
}

TEST_P(Errors, ProcessNamesInputNodeAndTimeAndLeavesNoFile) {
  EXPECT_EQ(failure("nodes: {s: {type: count}, faces: {type: step, in: s, throws_in: process},"
                    " other: {type: step, in: s}}"),
            "scene.mp4: node 'faces' at 00:00:12.480: the weights are damaged");
  EXPECT_TRUE(!fs::exists(folder_) || fs::is_empty(folder_));
}

TEST_P(Errors, OpenAndCloseNameInputAndNode) {
  EXPECT_EQ(failure("nodes: {s: {type: count}, faces: {type: step, in: s, throws_in: open}}"),
            "scene.mp4: node 'faces': the weights are damaged");
  EXPECT_EQ(failure("nodes: {s: {type: count}, faces: {type: step, in: s, throws_in: close}}"),
            "scene.mp4: node 'faces': the weights are damaged");
  EXPECT_TRUE(!fs::exists(folder_) || fs::is_empty(folder_));
}

TEST_P(Errors, OpenMayFailBesideAParallelNode) {
  nodes.node("copy", 1, 1, Concurrency::kParallel,
             [](std::size_t, const Packet& packet, Emitter& out) { out.emit(packet); });
  EXPECT_EQ(failure("nodes: {s: {type: count}, p: {type: copy, in: s}, q: {type: copy, in: p},"
                    " faces: {type: step, in: q, throws_in: open}}"),
            "scene.mp4: node 'faces': the weights are damaged");
}

TEST_P(Errors, FlushNamesTheLastTime) {
  EXPECT_EQ(failure("nodes: {s: {type: count}, faces: {type: step, in: s, throws_in: flush}}"),
            "scene.mp4: node 'faces' at 00:00:29.990: the weights are damaged");
}

TEST_P(Errors, AParallelNodeNamesThePacketThatFailed) {
  nodes.node("third", 1, 1, Concurrency::kParallel,
             [](std::size_t, const Packet& packet, Emitter& out) {
               if (packet.get<Number>().value == 3) throw std::out_of_range("no such row");
               out.emit(packet);
             });
  EXPECT_EQ(failure("nodes: {s: {type: count}, p: {type: third, in: s}, k: {type: step, in: p}}",
                    ErrorKind::kInternal),
            "scene.mp4: node 'p' at 00:00:00.030: no such row");
}

TEST_P(Errors, TheSourceMayFailAndDoesNotNameTheInputTwice) {
  nodes.source("broken", 1, [](int i, Emitter& out) -> bool {
    if (i == 5) throw Error(ErrorKind::kInput, "scene.mp4: damaged at byte 300");
    out.emit(number_at(milliseconds(10 * i), i));
    return true;
  });
  EXPECT_EQ(failure("nodes: {s: {type: broken}, k: {type: step, in: s}}", ErrorKind::kInput),
            "scene.mp4: node 's' at 00:00:00.040: damaged at byte 300");
}

TEST_P(Errors, AnEndlessSourceIsStoppedByAnErrorFurtherDown) {
  nodes.source("endless", 1, [](int i, Emitter& out) {
    out.emit(number_at(milliseconds(10 * i), i));
    return true;
  });
  EXPECT_THAT(failure("nodes: {s: {type: endless}, k: {type: step, in: s, throws_in: process}}"),
              HasSubstr("node 'k' at 00:00:12.480"));
}

TEST_P(Errors, AThrowThatIsNoExceptionIsReported) {
  nodes.node("odd", 1, 0, Concurrency::kSerial,
             [](std::size_t, const Packet&, Emitter&) { throw 7; });  // NOLINT
  EXPECT_THAT(failure("nodes: {s: {type: count}, k: {type: odd, in: s}}", ErrorKind::kInternal),
              HasSubstr("not a std::exception"));
}

TEST_P(Errors, DefectsOfNodesAreNamed) {
  nodes.node("back", 1, 1, Concurrency::kSerial,
             [](std::size_t, const Packet& packet, Emitter& out) {
               out.emit(Packet::watermark(milliseconds(1000) - packet.span().start));
               out.emit(Packet::discontinuity(milliseconds(1000) - packet.span().start));
             });
  nodes.node("wrong_type", 1, 1, Concurrency::kSerial,
             [](std::size_t, const Packet& packet, Emitter& out) {
               out.emit(Packet::data(packet.span(), Text{"text"}));
             });
  nodes.node("wrong_port", 1, 1, Concurrency::kSerial,
             [](std::size_t, const Packet& packet, Emitter& out) { out.emit(1, packet); });
  nodes.node("ends", 1, 1, Concurrency::kSerial, [](std::size_t, const Packet&, Emitter& out) {
    out.emit(Packet::end_of_stream(milliseconds(0)));
  });
  const auto message = [&](const std::string& type) {
    return failure(
        "nodes: {s: {type: count}, n: {type: " + type + ", in: s}, k: {type: step, in: n}}",
        ErrorKind::kInternal);
  };
  EXPECT_THAT(message("back"),
              HasSubstr("output 'a' went back in time from 00:00:01.000 to 00:00:00.990"));
  EXPECT_THAT(message("wrong_type"),
              HasSubstr("emitted Text on output 'a', which is declared as Number"));
  EXPECT_THAT(message("wrong_port"), HasSubstr("wrong_port emitted on output 1, but declares 1"));
  EXPECT_THAT(message("ends"), HasSubstr("end of stream"));
}

TEST_P(Errors, AStopRequestEndsTheSourceAndKeepsWhatIsFinished) {
  std::atomic<bool> stop = false;
  nodes.source("endless", 1, [&](int i, Emitter& out) {
    out.emit(number_at(milliseconds(10 * i), i));
    if (i == 99) stop = true;
    return true;
  });
  RunOptions with_stop = options();
  with_stop.stop = &stop;
  OutputFiles outputs(folder_, "scene");
  nodes.collector();
  const RunResult result =
      nodes.run("nodes: {s: {type: endless}, k: {type: step, in: s}, c: {type: collect, in: s}}",
                with_stop, &outputs);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(nodes.seen.size(), 100U);
  EXPECT_TRUE(fs::exists(folder_ / "scene.txt"));
}

TEST_P(Errors, AStopRequestReachesASourceThatTheLimitsHoldBack) {
  std::atomic<bool> stop = false;
  nodes.source("endless", 1, [&](int i, Emitter& out) {
    out.emit(number_at(milliseconds(100 * i), i));
    return true;
  });
  nodes.node("blocks", 1, 0, Concurrency::kSerial,
             [&](std::size_t, const Packet& packet, Emitter&) {
               if (packet.get<Number>().value == 2) stop = true;
             });
  RunOptions with_stop = options();
  with_stop.stop = &stop;
  const RunResult result = nodes.run(
      "{limits: {media_time: 200ms}, nodes: {s: {type: endless}, k: {type: blocks, in: s}}}",
      with_stop);
  EXPECT_FALSE(result.complete);
}

INSTANTIATE_TEST_SUITE_P(Threads, Errors, ::testing::Values(1, 2, 8),
                         [](const auto& info) { return fmt::format("Threads{}", info.param); });

}  // namespace
}  // namespace attune::pipeline

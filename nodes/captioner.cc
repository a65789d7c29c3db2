#include "nodes/captioner.h"

#include <mutex>

#include "models/pocketsphinx_captioner.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

/// Recognisers that no thread uses at the moment; makes another when there is none.
class CaptionerPool {
 public:
  using Handle = std::unique_ptr<models::Captioner>;

  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle captioner = std::move(idle_.back());
        idle_.pop_back();
        return captioner;
      }
    }
    return std::make_unique<models::PocketSphinxCaptioner>();
  }

  void give_back(Handle captioner) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(captioner));
  }

 private:
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

class CaptionerNode : public pipeline::Node {
 public:
  explicit CaptionerNode(const pipeline::Parameters& parameters)
      : enabled_(parameters.get<std::string>("model") != "none") {}

  void open(pipeline::RunContext& context) override {
    if (!enabled_) return;
    auto captioner = pool_.take();
    const models::CaptionerModel model = captioner->model();
    context.models["captioner"] = {model.name, model.sha256};
    pool_.give_back(std::move(captioner));
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data() || !enabled_) return;
    const auto& stretch = packet.get<SpeechStretch>();
    auto captioner = pool_.take();
    WordList list;
    for (models::RecognizedWord& word : captioner->transcribe(stretch.samples))
      list.words.push_back(
          {.span = {stretch.start + word.span.start, stretch.start + word.span.end},
           .text = std::move(word.text),
           .confidence = word.confidence,
           .speaker = 0});
    pool_.give_back(std::move(captioner));
    out.emit(Packet::data(packet.span(), std::move(list)));
  }

 private:
  bool enabled_;
  CaptionerPool pool_;
};

}  // namespace

pipeline::NodeType captioner_type() {
  return {
      .name = "captioner",
      .summary = "Turns stretches of speech into words with times",
      .doc =
          "`auto` and `pocketsphinx` use PocketSphinx with its US English model: a stand-in that "
          "needs\n"
          "no download. Every stretch is recognised on its own, so that the words do not depend "
          "on\n"
          "the number of threads.\n"
          "Latency: none of its own. Memory: one recogniser (about 100 MB) for each thread.",
      .inputs = {pipeline::port<SpeechStretch>("stretches", "speech, 16 kHz mono")},
      .outputs = {pipeline::port<WordList>("words", "the words of each stretch")},
      .parameters = {{.name = "model",
                      .default_value = std::string("auto"),
                      .doc = "the recogniser; none: no words, who speaks when alone",
                      .choices = {"auto", "pocketsphinx", "none"}}},
      .concurrency = pipeline::Concurrency::kParallel,
      .example = "words: {type: captioner, in: stretches, model: auto}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<CaptionerNode>(p); },
  };
}

}  // namespace attune::nodes

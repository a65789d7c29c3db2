// Word error rate and speed of PocketSphinx on recordings with transcripts, with and without speech
// detection in front: one line for each folder of recordings.
//
//   word_errors transcripts.tsv [--detect-speech] [--language-weight 6.5] ...
//
// The table has a header and the columns file (relative to the table), speaker, text.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <vector>

#include "align/speech_stretches.h"
#include "core/error.h"
#include "media/audio_decoder.h"
#include "media/demuxer.h"
#include "models/audio_tokenizer.h"
#include "models/model_store.h"
#include "models/pocketsphinx_captioner.h"

namespace attune {
namespace {

using Samples = std::vector<float>;
using Words = std::vector<std::string>;

struct Recording {
  std::string folder;
  std::filesystem::path file;
  Words words;
};

struct Tally {
  std::size_t words = 0, substituted = 0, inserted = 0, deleted = 0;
  double sound_s = 0, processor_s = 0;
  /// Confidence of each word heard, and whether it was right.
  std::vector<std::pair<float, bool>> heard;
  /// The same for each recording: mean confidence, right and wrong words.
  struct Whole {
    float confidence;
    std::size_t right, wrong;
  };
  std::vector<Whole> wholes;
};

/// Letters and apostrophes, in lower case: what PocketSphinx writes.
Words words_of(const std::string& text) {
  Words words(1);
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '\'')
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::vector<Recording> read_table(const std::filesystem::path& table) {
  std::ifstream stream(table);
  if (!stream) throw Error(ErrorKind::kInput, fmt::format("cannot read '{}'", table.string()));
  std::vector<Recording> recordings;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::filesystem::path file = line.substr(0, first);
    recordings.push_back({file.parent_path().string(), table.parent_path() / file,
                          words_of(line.substr(second + 1))});
  }
  return recordings;
}

Samples decode(const std::filesystem::path& file) {
  Samples samples;
  media::Demuxer demuxer(file.string());
  media::AudioDecoder decoder(*demuxer.info().audio());
  const auto take = [&](const media::AudioChunk& chunk) {
    samples.insert(samples.end(), chunk.samples.begin(), chunk.samples.end());
  };
  while (const auto packet = demuxer.read()) decoder.decode(*packet->data, take);
  decoder.flush(take);
  return samples;
}

/// As the nodes audio_encoder and speech_stretches do.
std::vector<Samples> stretches_of(const Samples& sound,
                                  const std::shared_ptr<const models::AlignModel>& model) {
  const Duration length = Duration(static_cast<std::int64_t>(sound.size()) * 62'500);
  models::AudioTokenizer tokenizer(model, 0);
  align::SpeechStretchBuilder builder;
  std::vector<TimeSpan> spans;
  const auto take = [&](const models::AudioTokens& tokens) {
    for (const TimeSpan& span : builder.push(tokens.first, tokens.speech)) spans.push_back(span);
  };
  take(tokenizer.push(sound, Timestamp{}));
  take(tokenizer.finish(token_ceil(Timestamp{} + length)));
  for (const TimeSpan& span : builder.flush()) spans.push_back(span);
  std::vector<Samples> stretches;
  for (const TimeSpan& span : spans) {
    const auto at = [&](Timestamp t) {
      return std::clamp<std::int64_t>(t.count() / 62'500, 0,
                                      static_cast<std::int64_t>(sound.size()));
    };
    stretches.emplace_back(sound.begin() + at(span.start), sound.begin() + at(span.end));
  }
  return stretches;
}

/// Levenshtein alignment, counted by kind; of equal ways the one with fewer insertions.
void count_errors(const Words& truth, const std::vector<models::RecognizedWord>& heard,
                  Tally& tally) {
  const std::size_t n = truth.size(), m = heard.size();
  std::vector<std::vector<std::size_t>> cost(n + 1, std::vector<std::size_t>(m + 1));
  for (std::size_t i = 0; i <= n; ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= m; ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= n; ++i)
    for (std::size_t j = 1; j <= m; ++j)
      cost[i][j] = std::min({cost[i - 1][j - 1] + (truth[i - 1] != heard[j - 1].text ? 1U : 0U),
                             cost[i - 1][j] + 1, cost[i][j - 1] + 1});
  tally.words += n;
  const std::size_t first = tally.heard.size();
  for (std::size_t i = n, j = m; i > 0 || j > 0;) {
    const bool pair = i > 0 && j > 0;
    const bool same = pair && truth[i - 1] == heard[j - 1].text;
    if (pair && cost[i][j] == cost[i - 1][j - 1] + (same ? 0U : 1U)) {
      tally.substituted += same ? 0 : 1;
      tally.heard.emplace_back(heard[j - 1].confidence, same);
      --i, --j;
    } else if (i > 0 && cost[i][j] == cost[i - 1][j] + 1) {
      ++tally.deleted;
      --i;
    } else {
      ++tally.inserted;
      tally.heard.emplace_back(heard[j - 1].confidence, false);
      --j;
    }
  }
  Tally::Whole whole{0, 0, 0};
  for (std::size_t k = first; k < tally.heard.size(); ++k) {
    whole.confidence += tally.heard[k].first / static_cast<float>(tally.heard.size() - first);
    ++(tally.heard[k].second ? whole.right : whole.wrong);
  }
  tally.wholes.push_back(whole);
}

void print(const std::string& folder, const Tally& tally) {
  const auto share = [&](std::size_t n) {
    return 100.0 * static_cast<double>(n) / static_cast<double>(tally.words);
  };
  fmt::print(
      "{:10} {:5} words  {:5.1f} % errors (substituted {:.1f}, inserted {:.1f}, deleted "
      "{:.1f})  {:.1f} x real time\n",
      folder, tally.words, share(tally.substituted + tally.inserted + tally.deleted),
      share(tally.substituted), share(tally.inserted), share(tally.deleted),
      tally.sound_s / tally.processor_s);
}

/// What dropping words below a confidence would leave.
void print_rejection(const Tally& tally) {
  for (const float threshold : {0.3F, 0.5F, 0.7F, 0.9F, 0.97F}) {
    std::size_t right = 0, wrong = 0;
    for (const auto& [confidence, is_right] : tally.heard)
      if (confidence < threshold) ++(is_right ? right : wrong);
    fmt::print("  below {:.2f}: {} right, {} wrong words of {}\n", threshold, right, wrong,
               tally.heard.size());
  }
  for (const float threshold : {0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F}) {
    std::size_t right = 0, wrong = 0, wholes = 0;
    for (const Tally::Whole& whole : tally.wholes)
      if (whole.confidence < threshold) ++wholes, right += whole.right, wrong += whole.wrong;
    fmt::print("  mean below {:.2f}: {} of {} recordings, {} right, {} wrong words\n", threshold,
               wholes, tally.wholes.size(), right, wrong);
  }
}

int run(int argc, char** argv) {
  CLI::App app("Word error rate and speed of PocketSphinx");
  std::filesystem::path table;
  models::PocketSphinxOptions options;
  bool detect_speech = false, verbose = false, rejection = false;
  std::string only;
  int half = -1;
  app.add_option("transcripts", table, "table of files and texts")->required();
  app.add_flag("--detect-speech", detect_speech, "transcribe only where attune-align hears speech");
  app.add_flag("--verbose", verbose, "print what was said and what was heard");
  app.add_flag("--rejection", rejection, "print what dropping improbable words would leave");
  app.add_option("--only", only, "this folder only");
  app.add_option("--half", half, "every second recording: 0 or 1");
  app.add_option("--language-weight", options.language_weight);
  app.add_option("--flat-language-weight", options.flat_language_weight);
  app.add_option("--best-path-language-weight", options.best_path_language_weight);
  app.add_option("--word-insertion-penalty", options.word_insertion_penalty);
  app.add_option("--beam", options.beam);
  app.add_option("--word-beam", options.word_beam);
  app.add_option("--minimum-confidence", options.minimum_confidence);
  app.add_option("--minimum-mean-confidence", options.minimum_mean_confidence);
  CLI11_PARSE(app, argc, argv);

  std::shared_ptr<const models::AlignModel> model;
  if (detect_speech) {
    const auto file = models::ModelStore().resolve(models::ModelRole::kAligner, "auto");
    model = std::make_shared<const models::AlignModel>(models::WeightFile::open(file.path));
  }
  models::PocketSphinxCaptioner captioner(options);
  std::map<std::string, Tally> tallies;
  std::map<std::string, int> counts;
  for (const Recording& recording : read_table(table)) {
    if (!only.empty() && recording.folder != only) continue;
    if (half >= 0 && counts[recording.folder]++ % 2 != half) continue;
    Tally& tally = tallies[recording.folder];
    const Samples sound = decode(recording.file);
    tally.sound_s += static_cast<double>(sound.size()) / 16000;
    const std::clock_t start = std::clock();
    std::vector<models::RecognizedWord> heard;
    for (const Samples& stretch :
         detect_speech ? stretches_of(sound, model) : std::vector<Samples>{sound})
      for (auto& word : captioner.transcribe(stretch)) heard.push_back(std::move(word));
    tally.processor_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    count_errors(recording.words, heard, tally);
    if (verbose) {
      fmt::print("{}\n  said ", recording.file.filename().string());
      for (const std::string& word : recording.words) fmt::print(" {}", word);
      fmt::print("\n  heard");
      for (const auto& word : heard) fmt::print(" {}", word.text);
      fmt::print("\n");
    }
  }
  for (const auto& [folder, tally] : tallies) {
    print(folder, tally);
    if (rejection) print_rejection(tally);
  }
  return 0;
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
  try {
    return attune::run(argc, argv);
  } catch (const attune::Error& error) {
    std::cerr << "word_errors: " << error.what() << '\n';
    return 1;
  }
}

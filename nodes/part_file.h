#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/node.h"
#include "pipeline/packet.h"

namespace attune::nodes {

/// What a part is a part of.
struct PartDescription {
  /// pipeline::Config::hash.
  std::string pipeline_hash;
  /// Names of the outputs that are kept, in order.
  std::vector<std::string> outputs;
  /// From seam to seam; the first part begins at Timestamp::min(), the last ends at max().
  TimeSpan span{};
};

/// What the local nodes of a split pipeline gave for one part of a recording, on disk: a
/// description, packets in the order in which they came, the models that took part. For the program
/// that wrote it alone: numbers as the machine has them.
class PartWriter {
 public:
  /// Throws Error(kOutput), as do the others.
  PartWriter(std::filesystem::path file, const PartDescription& description);

  /// A data packet of an output whose type can be stored.
  void add(std::size_t output, const pipeline::Packet& packet);
  void finish(const std::map<std::string, pipeline::ModelUsed>& models);

 private:
  template <class Write>
  void guard(const Write& write);

  std::filesystem::path file_;
  std::ofstream stream_;
};

class PartReader {
 public:
  struct StoredPacket {
    std::size_t output = 0;
    TimeSpan span{};
    std::string content;

    pipeline::Packet load(const pipeline::PayloadType& type) const;
  };

  /// Throws Error(kInput), naming the file, when it is missing, cut short or no part.
  explicit PartReader(std::filesystem::path file);

  const PartDescription& description() const { return description_; }
  const std::map<std::string, pipeline::ModelUsed>& models() const { return models_; }

  /// Nothing at the end.
  std::optional<StoredPacket> next();
  /// Begins again with the first packet.
  void rewind();

 private:
  void check_whole();

  std::filesystem::path file_;
  std::ifstream stream_;
  std::streampos first_packet_{};
  PartDescription description_;
  std::map<std::string, pipeline::ModelUsed> models_;
};

}  // namespace attune::nodes

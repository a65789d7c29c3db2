#include "models/whisper/alignment_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attune::models::whisper {

/// For gtest's messages.
void PrintTo(const AlignmentHead& head, std::ostream* out) {
  *out << "(" << head.layer << "," << head.head << ")";
}

namespace {

Dimensions of_size(int vocabulary, int width, int layers) {
  Dimensions d;
  d.vocabulary = vocabulary;
  d.text_width = width;
  d.text_heads = width / 64;
  d.text_layers = layers;
  return d;
}

TEST(AlignmentHeads, AreThePublishedOnes) {
  EXPECT_EQ(
      alignment_heads(of_size(51864, 384, 4)),
      (std::vector<AlignmentHead>{{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}}));
  EXPECT_EQ(alignment_heads(of_size(51865, 384, 4)),
            (std::vector<AlignmentHead>{{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}}));
  EXPECT_EQ(alignment_heads(of_size(51866, 1280, 4)),
            (std::vector<AlignmentHead>{{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}}));
  EXPECT_EQ(alignment_heads(of_size(51865, 1280, 32)).size(), 23U);
  EXPECT_EQ(alignment_heads(of_size(51866, 1280, 32)).size(), 10U);
  EXPECT_EQ(alignment_heads(of_size(51864, 768, 12)).size(), 19U);
}

TEST(AlignmentHeads, AreWithinTheModel) {
  for (const auto& [width, layers] :
       {std::pair{384, 4}, {512, 6}, {768, 12}, {1024, 24}, {1280, 32}, {1280, 4}, {64, 3}})
    for (const int vocabulary : {51864, 51865, 51866}) {
      const auto heads = alignment_heads(of_size(vocabulary, width, layers));
      EXPECT_FALSE(heads.empty());
      for (const AlignmentHead& head : heads) {
        EXPECT_LT(head.layer, layers);
        EXPECT_LT(head.head, width / 64);
      }
    }
}

TEST(AlignmentHeads, OfAnUnknownModelAreItsUpperHalf) {
  EXPECT_EQ(alignment_heads(of_size(51866, 128, 3)),
            (std::vector<AlignmentHead>{{1, 0}, {1, 1}, {2, 0}, {2, 1}}));
}

}  // namespace
}  // namespace attune::models::whisper

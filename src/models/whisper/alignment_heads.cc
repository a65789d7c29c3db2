#include "models/whisper/alignment_heads.h"

#include <array>
#include <initializer_list>

namespace attune::models::whisper {
namespace {

struct Heads {
  std::array<AlignmentHead, 23> list{};
  int count = 0;

  constexpr Heads(std::initializer_list<AlignmentHead> heads) {
    for (const AlignmentHead& head : heads) list[count++] = head;
  }
};

struct Published {
  int vocabulary;
  int width;
  int text_layers;
  Heads heads;
};

constexpr Published kPublished[] = {
    // tiny.en
    {51864, 384, 4, {{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}}},
    // tiny
    {51865, 384, 4, {{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}}},
    // base.en
    {51864, 512, 6, {{3, 3}, {4, 7}, {5, 1}, {5, 5}, {5, 7}}},
    // base
    {51865, 512, 6, {{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}}},
    // small.en
    {51864,
     768,
     12,
     {{6, 6},
      {7, 0},
      {7, 3},
      {7, 8},
      {8, 2},
      {8, 5},
      {8, 7},
      {9, 0},
      {9, 4},
      {9, 8},
      {9, 10},
      {10, 0},
      {10, 1},
      {10, 2},
      {10, 3},
      {10, 6},
      {10, 11},
      {11, 2},
      {11, 4}}},
    // small
    {51865,
     768,
     12,
     {{5, 3}, {5, 9}, {8, 0}, {8, 4}, {8, 7}, {8, 8}, {9, 0}, {9, 7}, {9, 9}, {10, 5}}},
    // medium.en
    {51864,
     1024,
     24,
     {{11, 4},
      {14, 1},
      {14, 12},
      {14, 14},
      {15, 4},
      {16, 0},
      {16, 4},
      {16, 9},
      {17, 12},
      {17, 14},
      {18, 7},
      {18, 10},
      {18, 15},
      {20, 0},
      {20, 3},
      {20, 9},
      {20, 14},
      {21, 12}}},
    // medium
    {51865, 1024, 24, {{13, 15}, {15, 4}, {15, 15}, {16, 1}, {20, 0}, {23, 4}}},
    // large-v2
    {51865, 1280, 32, {{10, 12}, {13, 17}, {16, 11}, {16, 12}, {16, 13}, {17, 15},
                       {17, 16}, {18, 4},  {18, 11}, {18, 19}, {19, 11}, {21, 2},
                       {21, 3},  {22, 3},  {22, 9},  {22, 12}, {23, 5},  {23, 7},
                       {23, 13}, {25, 5},  {26, 1},  {26, 12}, {27, 15}}},
    // large-v3
    {51866,
     1280,
     32,
     {{7, 0},
      {10, 17},
      {12, 18},
      {13, 12},
      {16, 1},
      {17, 14},
      {19, 11},
      {21, 4},
      {24, 1},
      {25, 6}}},
    // turbo
    {51866, 1280, 4, {{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}}},
};

}  // namespace

std::vector<AlignmentHead> alignment_heads(const Dimensions& dimensions) {
  for (const Published& model : kPublished)
    if (model.vocabulary == dimensions.vocabulary && model.width == dimensions.text_width &&
        model.text_layers == dimensions.text_layers)
      return {model.heads.list.begin(), model.heads.list.begin() + model.heads.count};
  std::vector<AlignmentHead> upper_half;
  for (int layer = dimensions.text_layers / 2; layer < dimensions.text_layers; ++layer)
    for (int head = 0; head < dimensions.text_heads; ++head) upper_half.push_back({layer, head});
  return upper_half;
}

}  // namespace attune::models::whisper

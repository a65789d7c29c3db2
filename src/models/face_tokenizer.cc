#include "models/face_tokenizer.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

namespace attune::models {

namespace {

float mean_change(const std::vector<float>& before, const std::vector<float>& after) {
  double sum = 0;
  for (std::size_t i = 0; i < after.size(); ++i) sum += std::abs(after[i] - before[i]);
  return static_cast<float>(sum / static_cast<double>(after.size()));
}

}  // namespace

FaceTokenizer::FaceTokenizer(std::shared_ptr<const AlignModel> model, TokenIndex first)
    : model_(std::move(model)), next_(first), end_(first) {}

FaceTokens FaceTokenizer::push(std::span<const std::uint8_t> crops) {
  const std::size_t pixels = model_->geometry().crop.pixels();
  if (crops.size() % pixels != 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} gray levels are no whole number of {}x{} crops", crops.size(),
                            model_->geometry().crop.side, model_->geometry().crop.side));
  }
  FaceTokens tokens{.first = next_, .tokens{}, .motion{}};
  for (; !crops.empty(); crops = crops.subspan(pixels)) {
    std::vector<float> crop = model_->face_encoder().standardised(crops.first(pixels));
    if (last_crop_.empty()) {
      changes_.push_back(0);
      for (int i = 0; i < model_->geometry().face_context; ++i) append(crop);
    } else {
      changes_.push_back(mean_change(last_crop_, crop));
    }
    last_crop_ = crop;
    ++end_;
    append(std::move(crop));
    compute_tokens(tokens);
  }
  return tokens;
}

FaceTokens FaceTokenizer::finish() {
  FaceTokens tokens{.first = next_, .tokens{}, .motion{}};
  while (next_ < end_) {
    changes_.push_back(0);
    append(last_crop_);
    compute_tokens(tokens);
  }
  const std::size_t length = end_ - tokens.first;
  tokens.motion.resize(length);
  tokens.tokens.resize(length * model_->geometry().width);
  next_ = end_;
  return tokens;
}

void FaceTokenizer::append(std::vector<float> crop) {
  crops_.push_back(std::move(crop));
  compute_stacks();
}

void FaceTokenizer::compute_stacks() {
  const AlignFaceEncoder& encoder = model_->face_encoder();
  const int needed = kBlockTicks + encoder.stack() - 1;
  if (std::ssize(crops_) < needed) return;
  const std::vector<std::span<const float>> crops(crops_.begin(), crops_.begin() + needed);
  const tensor::Tensor stacks = encoder.picture(crops, kBlockTicks);
  stacks_.insert(stacks_.end(), stacks.values().begin(), stacks.values().end());
  crops_.erase(crops_.begin(), crops_.begin() + kBlockTicks);
}

void FaceTokenizer::compute_tokens(FaceTokens& tokens) {
  const int width = model_->geometry().width;
  const int needed = kBlockTicks + 2 * AlignFaceEncoder::kStackContext;
  if (std::ssize(stacks_) < needed * width) return;
  const tensor::Tensor seen = model_->face_encoder().over_time(
      tensor::Tensor({needed, width}, std::span(stacks_).first(needed * width)));
  tokens.tokens.insert(tokens.tokens.end(), seen.values().begin(), seen.values().end());
  stacks_.erase(stacks_.begin(), stacks_.begin() + kBlockTicks * width);
  for (int i = 0; i < kBlockTicks; ++i) {
    tokens.motion.push_back((changes_[0] + changes_[1]) / 2);
    changes_.pop_front();
  }
  next_ += kBlockTicks;
}

}  // namespace attune::models

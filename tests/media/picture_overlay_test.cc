#include "media/picture_overlay.h"

#include "media/libav.h"
#include "media/picture_preparer.h"
#include "media/scaler.h"
#include "media_files.h"

namespace attune::media {
namespace {

FrameHandle picture_of(AVPixelFormat format, int width, int height, std::uint8_t value) {
  FrameHandle frame = make_frame();
  frame->format = format;
  frame->width = width;
  frame->height = height;
  check(av_frame_get_buffer(frame.get(), 0), "memory for a picture");
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : (height + 1) / 2;
    std::fill_n(frame->data[plane], static_cast<std::size_t>(frame->linesize[plane]) * rows,
                plane == 0 ? value : std::uint8_t{128});
  }
  return frame;
}

TextImage block(int x, int y, int width, int height, const std::vector<std::uint8_t>& coverage) {
  return {x, y, width, height, width, coverage.data(), 255, 255, 255, 255};
}

TEST(PictureOverlay, LandsWhereTheUprightPictureShowsIt) {
  // The scaler turns pictures upright by its own arithmetic.
  const std::vector<std::uint8_t> full(6, 255);
  for (const int degrees : {0, 90, 180, 270}) {
    for (const bool is_mirrored : {false, true}) {
      SCOPED_TRACE(testing::Message() << degrees << is_mirrored);
      FrameHandle frame = picture_of(AV_PIX_FMT_YUV420P, 48, 32, 16);
      const PictureOverlay overlay(std::vector{block(5, 9, 3, 2, full)}, {48, 32},
                                   {degrees, is_mirrored}, {});
      overlay.blend(*frame);
      VideoFrame shown;
      shown.width = degrees % 180 == 0 ? 48 : 32;
      shown.height = degrees % 180 == 0 ? 32 : 48;
      shown.rotation_degrees = degrees;
      shown.is_mirrored = is_mirrored;
      shown.picture = std::move(frame);
      const Image gray = Scaler().gray(shown, shown.width, shown.height);
      for (int y = 0; y < gray.height; ++y) {
        for (int x = 0; x < gray.width; ++x) {
          const bool is_text = x >= 5 && x < 8 && y >= 9 && y < 11;
          ASSERT_EQ(gray.row(y)[x], is_text ? 255 : 0) << x << ", " << y;
        }
      }
    }
  }
}

TEST(PictureOverlay, WritesTheColoursOfTheStandards) {
  const std::vector<std::uint8_t> full(4, 255);
  TextImage red = block(0, 0, 2, 2, full);
  red.green = red.blue = 0;
  struct Case {
    ColorCoding coding;
    std::array<int, 3> yuv;
  };
  // ITU-R BT.601 and BT.709 in limited range; JFIF.
  for (const Case& c : {Case{{0.299, 0.114, false, 1}, {81, 90, 240}},
                        Case{{0.2126, 0.0722, false, 1}, {63, 102, 240}},
                        Case{{0.299, 0.114, true, 1}, {76, 85, 255}}}) {
    const FrameHandle frame = picture_of(AV_PIX_FMT_YUV420P, 8, 8, 16);
    PictureOverlay(std::vector{red}, {8, 8}, {}, c.coding).blend(*frame);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(frame->data[i][0], c.yuv[i], 1) << i;
  }
}

TEST(PictureOverlay, MixesByCoverageAndLaysLaterImagesOver) {
  const std::vector<std::uint8_t> half(4, 128);
  const std::vector<std::uint8_t> full(4, 255);
  FrameHandle frame = picture_of(AV_PIX_FMT_YUV420P, 8, 8, 16);
  PictureOverlay(std::vector{block(2, 2, 2, 2, half)}, {8, 8}, {}, {}).blend(*frame);
  EXPECT_NEAR(frame->data[0][2 * frame->linesize[0] + 2], (16 + 235) / 2, 1);
  EXPECT_EQ(frame->data[0][0], 16);

  frame = picture_of(AV_PIX_FMT_YUV420P, 8, 8, 16);
  TextImage outline = block(2, 2, 2, 2, full);
  outline.red = outline.green = outline.blue = 0;
  PictureOverlay(std::vector{outline, block(2, 2, 2, 2, half)}, {8, 8}, {}, {}).blend(*frame);
  EXPECT_NEAR(frame->data[0][2 * frame->linesize[0] + 2], (16 + 235) / 2, 1);
}

TEST(PictureOverlay, LeavesThePictureAloneWithoutText) {
  const FrameHandle frame = picture_of(AV_PIX_FMT_YUV420P, 8, 8, 77);
  PictureOverlay().blend(*frame);
  PictureOverlay({}, {8, 8}, {}, {}).blend(*frame);
  for (int x = 0; x < 8; ++x) EXPECT_EQ(frame->data[0][x], 77);
}

TEST(PicturePreparer, KeepsTheValuesOfPicturesThatNeedNoChange) {
  const FrameHandle odd = picture_of(AV_PIX_FMT_YUV420P, 7, 5, 0);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 7; ++x)
      odd->data[0][y * odd->linesize[0] + x] = static_cast<std::uint8_t>(10 * y + x);
  const FrameHandle even = PicturePreparer().prepare(*odd);
  ASSERT_EQ(even->width, 8);
  ASSERT_EQ(even->height, 6);
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 8; ++x)
      EXPECT_EQ(even->data[0][y * even->linesize[0] + x], 10 * std::min(y, 4) + std::min(x, 6));
}

}  // namespace
}  // namespace attune::media

#include "media/scaler.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "media/libav.h"

namespace attune::media {
namespace {

FrameHandle make_picture(AVPixelFormat format, int width, int height) {
  FrameHandle picture = make_frame();
  picture->format = format;
  picture->width = width;
  picture->height = height;
  EXPECT_EQ(av_frame_get_buffer(picture.get(), 0), 0);
  return picture;
}

VideoFrame show(FrameHandle picture) {
  VideoFrame frame;
  frame.width = picture->width;
  frame.height = picture->height;
  frame.picture = std::move(picture);
  return frame;
}

/// A 4:2:0 picture of one colour.
VideoFrame plain_yuv(std::array<int, 3> yuv, int width, int height, AVColorSpace space,
                     AVColorRange range) {
  FrameHandle picture = make_picture(AV_PIX_FMT_YUV420P, width, height);
  picture->colorspace = space;
  picture->color_range = range;
  for (std::size_t plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : height / 2;
    std::fill_n(picture->data[plane], picture->linesize[plane] * rows, yuv[plane]);
  }
  return show(std::move(picture));
}

/// Limited-range Y'CbCr of a full-range RGB colour, from the matrix' luma weights (ITU-R BT.601
/// and BT.709, 8 bits).
std::array<int, 3> to_yuv(std::array<double, 3> rgb, double kr, double kb) {
  const double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
  const double cb = (rgb[2] - y) / (2 * (1 - kb));
  const double cr = (rgb[0] - y) / (2 * (1 - kr));
  const auto round = [](double v) { return static_cast<int>(std::lround(v)); };
  return {round(16 + 219 * y), round(128 + 224 * cb), round(128 + 224 * cr)};
}

TEST(Scaler, GrayIsFullRangeLuma) {
  for (const int side : {32, 16}) {
    SCOPED_TRACE(side);
    const auto value = [&](int luma, AVColorRange range) {
      const VideoFrame frame = plain_yuv({luma, 90, 200}, 32, 32, AVCOL_SPC_BT709, range);
      const Image gray = Scaler().gray(frame, side, side);
      EXPECT_EQ(gray.pixels.size(), static_cast<std::size_t>(side * side));
      for (const std::uint8_t p : gray.pixels) EXPECT_EQ(p, gray.pixels[0]);
      return static_cast<int>(gray.pixels[0]);
    };
    EXPECT_EQ(value(16, AVCOL_RANGE_MPEG), 0);
    EXPECT_EQ(value(235, AVCOL_RANGE_MPEG), 255);
    EXPECT_EQ(value(126, AVCOL_RANGE_UNSPECIFIED), 128);
    EXPECT_EQ(value(5, AVCOL_RANGE_MPEG), 0);
    EXPECT_EQ(value(250, AVCOL_RANGE_MPEG), 255);
    EXPECT_EQ(value(16, AVCOL_RANGE_JPEG), 16);
    EXPECT_EQ(value(235, AVCOL_RANGE_JPEG), 235);
  }
}

TEST(Scaler, GrayOfOtherFormats) {
  // 10 bits, limited range: 64 to 940.
  for (const auto& [format, shift] :
       {std::pair(AV_PIX_FMT_YUV420P10LE, 0), std::pair(AV_PIX_FMT_P010LE, 6)}) {
    for (const auto& [luma, expected] :
         {std::pair(64, 0), std::pair(940, 255), std::pair(502, 128)}) {
      FrameHandle picture = make_picture(format, 32, 32);
      for (int y = 0; y < 32; ++y) {
        auto* row = reinterpret_cast<std::uint16_t*>(picture->data[0] + y * picture->linesize[0]);
        std::fill_n(row, 32, static_cast<std::uint16_t>(luma << shift));
      }
      EXPECT_NEAR(Scaler().gray(show(std::move(picture)), 16, 16).pixels[40], expected, 1)
          << av_get_pix_fmt_name(format);
    }
  }
  for (const int value : {0, 77, 255}) {
    FrameHandle rgb = make_picture(AV_PIX_FMT_RGB24, 32, 32);
    std::fill_n(rgb->data[0], rgb->linesize[0] * 32, value);
    EXPECT_NEAR(Scaler().gray(show(std::move(rgb)), 16, 16).pixels[40], value, 1);
  }
  FrameHandle packed = make_picture(AV_PIX_FMT_YUYV422, 32, 32);
  packed->color_range = AVCOL_RANGE_MPEG;
  for (int i = 0; i < packed->linesize[0] * 32; ++i) packed->data[0][i] = i % 2 == 0 ? 235 : 128;
  EXPECT_NEAR(Scaler().gray(show(std::move(packed)), 32, 32).pixels[40], 255, 1);
}

TEST(Scaler, ColoursFollowTheMatrixOfThePicture) {
  struct Case {
    AVColorSpace space;
    double kr;
    double kb;
    int width;
    int height;
  };
  for (const Case& c : {Case{AVCOL_SPC_BT709, 0.2126, 0.0722, 64, 32},
                        Case{AVCOL_SPC_SMPTE170M, 0.299, 0.114, 64, 32},
                        Case{AVCOL_SPC_UNSPECIFIED, 0.299, 0.114, 720, 576},
                        Case{AVCOL_SPC_UNSPECIFIED, 0.2126, 0.0722, 1280, 720}}) {
    for (const std::array<double, 3>& rgb :
         {std::array{0.8, 0.2, 0.2}, std::array{0.2, 0.7, 0.3}, std::array{0.1, 0.3, 0.9},
          std::array{1.0, 1.0, 1.0}, std::array{0.0, 0.0, 0.0}}) {
      const VideoFrame frame =
          plain_yuv(to_yuv(rgb, c.kr, c.kb), c.width, c.height, c.space, AVCOL_RANGE_MPEG);
      const Image bgr = Scaler().bgr(frame, 32, 16);
      ASSERT_EQ(bgr.pixels.size(), 32U * 16U * 3U);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        EXPECT_NEAR(bgr.row(8)[16 * 3 + channel], 255 * rgb[2 - channel], 4)
            << "channel " << channel;
      }
    }
  }
}

TEST(Scaler, ShrinkingAverages) {
  FrameHandle picture = make_picture(AV_PIX_FMT_GRAY8, 64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      picture->data[0][y * picture->linesize[0] + x] =
          static_cast<std::uint8_t>(x * 2 + y + (x * y) % 7);
    }
  }
  const VideoFrame frame = show(std::move(picture));
  const Image small = Scaler().gray(frame, 16, 16);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      double mean = 0;
      for (int v = 0; v < 4; ++v) {
        for (int u = 0; u < 4; ++u) {
          mean +=
              frame.picture->data[0][(4 * y + v) * frame.picture->linesize[0] + 4 * x + u] / 16.0;
        }
      }
      ASSERT_NEAR(small.row(y)[x], mean, 1) << x << ", " << y;
    }
  }
}

/// Corners 10, 20, 30, 40 from the stored picture's upper left, clockwise.
FrameHandle four_corners(int width, int height) {
  FrameHandle picture = make_picture(AV_PIX_FMT_GRAY8, width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool right = x >= width / 2;
      const bool lower = y >= height / 2;
      picture->data[0][y * picture->linesize[0] + x] =
          static_cast<std::uint8_t>(lower ? (right ? 30 : 40) : (right ? 20 : 10));
    }
  }
  return picture;
}

TEST(Scaler, TurnsPicturesUpright) {
  struct Case {
    int rotation_degrees;
    bool is_mirrored;
    std::array<int, 4> corners;
  };
  for (const Case& c : {Case{0, false, {10, 20, 30, 40}}, Case{90, false, {40, 10, 20, 30}},
                        Case{180, false, {30, 40, 10, 20}}, Case{270, false, {20, 30, 40, 10}},
                        Case{0, true, {20, 10, 40, 30}}, Case{90, true, {30, 20, 10, 40}},
                        Case{180, true, {40, 30, 20, 10}}, Case{270, true, {10, 40, 30, 20}}}) {
    for (const int divisor : {1, 2}) {
      SCOPED_TRACE(testing::Message() << c.rotation_degrees << c.is_mirrored << " / " << divisor);
      VideoFrame frame = show(four_corners(48, 32));
      frame.rotation_degrees = c.rotation_degrees;
      frame.is_mirrored = c.is_mirrored;
      if (c.rotation_degrees % 180 != 0) std::swap(frame.width, frame.height);
      const int width = frame.width / divisor;
      const int height = frame.height / divisor;
      Scaler scaler;
      const Image gray = scaler.gray(frame, width, height);
      const Image bgr = scaler.bgr(frame, width, height);
      ASSERT_EQ(gray.width, width);
      ASSERT_EQ(gray.height, height);
      const std::array<std::pair<int, int>, 4> places = {
          {{0, 0}, {width - 1, 0}, {width - 1, height - 1}, {0, height - 1}}};
      for (std::size_t i = 0; i < 4; ++i) {
        const auto [x, y] = places[i];
        EXPECT_EQ(gray.row(y)[x], c.corners[i]) << "corner " << i;
        for (int channel = 0; channel < 3; ++channel) {
          EXPECT_NEAR(bgr.row(y)[x * 3 + channel], c.corners[i], 1) << "corner " << i;
        }
      }
    }
  }
}

TEST(Scaler, OneScalerServesChangingSizes) {
  Scaler scaler;
  for (const int side : {32, 64, 32, 48}) {
    const VideoFrame frame =
        plain_yuv({126, 128, 128}, side, side, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG);
    for (const int target : {17, 31, 100}) {
      const Image gray = scaler.gray(frame, target, target);
      EXPECT_EQ(gray.width, target);
      for (const std::uint8_t p : gray.pixels) ASSERT_EQ(p, 128);
      EXPECT_EQ(scaler.bgr(frame, target, target).pixels.size(), 3U * target * target);
    }
  }
}

}  // namespace
}  // namespace attune::media

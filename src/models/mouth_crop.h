#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/time.h"

namespace attune::models {

/// In pixels of the upright picture; pixel centres lie at integers, y grows downwards.
struct PicturePoint {
  double x = 0;
  double y = 0;
};

/// Right eye (on the left of the picture), left eye, nose, right mouth corner, left mouth corner.
using FaceLandmarks = std::array<PicturePoint, 5>;

/// A gray picture of somebody else, BT.601 luma in full range (0.299 R + 0.587 G + 0.114 B).
struct GrayPicture {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  /// Bytes from one row to the next.
  std::ptrdiff_t stride = 0;
};

/// How the mouth is cut out; it belongs to the weights of the face encoder.
/// The definition is training/align/geometry.py.
struct MouthCropGeometry {
  /// Width and height of the crop in its own pixels.
  int side = 0;
  /// Side in picture pixels / max(distance of eyes to mouth, distance between the eyes).
  double factor = 0;
  /// Bilinear samples for each crop pixel and direction, at most.
  int max_supersampling = 0;
  /// Standard deviation and reach of the Gaussian that smooths landmarks over time, in ticks.
  double landmark_sigma_ticks = 0;
  int landmark_radius_ticks = 0;

  std::size_t pixels() const { return static_cast<std::size_t>(side) * side; }
};

/// Landmarks at the ticks first .. first + count - 1: linear between detections, held outside them.
/// `times` are strictly increasing, one for each of `detected`, at least one.
std::vector<FaceLandmarks> interpolate_landmarks(std::span<const Timestamp> times,
                                                 std::span<const FaceLandmarks> detected,
                                                 TokenIndex first, int count);

/// Gaussian mean over time of the landmarks around element `index`, renormalised where `track`
/// ends, so that the crop follows the head and not the mouth's own movement. Elements further away
/// than geometry.landmark_radius_ticks play no part: a stream needs to keep only those.
FaceLandmarks smooth_landmarks(std::span<const FaceLandmarks> track, std::size_t index,
                               const MouthCropGeometry& geometry);

/// Where a crop lies in the picture: centre, side in picture pixels, and the unit vector of its +x,
/// which runs along the eyes. +y is that vector turned by a right angle, downwards.
struct MouthCropPlacement {
  PicturePoint center;
  double side = 0;
  PicturePoint along;
};

MouthCropPlacement place_mouth_crop(const FaceLandmarks& landmarks,
                                    const MouthCropGeometry& geometry);

/// The crop in units of gray levels, [side, side], row-major: each pixel is the mean of up to
/// max_supersampling^2 bilinear samples; the picture's edges are repeated outside it.
/// Throws Error(kUsage) for an empty picture or a span of another size.
void sample_mouth_crop(const GrayPicture& picture, const MouthCropPlacement& placement,
                       const MouthCropGeometry& geometry, std::span<float> crop);

/// The same, rounded to the nearest gray level: the face encoder's input.
void sample_mouth_crop(const GrayPicture& picture, const MouthCropPlacement& placement,
                       const MouthCropGeometry& geometry, std::span<std::uint8_t> crop);

}  // namespace attune::models

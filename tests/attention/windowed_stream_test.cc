#include "attention/windowed_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/error.h"
#include "problem.h"

namespace attune::attention {
namespace {

using testing::HasSubstr;

/// Rows [first, first + count) of [1, heads, length, width].
template <class T>
HeadsView<T> rows(HeadsView<T> view, std::int64_t first, std::int64_t count) {
  view.data = view.at(0, 0, first, 0);
  view.shape[2] = count;
  return view;
}

struct Track {
  std::int64_t id;
  std::int64_t first;
  std::int64_t length;
};

/// A stream of `length` queries over tracks, pushed and asked in random pieces.
Numbers streamed(std::mt19937& random, const Problem& p, const StreamShape& shape,
                 const std::vector<Track>& tracks, std::int64_t largest_piece) {
  WindowedStream stream(shape);
  Numbers output(p.heads * p.queries * p.value_width, -7);
  const auto to = HeadsView<float>::head_major(output.data(), 1, p.heads, p.queries, p.value_width);
  std::vector<std::int64_t> pushed(tracks.size(), 0);
  for (std::int64_t asked = 0; asked < p.queries;) {
    const std::int64_t count =
        std::min<std::int64_t>(1 + random() % largest_piece, p.queries - asked);
    const std::int64_t need = asked + count + shape.after;
    std::int64_t row = 0;
    for (std::size_t t = 0; t < tracks.size(); row += tracks[t++].length) {
      const Track& track = tracks[t];
      while (pushed[t] < track.length && track.first + pushed[t] < need) {
        const std::int64_t piece =
            std::min<std::int64_t>(1 + random() % largest_piece, track.length - pushed[t]);
        stream.push(track.id, track.first + pushed[t], rows(p.key(), row + pushed[t], piece),
                    rows(p.value(), row + pushed[t], piece));
        pushed[t] += piece;
        if (pushed[t] == track.length) stream.end(track.id);
      }
    }
    stream.attend(asked, rows(p.query(), asked, count), rows(to, asked, count));
    asked += count;
  }
  return output;
}

TEST(WindowedStream, GivesTheBitsOfTheWholeSequenceHoweverItWasCut) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 60; ++trial) {
    const std::int64_t length = 1 + random() % 700;
    const std::int64_t before = random() % 160;
    const std::int64_t after = random() % 60;
    const std::int64_t piece = 1 + random() % 150;
    Problem p{.heads = 2, .queries = length, .keys = length, .key_width = 24, .value_width = 11};
    p.fill(random);
    if (trial % 5 == 0) p.v[random() % p.v.size()] = std::numeric_limits<float>::quiet_NaN();
    p.options.window = KeyWindow{.before = before, .after = after};
    p.run_output();
    const StreamShape shape{.heads = 2,
                            .key_width = 24,
                            .value_width = 11,
                            .before = before,
                            .after = after,
                            .ahead = 2 * piece};
    const Numbers output = streamed(random, p, shape, {{7, 0, length}}, piece);
    for (std::size_t i = 0; i < output.size(); ++i) {
      const bool same =
          output[i] == p.output[i] || (std::isnan(output[i]) && std::isnan(p.output[i]));
      ASSERT_TRUE(same) << "trial " << trial << " at " << i << ": " << output[i] << ", whole "
                        << p.output[i];
    }
  }
}

TEST(WindowedStream, TracksComeAndGoLikeTheirKeysPutTogether) {
  std::mt19937 random(2);
  const std::vector<Track> tracks{{1, 0, 300}, {2, 90, 150}, {5, 260, 240}};
  Problem p{.heads = 2, .queries = 500, .keys = 690, .key_width = 16, .value_width = 8};
  p.fill(random);
  std::vector<std::uint8_t> mask(p.queries * p.keys);
  for (std::int64_t i = 0; i < p.queries; ++i) {
    std::int64_t row = 0;
    for (const Track& track : tracks) {
      for (std::int64_t j = 0; j < track.length; ++j, ++row) {
        const std::int64_t offset = track.first + j - i;
        mask[i * p.keys + row] = offset >= -40 && offset <= 10;
      }
    }
  }
  p.options.mask = HeadsView<const std::uint8_t>::head_major(mask.data(), 1, 1, p.queries, p.keys);
  p.run_output();
  const StreamShape shape{
      .heads = 2, .key_width = 16, .value_width = 8, .before = 40, .after = 10, .ahead = 64};
  const Numbers output = streamed(random, p, shape, tracks, 30);
  for (std::size_t i = 0; i < output.size(); ++i) ASSERT_NEAR(output[i], p.output[i], 2e-6) << i;
}

TEST(WindowedStream, ReadsOutTheShareOfEachTrackAndTheOffset) {
  // The keys of track 9 are those of the queries, two positions late; track 4 holds others.
  std::mt19937 random(3);
  const std::int64_t length = 200;
  Problem p{.queries = length, .keys = length, .key_width = 32, .value_width = 1};
  p.fill(random);
  Problem other = p;
  other.fill(random);
  WindowedStream stream(
      {.key_width = 32, .value_width = 1, .before = 5, .after = 5, .ahead = length, .scale = 2.0F});
  stream.push(4, 0, other.key(), other.value());
  stream.push(9, 2, p.query(), p.value());
  stream.end(4);
  stream.end(9);
  EXPECT_EQ(stream.tracks(), (std::vector<std::int64_t>{4, 9}));
  Numbers output(length), shares(2 * length), offsets(11);
  const auto row = [](Numbers& numbers, std::int64_t rows, std::int64_t width) {
    return HeadsView<float>::head_major(numbers.data(), 1, 1, rows, width);
  };
  stream.attend(0, p.query(), row(output, length, 1),
                {.group_sums = row(shares, length, 2),
                 .offset_sums = row(offsets, 1, 11),
                 .first_offset = -5});
  double late = 0;
  for (std::int64_t i = 0; i < length; ++i) {
    EXPECT_NEAR(shares[2 * i] + shares[2 * i + 1], 1, 1e-6);
    late += shares[2 * i + 1] / length;
  }
  EXPECT_GT(late, 0.95);
  EXPECT_GT(offsets[7], 0.95 * length);  // offset 2
  EXPECT_EQ(stream.tracks(), (std::vector<std::int64_t>{4, 9}));
  // A query far behind them lets both go.
  stream.attend(length + 100, rows(p.query(), 0, 1), rows(row(output, length, 1), 0, 1));
  EXPECT_EQ(output[0], 0.0F);
  EXPECT_TRUE(stream.tracks().empty());
}

TEST(WindowedStream, WindowsMayLieAheadAndTracksMayHaveAPast) {
  std::mt19937 random(5);
  Problem p{.queries = 600, .keys = 600, .key_width = 8, .value_width = 4};
  p.fill(random);
  p.options.window = KeyWindow{.before = -200, .after = 210};
  p.run_output();
  const StreamShape shape{
      .key_width = 8, .value_width = 4, .before = -200, .after = 210, .ahead = 10};
  EXPECT_EQ(streamed(random, p, shape, {{1, 0, 600}}, 5), p.output);

  // A track joins late with more rows than a ring holds: only the last of them can be reached.
  Problem narrow = p;
  narrow.options.window = KeyWindow{.before = 2, .after = 2};
  narrow.run_output();
  WindowedStream stream({.key_width = 8, .value_width = 4, .before = 2, .after = 2, .ahead = 5});
  Numbers output(8);
  const auto to = HeadsView<float>::head_major(output.data(), 1, 1, 2, 4);
  stream.attend(498, rows(p.query(), 498, 2), to);
  stream.push(1, 0, rows(p.key(), 0, 504), rows(p.value(), 0, 504));
  stream.attend(500, rows(p.query(), 500, 2), to);
  EXPECT_EQ(output, Numbers(narrow.output.begin() + 500 * 4, narrow.output.begin() + 502 * 4));
}

class WindowedStreamErrors : public testing::Test {
 protected:
  WindowedStreamErrors() {
    std::mt19937 random(4);
    p_.fill(random);
    output_.resize(p_.heads * p_.queries * p_.value_width);
  }
  HeadsView<float> output() {
    return HeadsView<float>::head_major(output_.data(), 1, p_.heads, p_.queries, p_.value_width);
  }
  void expect(const std::string& text, const std::function<void()>& call) {
    try {
      call();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }

  Problem p_{.heads = 2, .queries = 20, .keys = 20, .key_width = 4, .value_width = 3};
  Numbers output_;
  StreamShape shape_{
      .heads = 2, .key_width = 4, .value_width = 3, .before = 3, .after = 2, .ahead = 20};
};

TEST_F(WindowedStreamErrors, NameWhatIsWrong) {
  expect("a window from -3 before to 2 after the query holds no key", [&] {
    StreamShape none = shape_;
    none.before = -3;
    WindowedStream{none};
  });
  expect("0 heads", [&] { WindowedStream{StreamShape{.heads = 0, .key_width = 1}}; });
  WindowedStream stream(shape_);
  Problem narrow{.heads = 2, .queries = 20, .keys = 20, .key_width = 5, .value_width = 3};
  narrow.k.resize(200);
  expect("key [1, 2, 20, 5] should be [1, 2, 20, 4]",
         [&] { stream.push(1, 0, narrow.key(), p_.value()); });
  stream.push(1, 0, p_.key(), p_.value());
  expect("keys of track 1 at 21 do not follow those up to 20",
         [&] { stream.push(1, 21, p_.key(), p_.value()); });
  expect("a query at 19 needs the keys of track 1 up to 21, but they end at 19",
         [&] { stream.attend(0, p_.query(), output()); });
  expect("there is no track 2 to end", [&] { stream.end(2); });
  stream.end(1);
  stream.attend(0, p_.query(), output());
  expect("those before 17 are forgotten", [&] { stream.attend(5, p_.query(), output()); });
}

}  // namespace
}  // namespace attune::attention

#!/usr/bin/env bash
# custom_node.sh SOURCE BUILD
# A node in a repository of its own works with an installed attune, without touching attune's tree.
set -euo pipefail
source=$1 build=$2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

cmake --install "$build" --prefix "$room/attune" >/dev/null
cp -r "$source/samples/custom_node" "$room/node"
cmake -G Ninja -S "$room/node" -B "$room/build" -DCMAKE_PREFIX_PATH="$room/attune" >/dev/null
cmake --build "$room/build" >/dev/null

ffmpeg -v error -f lavfi -i "sine=frequency=440:duration=2.5" "$room/tone.wav"
"$room/attune/bin/attune" --quiet --plugin "$room/build/libloudness.so" \
  run "$room/node/loudness.yaml" "$room/tone.wav" -o "$room/out"
cat "$room/out/tone.loudness.csv"

# ffmpeg's sine has an amplitude of 1/8: 20 log10(1/8 / sqrt 2) = -21.1 dB.
[[ $(wc -l <"$room/out/tone.loudness.csv") -eq 4 ]]
[[ $(sed -n 2p "$room/out/tone.loudness.csv") == 0.000,-21.1 ]]

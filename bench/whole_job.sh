#!/usr/bin/env bash
# The whole job on 720p with one and two faces, on one and two threads, without and with the captioner: times
# real time, processor seconds per second of media, peak memory; then the peak memory on an hour of it.
#
#   bench/whole_job.sh [BUILD_FOLDER]        default build/release; about 20 minutes, most of it the hour
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"$build/bin/attune-scene" -o "$room/two.mp4"
"$build/bin/attune-scene" -o "$room/one.mp4" --speakers 1
ffmpeg -v error -stream_loop 76 -i "$room/two.mp4" -c copy "$room/hour.mp4"

# measure NAME INPUT OPTIONS...: one line of a table
measure() {
  local name=$1 input=$2 length
  shift 2
  length=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$input")
  /usr/bin/time -f '%e %U %S %M' -o "$room/time" \
    "$build/bin/attune" --quiet caption "$input" -o "$room/out" "$@"
  awk -v name="$name" -v length_s="$length" \
    '{printf "| %s | %.1f | %.3f | %.0f |\n", name, length_s / $1, ($2 + $3) / length_s, $4 / 1024}' "$room/time"
}

echo "| job | x real time | processor s per media s | peak MiB |"
echo "| --- | ---: | ---: | ---: |"
for faces in one two; do
  for threads in 1 2; do
    measure "$faces face(s), $threads thread(s), no captioner" "$room/$faces.mp4" \
      --threads "$threads" --set captioner=none
  done
  measure "$faces face(s), 2 threads, PocketSphinx" "$room/$faces.mp4" --threads 2
done
measure "an hour, two faces, 2 threads, no captioner" "$room/hour.mp4" --threads 2 --set captioner=none

echo
echo "Seconds inside each node, two faces, one thread:"
"$build/bin/attune" -v caption "$room/two.mp4" -o "$room/out" --threads 1 2>&1 | sed -n "s/.*info: node '/  /p"

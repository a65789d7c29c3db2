# shellcheck shell=bash
# Short recordings for tests of batches; to be sourced.

# make_recordings BIN FOLDER COUNT: FOLDER/archive/showI/clipJ.mp4 of different length, so that a plan has something to
# balance.
make_recordings() {
  "$1/attune-scene" -o "$2/scene.mp4" --turns 3 --parts dialogue --size 320x180 >/dev/null 2>&1
  local i
  for ((i = 0; i < $3; ++i)); do
    mkdir -p "$2/archive/show$((i % 4))"
    ffmpeg -v error -y -ss "0.$((i % 10))" -i "$2/scene.mp4" -t "1.$((i * 7 % 10))" -c:v mpeg4 -c:a aac \
      "$2/archive/show$((i % 4))/clip$i.mp4" </dev/null
  done
}

"""Reading clips for training: sound on the media clock, pictures with presentation times."""

import json
import subprocess

import cv2
import numpy as np

SAMPLE_RATE = 16000


def read_sound(path):
    """16 kHz mono float32 with sample 0 at media time 0 (gaps and late starts are silence)."""
    command = ["ffmpeg", "-v", "error", "-copyts", "-i", str(path), "-vn", "-ac", "1", "-af",
               "aresample=async=1:first_pts=0", "-ar", str(SAMPLE_RATE), "-f", "s16le", "-"]
    raw = subprocess.run(command, capture_output=True, check=False).stdout
    return np.frombuffer(raw, np.int16).astype(np.float32) / 32768


def frame_times(path):
    """Sorted presentation times (s) of the first video stream's frames."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
               "packet=pts_time", "-of", "json", str(path)]
    packets = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return sorted(float(p["pts_time"]) for p in packets["packets"] if "pts_time" in p)


def read_pictures(path):
    """Yields (time in s, BGR picture) in presentation order."""
    times = frame_times(path)
    capture = cv2.VideoCapture(str(path))
    index = 0
    while index < len(times):
        ok, picture = capture.read()
        if not ok:
            break
        yield times[index], picture
        index += 1
    capture.release()

"""Writes the averaged weights of a training run as models/attune-face.safetensors.

    python3 export.py --weights OUT/weights-48.pt --out ../../models/attune-face.safetensors
"""

import argparse
from pathlib import Path

import torch

import detection
import network


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.5)
    args = parser.parse_args()

    state = torch.load(args.weights, map_location="cpu")
    width = network.quarter_width(state)
    tensors = {name: value.float().numpy() for name, value in state.items()
               if not name.endswith("num_batches_tracked")}
    metadata = {
        "name": "attune-face",
        "version": args.version,
        "architecture": "yunet-n" if width == network.WIDTH else f"yunet-n, quarter part {width}",
        "input": "BGR 0..255, NCHW, zero-padded right and bottom to multiples of 32",
        "outputs": "cls, obj (logits), bbox, kps at strides 8, 16, 32",
        "score": "sigmoid(cls) * sigmoid(obj)",
        "score_threshold": str(args.threshold),
        "nms_iou": str(detection.NMS_IOU),
        "batch_norm_epsilon": "1e-05",
        "landmarks": "right eye, left eye, nose, right mouth corner, left mouth corner",
        "data": "WIDER FACE (160 pictures), LFW (1520 pictures), frames of talking-head clips, "
                "drawn faces; distilled from YuNet-n",
        "seed": str(args.seed),
        "licence": "Apache-2.0",
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    network.write_safetensors(args.out, tensors, metadata)
    print(f"{args.out}: {sum(t.size for t in tensors.values())} values, "
          f"{args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

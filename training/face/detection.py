"""From raw outputs to faces, and the teacher (YuNet-n, run by OpenCV).

A set of faces is a float32 array [n, 15]: x1, y1, x2, y2, five landmarks as x, y (right eye, left
eye, nose, right and left mouth corner; the person's right is the picture's left), score.
"""

import cv2
import numpy as np

import network

NMS_IOU = 0.45


def iou_matrix(a, b):
    """Intersection over union of boxes [n, >=4] and [m, >=4]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), 2)
    area_a = np.prod(a[:, 2:4] - a[:, :2], 1)
    area_b = np.prod(b[:, 2:4] - b[:, :2], 1)
    return shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9)


def suppress(faces, iou=NMS_IOU):
    """Greedy non-maximum suppression by descending score."""
    faces = faces[np.argsort(-faces[:, 14], kind="stable")]
    kept = []
    while len(faces):
        kept.append(faces[0])
        faces = faces[1:][iou_matrix(faces[:1], faces[1:])[0] <= iou]
    return np.array(kept, np.float32).reshape(-1, 15)


def decode(outputs, height, width, threshold, iou=NMS_IOU):
    """`outputs`: cls and obj as probabilities, bbox and kps raw, each [cells, n]."""
    score = outputs["cls"][:, 0] * outputs["obj"][:, 0]
    keep = score >= threshold
    cells = network.priors(height, width)[keep]
    origin, stride = cells[:, :2], cells[:, 2:]
    bbox = outputs["bbox"][keep]
    centre, half = bbox[:, :2] * stride + origin, np.exp(bbox[:, 2:]) * stride / 2
    landmarks = outputs["kps"][keep] * stride + np.tile(origin, 5)
    faces = [centre - half, centre + half, landmarks, score[keep, None]]
    return suppress(np.concatenate(faces, 1), iou)


def pad_to_32(image):
    height, width = image.shape[:2]
    return cv2.copyMakeBorder(image, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)


class Teacher:
    """Runs the published ONNX file; `outputs` has the form that `decode` takes."""

    def __init__(self, path):
        self.net = cv2.dnn.readNetFromONNX(str(path))
        self.names = [f"{head}_{stride}" for head in network.HEADS for stride in network.STRIDES]

    def outputs(self, image):
        """`image`: BGR uint8, sides multiples of 32."""
        self.net.setInput(cv2.dnn.blobFromImage(image))
        arrays = [array.reshape(-1, array.shape[-1]) for array in self.net.forward(self.names)]
        levels = len(network.STRIDES)
        return {head: np.concatenate(arrays[i * levels:(i + 1) * levels])
                for i, head in enumerate(network.HEADS)}


class Student:
    """Our network behind the same interface."""

    def __init__(self, net):
        self.net = net.eval()

    def outputs(self, image):
        import torch
        picture = torch.from_numpy(image).permute(2, 0, 1)[None].float()
        with torch.no_grad():
            out = self.net(picture.contiguous(memory_format=torch.channels_last))
        arrays = {name: value[0] for name, value in out.items()}
        for name in ("cls", "obj"):
            arrays[name] = arrays[name].sigmoid()
        return {name: value.numpy() for name, value in arrays.items()}


def detect(detector, image, threshold=0.5, scale=1.0):
    """Faces in the picture's own pixels; the picture is resized by `scale` first."""
    if scale != 1.0:
        image = cv2.resize(image, None, fx=scale, fy=scale)
    padded = pad_to_32(image)
    faces = decode(detector.outputs(padded), *padded.shape[:2], threshold)
    faces[:, :14] /= scale
    return faces


def detect_thoroughly(detector, image, threshold, scales):
    """Union over several scales: the teacher's best knowledge of a picture."""
    faces = [detect(detector, image, threshold, scale) for scale in scales]
    return suppress(np.concatenate(faces))

"""The training objective: assignment of faces to cells (SimOTA), and agreement with the teacher.

Two sources speak about each cell. The truth: boxes and landmarks, of which every cell may take one
or none. The teacher: its own outputs on the clean picture or on the degraded one. Where the teacher
is known to be wrong (a true face that it misses), it is not heard; where it half believes in a
face, the truth's "none" is not. Everything is computed for all cells of the batch and weighted, so
that no size depends on the data.
"""

import torch
from torch.nn import functional

import network
from pictures import TRUTH_SCORE
from pool import NO_FACE

MOST_CELLS = 10    # for one face


def areas(boxes):
    return (boxes[..., 2:4] - boxes[..., :2]).clamp(min=0).prod(-1)


def overlap(a, b):
    """IoU of boxes [..., 4], shapes broadcast."""
    low = torch.maximum(a[..., :2], b[..., :2])
    high = torch.minimum(a[..., 2:4], b[..., 2:4])
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (areas(a) + areas(b) - shared).clamp(min=1e-6)


def distance_iou_loss(a, b):
    """1 - IoU + squared centre distance over squared diagonal of the hull; and the IoU."""
    iou = overlap(a, b)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = ((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2).pow(2).sum(-1)
    return 1 - iou + apart / hull.pow(2).sum(-1).clamp(min=1e-6), iou


def landmark_error(found, wanted, size):
    """Mean over the coordinates, in parts of the face's size; NaN where `wanted` is."""
    error = (found - wanted) / size.clamp(min=1)[..., None]
    return functional.smooth_l1_loss(error, torch.zeros_like(error), reduction="none",
                                     beta=0.05).mean(-1)


def entropy(logits, target):
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="none")


@torch.no_grad()
def assign(boxes, score, faces, certain, cells):
    """Which face each cell should find.

    boxes [batch, cells, 4], score [batch, cells] (probability), faces [batch, n, 15], certain
    [batch, n]. Returns (whether the cell has a face, its index), both [batch, cells]. A face takes
    as many cells as its ten best overlaps sum to, at least one, among those near its centre.
    """
    centre = (faces[..., :2] + faces[..., 2:4]) / 2
    size = areas(faces).sqrt()
    stride = cells[:, 2]
    apart = (cells[:, :2] - centre[:, :, None]).abs().amax(-1) / stride
    ratio = size[:, :, None] / stride
    fitting = certain[:, :, None] & (apart <= 2) & (ratio > 0.7) & (ratio < 24)
    iou = overlap(boxes[:, None], faces[:, :, None, :4]) * fitting
    cost = -score[:, None].clamp(min=1e-4).log() - 3 * iou.clamp(min=1e-4).log() + 0.5 * apart
    cost = cost.masked_fill(~fitting, 1e5)
    count = iou.topk(MOST_CELLS, 2).values.sum(2, keepdim=True).int().clamp(min=1)
    best = cost.topk(MOST_CELLS, 2, largest=False)
    rank = torch.arange(MOST_CELLS, device=cost.device)
    taken = (rank < count) & (best.values < 1e4)
    chosen = torch.zeros_like(fitting).scatter_(2, best.indices, taken)
    which = cost.masked_fill(~chosen, 1e6).argmin(1)
    return chosen.any(1), which


def inside(cells, boxes, margin=0.0):
    """[batch, n, cells]: whether the cell's origin lies in the box, grown by margin * size."""
    grow = margin * (boxes[..., 2:4] - boxes[..., :2])
    low, high = (boxes[..., :2] - grow)[:, :, None], (boxes[..., 2:4] + grow)[:, :, None]
    return ((cells[:, :2] >= low) & (cells[:, :2] <= high)).all(-1)


def truth_loss(out, boxes, landmarks, cells, faces, teacher_score):
    """Sums of classification and regression, and the number of cells with a face."""
    certain = faces[..., 14] >= TRUTH_SCORE
    doubtful = (faces[..., 14] > NO_FACE) & ~certain
    score = (out["cls"].detach().sigmoid() * out["obj"].detach().sigmoid())[..., 0]
    found, which = assign(boxes.detach(), score, faces, certain, cells)
    chosen = faces.gather(1, which[..., None].expand(-1, -1, 15))
    weight = 1 - teacher_score
    weight = weight * ~(inside(cells, faces, 0.2) & doubtful[..., None]).any(1)
    near_box = (inside(cells, faces) & certain[..., None]).any(1)
    weight = torch.where(near_box, 0.5 * weight, weight)
    weight = torch.where(found, torch.ones_like(weight), weight)
    objectness = (weight * entropy(out["obj"][..., 0], found.float())).sum()

    box_loss, iou = distance_iou_loss(boxes, chosen[..., :4])
    classes = entropy(out["cls"][..., 0], (0.5 + 0.5 * iou.detach()).clamp(0, 1))
    known = found & ~chosen[..., 4].isnan()
    wanted = torch.where(known[..., None], chosen[..., 4:14], landmarks.detach())
    points = landmark_error(landmarks, wanted, areas(chosen).sqrt())
    regression = (found * 2.0 * box_loss + known * 20 * points).sum()
    return objectness + (found * classes).sum(), regression, found.sum()


def teacher_loss(out, boxes, landmarks, cells, teacher, score, faces, heard):
    """Sums of classification and regression, and of the weights of the latter."""
    certain = faces[..., 14] >= TRUTH_SCORE
    within = inside(cells, faces, 0.1)
    best = (within * score[:, None]).amax(2)
    missed = certain & (best < TRUTH_SCORE)
    heard = heard[:, None] * ~(within & missed[..., None]).any(1)
    classes = entropy(out["obj"], teacher["obj"])[..., 0]
    trust = 0.02 + teacher["obj"][..., 0]
    classes = classes + trust * entropy(out["cls"], teacher["cls"])[..., 0]
    weight = score * heard * (score > 0.1)
    target = network.to_boxes(teacher["bbox"], cells)
    box_loss, _ = distance_iou_loss(boxes, target)
    points = landmark_error(landmarks, network.to_landmarks(teacher["kps"], cells),
                            areas(target).sqrt())
    return (heard * classes).sum(), (weight * (2.0 * box_loss + 20 * points)).sum(), weight.sum()


def feature_loss(out, teacher, heard):
    """Mean squared difference of the feature maps, in variances of the teacher's channels.

    Both networks have maps of the same shapes; agreeing map by map teaches far more for each
    picture than the few cells with a face do (Romero et al., FitNets, 2015).
    """
    total = 0
    for mine, wanted in zip(out["features"], teacher["features"]):
        variance = wanted.var((0, 2, 3), keepdim=True).clamp(min=1e-3)
        apart = ((mine - wanted).square() / variance).clamp(max=25).mean((1, 2, 3))
        total = total + (heard * apart).sum() / heard.sum().clamp(min=1)
    return total / len(teacher["features"])


def batch_loss(out, cells, faces, teacher, heard):
    """Scalar, and its parts as tensors.

    `teacher`: the teacher's outputs, cls and obj as probabilities; `heard` [batch]: 1 where the
    teacher has a say, else 0.
    """
    boxes = network.to_boxes(out["bbox"], cells)
    landmarks = network.to_landmarks(out["kps"], cells)
    score = (teacher["cls"] * teacher["obj"])[..., 0] * heard[:, None]
    classes, regression, count = truth_loss(out, boxes, landmarks, cells, faces, score)
    parts = {"truth": classes / (1 + count), "boxes": regression / (1 + count)}
    classes, regression, count = teacher_loss(out, boxes, landmarks, cells, teacher, score, faces,
                                              heard)
    parts["teacher"], parts["teacher boxes"] = classes / (1 + count), regression / (1 + count)
    return sum(parts.values()), parts

"""The training objective: assignment of faces to cells (SimOTA), and agreement with the teacher.

Two sources speak about each cell. The truth: boxes and landmarks, of which every cell may take one
or none. The teacher: its own outputs on the clean picture. Where the teacher is known to be wrong
(a true face that it misses), it is not heard; where it half believes in a face, the truth's "none"
is not.
"""

import torch
from torch.nn import functional

import network
from pictures import TRUTH_SCORE


def overlap(a, b):
    """Pairwise IoU of boxes [n, 4] and [m, 4]."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(2)
    areas = (a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None]
    return shared / (areas - shared).clamp(min=1e-6)


def distance_iou_loss(a, b):
    """1 - IoU + squared centre distance over squared diagonal of the hull, row by row."""
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(1), (b[:, 2:] - b[:, :2]).prod(1)
    iou = shared / (area_a + area_b - shared).clamp(min=1e-6)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    apart = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2).pow(2).sum(1)
    return 1 - iou + apart / hull.pow(2).sum(1).clamp(min=1e-6), iou


@torch.no_grad()
def assign(boxes, score, truth, cells):
    """Which face each cell should find.

    boxes [cells, 4], score [cells] (probability), truth [faces, 4], cells as network.priors.
    Returns (cell indices, face indices). A face takes as many cells as its ten best overlaps sum
    to, at least one, among those near its centre.
    """
    centre = (truth[:, :2] + truth[:, 2:]) / 2
    size = (truth[:, 2:] - truth[:, :2]).prod(1).sqrt()
    origin, stride = cells[:, :2], cells[:, 2]
    offset = (origin[:, None] - centre[None]).abs().amax(2)
    near = offset <= 2.0 * stride[:, None]
    ratio = size[None] / stride[:, None]
    fitting = near & (ratio > 0.7) & (ratio < 16)
    candidates = fitting.any(1).nonzero()[:, 0]
    if not len(candidates):
        return candidates, candidates
    iou = overlap(boxes[candidates], truth)
    cost = -score[candidates, None].clamp(min=1e-4).log() - 3 * iou.clamp(min=1e-4).log()
    cost = cost + 0.5 * offset[candidates] / stride[candidates, None]
    cost = cost + 1e5 * (~fitting[candidates])
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    counts = iou.masked_fill(~fitting[candidates], 0)
    counts = counts.topk(min(10, len(candidates)), 0).values.sum(0).int().clamp(min=1)
    for face, count in enumerate(counts.tolist()):
        best = cost[:, face].topk(min(count, len(candidates)), largest=False).indices
        chosen[best, face] = True
    chosen &= fitting[candidates]
    only_best = torch.zeros_like(chosen)
    only_best.scatter_(1, cost.argmin(1, keepdim=True), True)
    crowded = chosen.sum(1, keepdim=True) > 1
    chosen = torch.where(crowded, only_best & chosen, chosen)
    rows, faces = chosen.nonzero(as_tuple=True)
    return candidates[rows], faces


def inside(cells, boxes, margin=0.0):
    """[cells, faces]: whether the cell's origin lies in the box, grown by margin * size."""
    grow = margin * (boxes[:, 2:] - boxes[:, :2])
    low, high = boxes[:, :2] - grow, boxes[:, 2:] + grow
    point = cells[:, None, :2]
    return ((point >= low[None]) & (point <= high[None])).all(2)


def truth_loss(out, boxes, landmarks, cells, faces, teacher_score):
    """Loss of one picture against its faces; (classification, regression, number of cells)."""
    certain = faces[:, 14] >= TRUTH_SCORE
    truth, doubtful = faces[certain], faces[~certain]
    score = (out["cls"].detach().sigmoid() * out["obj"].detach().sigmoid())[:, 0]
    target = torch.zeros_like(score)
    weight = torch.ones_like(score)
    if teacher_score is not None:
        weight = 1 - teacher_score
    if len(doubtful):
        weight = weight * (~inside(cells, doubtful[:, :4], 0.2).any(1))
    regression = score.new_zeros(())
    class_loss = score.new_zeros(())
    rows = torch.zeros(0, dtype=torch.long)
    if len(truth):
        rows, which = assign(boxes.detach(), score, truth[:, :4], cells)
    if len(rows):
        target[rows], weight[rows] = 1, 1
        near_box = inside(cells, truth[:, :4]).any(1)
        near_box[rows] = False
        weight = torch.where(near_box, weight * 0.5, weight)
        chosen = truth[which]
        loss, iou = distance_iou_loss(boxes[rows], chosen[:, :4])
        regression = 2.0 * loss.sum()
        known = ~chosen[:, 4].isnan()
        if known.any():
            size = (chosen[known, 2:4] - chosen[known, :2]).prod(1).sqrt()[:, None]
            error = (landmarks[rows][known] - chosen[known, 4:14]) / size
            regression = regression + 20 * functional.smooth_l1_loss(
                error, torch.zeros_like(error), reduction="none", beta=0.05).mean(1).sum()
        class_loss = functional.binary_cross_entropy_with_logits(
            out["cls"][rows, 0], (0.5 + 0.5 * iou.detach()).clamp(0, 1), reduction="sum")
    objectness = functional.binary_cross_entropy_with_logits(
        out["obj"][:, 0], target, weight=weight, reduction="sum")
    return objectness + class_loss, regression, len(rows)


def teacher_loss(out, boxes, landmarks, cells, teacher, faces):
    """Loss of one picture against the teacher's outputs; (classification, regression)."""
    score = (teacher["cls"] * teacher["obj"])[:, 0]
    heard = torch.ones_like(score)
    truth = faces[faces[:, 14] >= TRUTH_SCORE]
    if len(truth):
        within = inside(cells, truth[:, :4], 0.1)
        best = torch.where(within, score[:, None], score.new_zeros(())).amax(0)
        heard = (~within[:, best < TRUTH_SCORE].any(1)).float()
    classes = functional.binary_cross_entropy_with_logits(
        out["obj"], teacher["obj"], weight=heard[:, None], reduction="sum")
    classes = classes + functional.binary_cross_entropy_with_logits(
        out["cls"], teacher["cls"], weight=(heard * (0.02 + teacher["obj"][:, 0]))[:, None],
        reduction="sum")
    rows = (score * heard > 0.1).nonzero()[:, 0]
    if not len(rows):
        return classes, score.new_zeros(())
    target = network.to_boxes(teacher["bbox"][rows], cells[rows])
    points = network.to_landmarks(teacher["kps"][rows], cells[rows])
    size = (target[:, 2:] - target[:, :2]).prod(1).sqrt()[:, None]
    box_error, _ = distance_iou_loss(boxes[rows], target)
    error = (landmarks[rows] - points) / size
    error = functional.smooth_l1_loss(error, torch.zeros_like(error), reduction="none", beta=0.05)
    return classes, (score[rows] * (2.0 * box_error + 20 * error.mean(1))).sum()


def batch_loss(outputs, cells, examples, teachers):
    """`teachers[i]`: the teacher's outputs for example i, None for drawn ones. Scalar and parts."""
    boxes = network.to_boxes(outputs["bbox"], cells)
    landmarks = network.to_landmarks(outputs["kps"], cells)
    parts = {"truth": 0, "boxes": 0, "teacher": 0, "teacher boxes": 0}
    count, teacher_count = 1, 1
    for index, (example, teacher) in enumerate(zip(examples, teachers)):
        out = {name: value[index] for name, value in outputs.items()}
        faces = torch.from_numpy(example.faces)
        score = None if teacher is None else (teacher["cls"] * teacher["obj"])[:, 0]
        classes, regression, found = truth_loss(out, boxes[index], landmarks[index], cells, faces,
                                                score)
        parts["truth"] = parts["truth"] + classes
        parts["boxes"] = parts["boxes"] + regression
        count += found
        if teacher is not None:
            classes, regression = teacher_loss(out, boxes[index], landmarks[index], cells, teacher,
                                               faces)
            parts["teacher"] = parts["teacher"] + classes
            parts["teacher boxes"] = parts["teacher boxes"] + regression
            teacher_count += float(score[score > 0.1].sum())
    for name in parts:
        parts[name] = parts[name] / (teacher_count if "teacher" in name else count)
    return sum(parts.values()), {name: float(value) for name, value in parts.items()}

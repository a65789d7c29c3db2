"""Composes training examples on the device, a batch at a time and without a loop over pictures.

An example has a background without faces and up to four pieces of source pictures on it: one over
all of it, four in a 2 x 2 mosaic, or one to three single faces cut out softly. Each pixel shows
one piece, so a batch takes two reads of the pool, however it is composed.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch

from pictures import DOUBT_SCORE, TRUTH_SCORE
from pool import NO_FACE, determinant

SMALLEST = 7       # smaller faces are neither truth nor background
PIECES = 4
PROPOSALS = 8      # tries for a background without faces
MOST = 48          # faces of an example
MIRROR = (2, 3, 0, 1, 4, 5, 8, 9, 6, 7)    # landmarks after a left-right flip

# kinds of examples, and their shares
CUT, MOSAIC, PASTED, EMPTY, DRAWN = range(5)
SHARES = (0.44, 0.19, 0.11, 0.09, 0.17)
# lfw pictures end where the face ends: many of them teach their edge, not the face's
SOURCES = {"wider": 0.37, "lfw": 0.08, "anchors": 0.33, "spokespeople": 0.15, "lectures": 0.07}
# spokespeople stand before white or black
BACKGROUNDS = {"wider": 0.74, "anchors": 0.08, "spokespeople": 0.06, "lectures": 0.12}


@dataclass
class Batch:
    clean: torch.Tensor    # [batch, 3, height, width], BGR, 0..255
    faces: torch.Tensor    # [batch, MOST, 15]; score below TRUTH_SCORE: doubtful, NO_FACE: none
    drawn: torch.Tensor    # [batch] bool: the teacher has no say


@lru_cache(maxsize=None)
def constant(device, *values):
    """A tensor of these numbers, copied to the device once: a copy waits for all that it does."""
    return torch.tensor(values, device=device)


class Dice:
    """Random tensors of one generator."""

    def __init__(self, generator, device):
        self.generator, self.device = generator, device

    def uniform(self, low, high, *shape):
        value = torch.rand(shape, generator=self.generator, device=self.device)
        return low + (high - low) * value

    def normal(self, spread, *shape):
        return spread * torch.randn(shape, generator=self.generator, device=self.device)

    def chance(self, part, *shape):
        return torch.rand(shape, generator=self.generator, device=self.device) < part

    def some(self, count, part):
        """The indices of a fixed share of a batch: its size needs no look at the device."""
        order = torch.randperm(count, generator=self.generator, device=self.device)
        return order[:round(part * count)]


def rectangles(dice, kind, height, width):
    """Where each piece lies, [batch, PIECES, 4]; empty if not used. And the mosaic's cross."""
    batch = len(kind)
    whole = constant(kind.device, 0.0, 0.0, float(width), float(height))
    cross = dice.uniform(0.35, 0.65, batch, 2) * whole[2:]
    zero, (x, y) = torch.zeros_like(cross[:, 0]), cross.unbind(1)
    right, lower = whole[2].expand_as(zero), whole[3].expand_as(zero)
    mosaic = torch.stack([zero, zero, x, y, x, zero, right, y,
                          zero, y, x, lower, x, y, right, lower], 1).view(batch, PIECES, 4)
    size = dice.uniform(0.25, 0.7, batch, PIECES, 1) * min(height, width)
    corner = dice.uniform(0, 1, batch, PIECES, 2) * (whole[2:] - size)
    pasted = torch.cat([corner, corner + size], 2)
    index = torch.arange(PIECES, device=kind.device)
    number = 1 + (dice.uniform(0, 3, batch, 1)).long()
    pasted = pasted * (index < number)[:, :, None]
    single = whole * (index == 0)[:, None]
    kind = kind[:, None, None]
    rect = torch.where(kind == MOSAIC, mosaic, single.expand(batch, PIECES, 4))
    rect = torch.where(kind == PASTED, pasted, rect)
    return torch.where(kind == EMPTY, torch.zeros_like(rect), rect), cross


def turned(dice, scale, focus, place, angle=9.0, stretch=0.05):
    """Source to example maps [..., 2, 3] that bring `focus` to `place`; and whether mirrored."""
    shape = scale.shape
    flipped = dice.chance(0.5, *shape)
    angle = torch.deg2rad(dice.normal(angle, *shape)) * dice.chance(0.5, *shape)
    stretch = dice.normal(stretch, *shape).exp()
    across = scale * stretch * torch.where(flipped, -1.0, 1.0)
    down = scale / stretch
    cosine, sine = angle.cos(), angle.sin()
    linear = torch.stack([cosine * across, -sine * down, sine * across, cosine * down], -1)
    linear = linear.view(*shape, 2, 2)
    shift = place - applied(linear, focus)
    return torch.cat([linear, shift[..., None]], -1), flipped


def applied(linear, points):
    """linear [..., 2, 2] times points [..., 2]; element by element, as these are so small."""
    return (linear * points[..., None, :]).sum(-1)


def inverted(maps):
    a, b, c, d = maps[..., :2].flatten(-2).unbind(-1)
    linear = torch.stack([d, -b, -c, a], -1) / determinant(maps)[..., None]
    linear = linear.unflatten(-1, (2, 2))
    return torch.cat([linear, -applied(linear, maps[..., 2])[..., None]], -1)


def moved(faces, maps, flipped):
    """Faces [..., n, 15] through `maps` [..., 2, 3]; a turned box becomes its ellipse's."""
    linear, shift = maps[..., None, :, :2], maps[..., None, :, 2]
    centre = (faces[..., :2] + faces[..., 2:4]) / 2
    half = (faces[..., 2:4] - faces[..., :2]) / 2
    centre = applied(linear, centre) + shift
    half = applied(linear.square(), half.square()).sqrt()
    points = faces[..., 4:14].unflatten(-1, (5, 2))
    points = applied(linear[..., None, :, :], points) + shift[..., None, :]
    points = points.flatten(-2)
    mirrored = points[..., constant(points.device, *MIRROR)]
    points = torch.where(flipped[..., None, None], mirrored, points)
    return torch.cat([centre - half, centre + half, points, faces[..., 14:]], -1)


def part_within(faces, rect):
    """Which part of each face [..., n, 15] lies in its rectangle [..., 4]; 0 for unused rows."""
    rect = rect[..., None, :]
    low = torch.maximum(faces[..., :2], rect[..., :2])
    high = torch.minimum(faces[..., 2:4], rect[..., 2:])
    area = (faces[..., 2:4] - faces[..., :2]).prod(-1)
    part = (high - low).clamp(min=0).prod(-1) / area.clamp(min=1e-6)
    return part * (faces[..., 14] > NO_FACE)


class Composer:
    def __init__(self, pool):
        self.pool = pool
        self.chances = pool.chances(SOURCES)
        self.drawn_chances = pool.chances({"drawn": 0.9, "backdrop": 0.1})
        self.backdrop_chances = pool.chances({"backdrop": 1})
        self.background_chances = pool.chances(BACKGROUNDS)

    def sizes(self, source):
        return torch.stack([self.pool.width[source][..., 0], self.pool.height[source][..., 0]], -1)

    def pieces(self, dice, kind, rect):
        """Sources and maps of the pieces, the face each is about and whether it is about one."""
        shape = rect.shape[:2]
        source = self.pool.pick(self.chances, shape, dice.generator)
        picked = self.pool.pick(self.drawn_chances, shape, dice.generator)
        source = torch.where((kind == DRAWN)[:, None], picked, source)
        certain = self.pool.certain[source]
        which = (dice.uniform(0, 1, *shape) * certain).long()
        which = which.clamp(max=self.pool.faces.shape[1] - 1)
        face = self.pool.faces[source, which]
        about = (certain > 0) & (dice.chance(0.9, *shape) | (kind == PASTED)[:, None])

        extent = rect[..., 2:] - rect[..., :2]
        side = extent.amin(-1).clamp(min=16)
        size = (face[..., 2:4] - face[..., :2]).prod(-1).clamp(min=4).sqrt()
        largest = (0.95 * side).clamp(max=600)
        target = 10 * (largest / 10).clamp(min=1) ** dice.uniform(0, 1, *shape)
        wide = dice.uniform(0.25, 0.9, *shape) * side
        target = torch.where(dice.chance(0.3, *shape), wide, target)
        # a small face, much enlarged, is mush that could be anything
        scale = torch.minimum((target / size).clamp(min=0.1), (size / 10).clamp(1.5, 6))
        place = dice.uniform(0.15, 0.85, *shape, 2)
        near = dice.uniform(0.4, 0.6, *shape, 2)
        large = (target > 0.5 * side) | (kind == PASTED)[:, None]
        place = torch.where(large[..., None], near, place)
        focus = (face[..., :2] + face[..., 2:4]) / 2

        extents = self.sizes(source)
        anywhere = side / extents.amax(-1) * dice.uniform(-0.5, 1, *shape).exp()
        scale = torch.where(about, scale, anywhere)
        focus = torch.where(about[..., None], focus, dice.uniform(0, 1, *shape, 2) * extents)
        maps, flipped = turned(dice, scale, focus, rect[..., :2] + place * extent)
        return source, maps, flipped, face, about

    def backgrounds(self, dice, batch, height, width):
        """Sources and maps of cuts that show no face, drawn ones where none was found."""
        shape = (batch, PROPOSALS)
        source = self.pool.pick(self.background_chances, shape, dice.generator)
        drawn = self.pool.pick(self.backdrop_chances, (batch, 1), dice.generator)
        source = torch.cat([source, drawn], 1)
        shape = source.shape
        extents = self.sizes(source)
        view = constant(source.device, float(width), float(height))
        scale = (view / extents).amax(-1) * dice.uniform(0.02, 1.3, *shape).exp()
        shown = view / scale[..., None]
        focus = shown / 2 + dice.uniform(0, 1, *shape, 2) * (extents - shown)
        maps, flipped = turned(dice, scale, focus, (view / 2).expand(*shape, 2), 0.0, 0.0)
        faces = moved(self.pool.faces[source], maps, flipped)
        whole = torch.cat([view * 0, view]).expand(*shape, 4)
        taken = (part_within(faces, whole) > 0.01).any(-1)
        first = taken.float().argmin(1, keepdim=True)    # the drawn one, last, is never taken
        return (source.gather(1, first)[:, 0],
                maps.gather(1, first[..., None, None].expand(-1, 1, 2, 3))[:, 0])

    def ellipses(self, dice, face, maps, flipped):
        """What is cut out of a pasted piece: centre and half axes, [batch, PIECES, 4]."""
        inner = moved(face[..., None, :], maps, flipped)[..., 0, :]
        centre = (inner[..., :2] + inner[..., 2:4]) / 2
        grow = dice.uniform(1.25, 2, *face.shape[:2], 1)
        return torch.cat([centre, (inner[..., 2:4] - inner[..., :2]) / 2 * grow + 2], -1)

    def apart(self, boxes, used):
        """Of pieces that overlap, only the first stays in use."""
        kept = used.clone()
        for later in range(1, PIECES):
            low = torch.maximum(boxes[:, :later, :2], boxes[:, later:later + 1, :2])
            high = torch.minimum(boxes[:, :later, 2:], boxes[:, later:later + 1, 2:])
            clash = (high > low).all(-1) & kept[:, :later]
            kept[:, later] &= ~clash.any(1)
        return kept

    def batch(self, dice, count, height, width):
        device = self.pool.device
        bounds = constant(device, *SHARES).cumsum(0)[:-1]
        kind = torch.bucketize(dice.uniform(0, 1, count), bounds)
        rect, cross = rectangles(dice, kind, height, width)
        source, maps, flipped, face, about = self.pieces(dice, kind, rect)
        used = (rect[..., 2:] > rect[..., :2]).all(-1)

        pasted = (kind == PASTED)[:, None]
        ellipse = self.ellipses(dice, face, maps, flipped)
        faces = moved(self.pool.faces[source], maps, flipped)
        bounds = torch.cat([ellipse[..., :2] - ellipse[..., 2:],
                            ellipse[..., :2] + ellipse[..., 2:]], -1)
        alone = (part_within(faces, bounds) > 0.02).sum(-1) == 1
        used &= ~pasted | (about & alone)
        used = torch.where(pasted, self.apart(bounds, used), used)
        view = constant(device, 0.0, 0.0, float(width), float(height))
        seen = torch.where(pasted[..., None], bounds, rect)
        seen = torch.cat([torch.maximum(seen[..., :2], view[:2]),
                          torch.minimum(seen[..., 2:], view[2:])], -1)
        faces = self.visible(faces, seen, used)
        clean = self.render(dice, kind, source, maps, used, ellipse, cross, height, width)
        return Batch(clean, faces, kind == DRAWN)

    def visible(self, faces, seen, used):
        """[batch, MOST, 15]: those in view; mostly hidden or tiny ones become doubtful."""
        part = part_within(faces, seen) * used[..., None]
        size = (faces[..., 2:4] - faces[..., :2]).prod(-1).clamp(min=0).sqrt()
        score = torch.where((part < 0.6) | (size < SMALLEST),
                            faces[..., 14].clamp(max=DOUBT_SCORE), faces[..., 14])
        score = torch.where(part > 0.02, score, torch.full_like(score, NO_FACE))
        faces = torch.cat([faces[..., :14], score[..., None]], -1).flatten(1, 2)
        rank = (score.flatten(1) >= TRUTH_SCORE) * 1e4 + size.flatten(1)
        rank = torch.where(score.flatten(1) > NO_FACE, rank, torch.full_like(rank, -1))
        best = rank.topk(MOST, 1).indices
        return faces.gather(1, best[..., None].expand(-1, -1, 15))

    def render(self, dice, kind, source, maps, used, ellipse, cross, height, width):
        device, batch = self.pool.device, len(kind)
        y, x = torch.meshgrid(torch.arange(height, device=device) + 0.5,
                              torch.arange(width, device=device) + 0.5, indexing="ij")
        x, y = x[None], y[None]
        behind, behind_maps = self.backgrounds(dice, batch, height, width)
        picture, _ = self.pool.sample(self.pool.plan(behind, inverted(behind_maps)), x, y)
        # under a piece that ends within the example: often black or one colour, as letterboxes are
        plain = dice.uniform(0, 255, batch, 3, 1, 1) * dice.chance(0.67, batch, 1, 1, 1)
        is_plain = dice.chance(0.45, batch) & (kind != PASTED) & (kind != EMPTY)
        picture = torch.where(is_plain[:, None, None, None], plain, picture)

        layer = ((x >= cross[:, 0, None, None]).long() + 2 * (y >= cross[:, 1, None, None]).long())
        layer = layer * (kind == MOSAIC)[:, None, None]
        is_pasted = (kind == PASTED)[:, None, None]
        nearest = torch.full((batch, height, width), -1e3, device=device)
        for index in range(PIECES - 1):
            cx, cy, a, b = ellipse[:, index, :, None, None].unbind(1)
            short = torch.minimum(a, b)
            depth = (1 - (((x - cx) / a) ** 2 + ((y - cy) / b) ** 2).sqrt()) * short
            depth = depth / (2 + short / 20)
            depth = torch.where(used[:, index, None, None], depth, torch.full_like(depth, -1e3))
            layer = torch.where(is_pasted & (depth > nearest), torch.full_like(layer, index), layer)
            nearest = torch.maximum(nearest, depth)
        alpha = torch.where(is_pasted, (nearest + 0.5).clamp(0, 1), torch.ones_like(nearest))
        layer = layer + PIECES * torch.arange(batch, device=device)[:, None, None]
        front, inside = self.pool.sample(self.pool.plan(source, inverted(maps)), x, y, layer)
        alpha = (alpha * used.flatten()[layer])[:, None] * inside
        return (picture + (front - picture) * alpha).round()

"""The pack's pictures on the device, and sampling from them by affine maps, a batch at a time.

All pictures, each with a pyramid of halved ones, lie in one flat tensor of 32-bit pixels (blue in
the lowest byte): one read fetches a pixel's three channels, whatever the pictures' sizes.
"""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch

from pictures import TRUTH_SCORE

LEVELS = 5
MOST_FACES = 320    # kept of one picture; only few of wider have more, those tiny
NO_FACE = -1.0     # the score of an unused row


def determinant(maps):
    """Of the linear parts of maps [..., 2, 3]."""
    return maps[..., 0, 0] * maps[..., 1, 1] - maps[..., 0, 1] * maps[..., 1, 0]


def pyramid(blob):
    """The picture, halved again and again: int32 arrays [height, width]."""
    image = cv2.imdecode(blob, cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    levels = []
    for level in range(LEVELS):
        if level:
            size = max(2, round(width / 2 ** level)), max(2, round(height / 2 ** level))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        levels.append(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA).view(np.int32)[..., 0])
    return levels


def padded_faces(faces, counts):
    """[pictures, MOST_FACES, 15], the certain ones first, and the number of certain ones."""
    table = np.full((len(counts), MOST_FACES, 15), np.nan, np.float32)
    table[:, :, :4], table[:, :, 14] = 0, NO_FACE
    certain = np.zeros(len(counts), np.int64)
    ends = np.cumsum(counts)
    for index, (end, count) in enumerate(zip(ends, counts)):
        mine = faces[end - count:end]
        area = np.prod(mine[:, 2:4] - mine[:, :2], 1)
        true = mine[:, 14] >= TRUTH_SCORE
        order = np.lexsort((-area, ~true))[:MOST_FACES]
        table[index, :len(order)] = mine[order]
        certain[index] = true[order].sum()
    return table, certain


class Pool:
    """`every`: takes only every n-th picture of the pack, for a trial."""

    def __init__(self, path, device, every=1):
        pack = dict(np.load(path))    # read once: each look into the file would unpack again
        data, offsets = pack["data"], pack["offsets"]
        taken = np.arange(0, len(offsets) - 1, every)
        with ThreadPoolExecutor() as workers:
            blobs = (data[offsets[i]:offsets[i + 1]] for i in taken)
            pyramids = list(workers.map(pyramid, blobs))
        sizes = np.array([[level.shape for level in levels] for levels in pyramids])
        ends = np.cumsum(sizes.prod(2)).reshape(len(taken), LEVELS)
        pixels = np.empty(ends[-1, -1], np.int32)
        for levels, stops in zip(pyramids, ends):
            for level, stop in zip(levels, stops):
                pixels[stop - level.size:stop] = level.ravel()
        stops = np.cumsum(pack["face_counts"])
        counts = pack["face_counts"][taken]
        faces = [pack["faces"][stop - count:stop] for stop, count in zip(stops[taken], counts)]
        table, certain = padded_faces(np.concatenate(faces), counts)

        def there(array):
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)
        self.device = device
        self.pixels = there(pixels)
        self.offset = there(ends - sizes.prod(2))                   # [pictures, LEVELS]
        self.height = there(sizes[..., 0].astype(np.float32))
        self.width = there(sizes[..., 1].astype(np.float32))
        self.faces, self.certain = there(table), there(certain)
        self.group_names = [str(name) for name in pack["group_names"]]
        self.groups = there(pack["groups"][taken])
        self.teacher = {name[8:]: torch.from_numpy(pack[name]) for name in pack
                        if name.startswith("teacher/")}

    def __len__(self):
        return len(self.certain)

    def chances(self, shares):
        """Cumulated chances of the pictures to be picked; `shares`: group name to weight."""
        weights = torch.zeros(len(self), dtype=torch.float64, device=self.device)
        for index, name in enumerate(self.group_names):
            members = self.groups == index
            weights += members * (shares.get(name, 0) / members.sum().clamp(min=1))
        return (weights / weights.sum()).cumsum(0).float()

    def pick(self, chances, shape, generator):
        """Indices of pictures, drawn by `chances`."""
        value = torch.rand(shape, generator=generator, device=self.device)
        return torch.searchsorted(chances, value).clamp(max=len(self) - 1)

    def plan(self, source, inverse):
        """How `sample` reads pictures `source` [...] through `inverse` [..., 2, 3].

        `inverse` maps the example's pixels to those of the source. The pyramid's level is the one
        that comes nearest to the example's resolution, so that nothing aliases.
        """
        shrink = determinant(inverse).abs().clamp(min=1e-8).sqrt()
        level = shrink.log2().round().clamp(0, LEVELS - 1).long()

        def of_level(table):
            return table[source].gather(-1, level[..., None])[..., 0]
        width, height = of_level(self.width), of_level(self.height)
        x = inverse[..., 0, :] * (width / self.width[source][..., 0])[..., None]
        y = inverse[..., 1, :] * (height / self.height[source][..., 0])[..., None]
        return [of_level(self.offset), width, height, *x.unbind(-1), *y.unbind(-1)]

    def sample(self, plan, x, y, layer=None):
        """Colours [batch, 3, height, width] (float, BGR), and where the source has any.

        `plan`'s tensors have one value for each picture [batch], or, with `layer` [batch, height,
        width], one for each flat index in that. x, y: coordinates of the pixels' centres.
        """
        offset, width, height, xx, xy, x1, yx, yy, y1 = (
            part[:, None, None] if layer is None else part.flatten()[layer] for part in plan)
        column, row = xx * x + xy * y + x1, yx * x + yy * y + y1
        inside = (column >= 0) & (column <= width) & (row >= 0) & (row <= height)
        column = torch.minimum((column - 0.5).clamp(min=0), width - 1.001)
        row = torch.minimum((row - 0.5).clamp(min=0), height - 1.001)
        left, top = column.floor(), row.floor()
        right_part, lower_part = column - left, row - top
        step = width.long()
        first = offset + top.long() * step + left.long()
        colour = 0
        for index, part in ((first, (1 - right_part) * (1 - lower_part)),
                            (first + 1, right_part * (1 - lower_part)),
                            (first + step, (1 - right_part) * lower_part),
                            (first + step + 1, right_part * lower_part)):
            value = self.pixels[index]
            channels = torch.stack([value & 255, (value >> 8) & 255, (value >> 16) & 255], 1)
            colour = colour + channels * part[:, None]
        return colour, inside[:, None]

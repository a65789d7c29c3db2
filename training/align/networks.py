"""The networks of attune-align: audio encoder, face encoder, alignment, heads, speech activity.

Notation: T audio tokens and, for face f, a track of tokens, 25 a second (geometry.py). All
convolutions are valid (unpadded) cross-correlations over time; weights are [out, in, kernel].
ReLU after every convolution except where said. Batch normalisation exists in training only:
`fold` merges it into the convolutions, and only folded weights are exported, so a convolution is
`weight, bias` and nothing else. Dimensions: token width 128, H = 4 heads of 32, lags d = -15..15.

Context at the ends, at inference: sound is zero outside the recording (so mel frames exist
everywhere); a track's crop sequence is extended by repeating its first and its last crop 4 times;
inputs of the two temporal heads are extended by repeating their first and last column 8 times.
Training on alignment never uses padded ends, so that no network can read clip edges.
"""

import torch
from torch import nn
from torch.nn import functional as F

from geometry import MAX_LAG

WIDTH = 128
HEADS = 4
HEAD_WIDTH = 32
LAGS = 2 * MAX_LAG + 1
EVIDENCE_RADIUS = 18  # tokens: evidence is gathered over u in [t - 18, t + 18], 1.48 s
AUDIO_CONTEXT = 15  # mel frames on each side of a token's centre frame 4 i
FACE_CONTEXT = 4  # crops on each side of a token: 2 from the stack, 2 from temporal convolutions
SPEECH_CONTEXT = 54  # mel frames on each side of 4 i
HEAD_KERNELS = (13, 5)
HEAD_CONTEXT = sum(k // 2 for k in HEAD_KERNELS)  # tokens on each side, speaking and off-screen
FACE_CHANNELS = (48, 64, 96, 128)  # stem, conv1, conv2, conv3
MASKED = -1e9


def band_of(matrix):
    """[..., T, T + 30] -> [..., T, 31]: element (t, d) is matrix (t, t + d)."""
    length, columns = matrix.shape[-2:]
    flat = F.pad(matrix.flatten(-2), (0, length))
    return flat.unflatten(-1, (length, columns + 1))[..., :LAGS]


def matrix_of(band, columns):
    """The inverse of band_of: [..., T, 31] -> [..., T, columns], zeros outside the band."""
    length = band.shape[-2]
    flat = F.pad(band, (0, columns + 1 - LAGS)).flatten(-2)[..., : length * columns]
    return flat.unflatten(-1, (length, columns))


class Conv(nn.Module):
    """Convolution over time (1-D) or the picture (2-D), optional batch norm, optional ReLU."""

    def __init__(self, dims, inputs, outputs, kernel, stride=1, norm=True, relu=True):
        super().__init__()
        kind = nn.Conv1d if dims == 1 else nn.Conv2d
        self.conv = kind(inputs, outputs, kernel, stride)
        self.norm = (nn.BatchNorm1d if dims == 1 else nn.BatchNorm2d)(outputs) if norm else None
        self.relu = relu

    def forward(self, x):
        x = self.conv(x)
        x = self.norm(x) if self.norm is not None else x
        return F.relu(x) if self.relu else x

    def fold(self):
        """Merges the batch norm into weight and bias."""
        if self.norm is None:
            return
        n = self.norm
        scale = (n.weight / torch.sqrt(n.running_var + n.eps)).detach()
        shape = [-1] + [1] * (self.conv.weight.dim() - 1)
        self.conv.weight.data *= scale.view(shape)
        self.conv.bias.data = (self.conv.bias.data - n.running_mean) * scale + n.bias.data
        self.norm = None


def fold(module):
    """Folds every batch norm below module; the module must be in eval mode."""
    for child in module.modules():
        if isinstance(child, Conv):
            child.fold()
    return module


class AudioEncoder(nn.Module):
    """Normalised log-mel [B, 40, 4 (n - 1) + 31] -> audio tokens [B, 128, n]; 253 k parameters.

    Input column 0 is mel frame 4 i0 - 15 for the first token i0; token i sees frames 4 i +- 15.
    Normalisation: (log_mel - mel.mean[band]) / mel.std[band].
    conv1 40->96 k3 s1; conv2 96->128 k5 s2; conv3 128->128 k5 s2; conv4 128->128 k3;
    conv5 128->128 k3, no ReLU.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = Conv(1, 40, 96, 3)
        self.conv2 = Conv(1, 96, WIDTH, 5, 2)
        self.conv3 = Conv(1, WIDTH, WIDTH, 5, 2)
        self.conv4 = Conv(1, WIDTH, WIDTH, 3)
        self.conv5 = Conv(1, WIDTH, WIDTH, 3, relu=False)

    def forward(self, mel):
        return self.conv5(self.conv4(self.conv3(self.conv2(self.conv1(mel)))))


class FaceEncoder(nn.Module):
    """Standardised crops [B, n + 8, 48, 48] -> face tokens [B, 128, n]; 413 k parameters.

    Token i sees crops i - 4 .. i + 4. Each stack of 5 consecutive crops is a 5-channel picture
    (channel 0 the earliest): stem 5->48 k4 s4 (12 x 12); conv1 48->64 k3 (10 x 10);
    conv2 64->96 k2 s2 (5 x 5); conv3 96->128 k3 (3 x 3); flattened channel, row, column (1152);
    project 1152->128 linear + ReLU; then over time: time1 128->128 k3; time2 128->128 k3, no ReLU.
    0.29 GFLOP per second of face. `fast`: the picture part in bf16, for training only.
    """

    def __init__(self, fast=False, channels=FACE_CHANNELS):
        super().__init__()
        self.fast = fast
        stem, conv1, conv2, conv3 = channels
        self.stem = Conv(2, 5, stem, 4, 4)
        self.conv1 = Conv(2, stem, conv1, 3)
        self.conv2 = Conv(2, conv1, conv2, 2, 2)
        self.conv3 = Conv(2, conv2, conv3, 3)
        self.project = Conv(1, 9 * conv3, WIDTH, 1)
        self.time1 = Conv(1, WIDTH, WIDTH, 3)
        self.time2 = Conv(1, WIDTH, WIDTH, 3, relu=False)

    def forward(self, crops):
        batch, length = crops.shape[:2]
        if self.fast:  # half the memory of what is the largest tensor by far
            crops = crops.bfloat16()
        stacks = crops.unfold(1, 5, 1).reshape(-1, 48, 48, 5).permute(0, 3, 1, 2)
        with torch.autocast(crops.device.type, torch.bfloat16, enabled=self.fast):
            x = self.conv3(self.conv2(self.conv1(self.stem(stacks))))
        x = x.float().reshape(batch, length - 4, -1).transpose(1, 2)
        return self.time2(self.time1(self.project(x)))


def motion(crops):
    """Mouth motion of each token, [B, n + 2, 48, 48] standardised crops -> [B, n].

    D_j = mean over the crop of |x_j - x_{j-1}|; token i has (D_i + D_{i+1}) / 2. At a track's ends
    the missing neighbour is the end crop itself (difference 0).
    """
    step = (crops[:, 1:] - crops[:, :-1]).abs().mean((2, 3))
    return 0.5 * (step[:, 1:] + step[:, :-1])


class Alignment(nn.Module):
    """Audio-as-query cross-attention over all faces and lags, and a null key.

    a(t): audio token, v(f, j): face token of track f.
      q_h(t)    = (query.weight a + query.bias)[h], scaled to length 1        (eps 1e-6, L2)
      k_h(f, j) = (key.weight v + key.bias)[h], scaled to length 1
      g_h(t)    = softplus((gain.weight a + gain.bias)[h])       how much this moment of sound tells
      s(h, t, f, d) = g_h(t) q_h(t) . k_h(f, t + d)                            |d| <= 15
      S = sum_u w_h(u - t) s(h, u, f, d) / max(sum_u w_h(u - t), 0.5)
          over the u in [t - 18, t + 18] for which audio token u and face token u + d both exist
      E(h, t, f, d) = scale_h S + lag_bias_h(d) + prior(d)
          for every (f, d) for which face token t + d exists; other (f, d) take no part
      n_h(t)    = g_h(t) null_cosine_h + (null.weight a + null.bias)[h]
      N(h, t)   = scale_h sum_u w_h(u - t) n_h(u) / max(sum_u w_h(u - t), 0.5), existing audio u
      weights   = softmax over all (f, d) and null, for each head and t
      mass(f, t) = mean over h of sum_d weights;  null mass = mean over h of the null weight
      offset profile(t, d) = mean over h of sum_f weights
    w_h(r), r = -18..18: positive weights, sum 1 (`window`, [4, 37]). prior(d): log prior of the
    recording's lag (LagEstimator), 0 when nothing is known.

    `ablation`, for the card only: "null" leaves the null key out, "bias" lag_bias and prior.
    """

    ablation = "none"

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.gain = nn.Linear(WIDTH, HEADS)
        self.null = nn.Linear(WIDTH, HEADS)
        self.null_cosine = nn.Parameter(torch.full([HEADS], 0.3))
        self.scale = nn.Parameter(torch.full([HEADS], 15.0))
        self.lag_bias = nn.Parameter(torch.zeros(HEADS, LAGS))
        reach = torch.tensor([6.0, 9.0, 12.0, 15.0])[:, None]
        r = torch.arange(-EVIDENCE_RADIUS, EVIDENCE_RADIUS + 1.0)
        self.window_logits = nn.Parameter(-0.5 * (r / reach) ** 2)
        nn.init.zeros_(self.null.weight)
        nn.init.zeros_(self.null.bias)
        nn.init.zeros_(self.gain.weight)
        nn.init.constant_(self.gain.bias, 0.5413)  # softplus = 1

    def window(self):
        """w [H, 37]."""
        return torch.softmax(self.window_logits, 1)

    def queries(self, audio):
        """audio [B, T, 128] -> unit queries [B, H, T, 32], gains [B, H, T]."""
        q = self.query(audio).unflatten(2, (HEADS, HEAD_WIDTH)).transpose(1, 2)
        gain = F.softplus(self.gain(audio)).transpose(1, 2)
        return F.normalize(q, dim=3, eps=1e-6), gain

    def keys(self, face):
        """face [B, T, 128] -> unit keys [B, H, T, 32]."""
        k = self.key(face).unflatten(2, (HEADS, HEAD_WIDTH)).transpose(1, 2)
        return F.normalize(k, dim=3, eps=1e-6)

    def scores(self, audio, face):
        """s: audio [B, T, 128], face [B, F, T + 30, 128] -> [B, H, F, T, 31].

        Face index j of this tensor is face token j - 15 on the audio's token numbering; absent
        face tokens may hold anything here, `evidence` masks them.
        """
        q, gain = self.queries(audio)
        batch, faces = face.shape[:2]
        k = self.keys(face.flatten(0, 1)).unflatten(0, (batch, faces)).transpose(1, 2)
        q = (q * gain[..., None])[:, :, None]
        return band_of(torch.matmul(q, k.transpose(3, 4)))

    def gather(self, values):
        """sum_u w_h(u - t) values(u) over [B, H, ..., T, D] (zeros outside), same shape."""
        length = values.shape[-2]
        t = torch.arange(length, device=values.device)
        offset = t[None] - t[:, None] + EVIDENCE_RADIUS
        inside = (offset >= 0) & (offset <= 2 * EVIDENCE_RADIUS)
        table = self.window()[:, offset.clamp(0, 2 * EVIDENCE_RADIUS)] * inside  # [H, t, u]
        extra = [1] * (values.dim() - 4)
        return torch.matmul(table.reshape(HEADS, *extra, length, length), values)

    def evidence(self, scores, audio, face_present, prior=None):
        """E [B, H, F, T, 31] (MASKED where absent) and N [B, H, T].

        face_present: [B, F, T + 30] 1 where that face token exists. All T audio tokens exist.
        """
        present = face_present.unfold(2, LAGS, 1)[:, None]  # [B, 1, F, T, 31]
        present = present.expand(-1, HEADS, -1, -1, -1).float()
        total = self.gather(scores * present) / self.gather(present).clamp(min=0.5)
        e = self.scale[:, None, None, None] * total
        if self.ablation != "bias":
            e = e + self.lag_bias[:, None, None]
            if prior is not None:
                e = e + prior
        e = e.masked_fill(present == 0, MASKED)
        gain = F.softplus(self.gain(audio)).transpose(1, 2)
        null = gain * self.null_cosine[:, None] + self.null(audio).transpose(1, 2)
        ones = torch.ones_like(null)[..., None]
        null = self.gather(null[..., None]) / self.gather(ones).clamp(min=0.5)
        null = self.scale[:, None] * null[..., 0]
        return e, null if self.ablation != "null" else torch.full_like(null, -1e4)

    def forward(self, audio, face, face_present, prior=None):
        """-> weights [B, H, F, T, 31], null weights [B, H, T], E, N."""
        e, n = self.evidence(self.scores(audio, face), audio, face_present, prior)
        batch, heads, faces, length, lags = e.shape
        flat = e.permute(0, 1, 3, 2, 4).reshape(batch, heads, length, faces * lags)
        p = torch.softmax(torch.cat([flat, n[..., None]], 3), 3)
        weights = p[..., :-1].reshape(batch, heads, length, faces, lags).permute(0, 1, 3, 2, 4)
        return weights, p[..., -1], e, n


class SpeakingHead(nn.Module):
    """Speaking logit of each face and token.

    Features per face and token, in this order (38 channels):
      0-3   mass of each head (weights summed over d)
      4-7   null weight of each head
      8-11  (max_d E(h, t, f, d) - N(h, t)), clamped to [-10, 10], / 5
      12    mouth motion (`motion`) * 5
      13    speech probability (SpeechActivity)
      14-21 audio.weight a(t) + audio.bias                        8 of the audio token
      22-29 face.weight v(f, t) + face.bias                       8 of the face token
      30-37 value.weight c(f, t) + value.bias                     8 of the attended value,
            c = sum_d m(d) v(f, t + d), m = mean over heads of softmax over d of E(h, t, f, d)
    conv1 38->32 k13, conv2 32->32 k5, out 32->1 k1 without ReLU.
    """

    def __init__(self):
        super().__init__()
        self.audio = nn.Linear(WIDTH, 8)
        self.face = nn.Linear(WIDTH, 8)
        self.value = nn.Linear(WIDTH, 8)
        self.conv1 = Conv(1, 38, 32, HEAD_KERNELS[0], norm=False)
        self.conv2 = Conv(1, 32, 32, HEAD_KERNELS[1], norm=False)
        self.out = Conv(1, 32, 1, 1, norm=False, relu=False)

    def features(self, audio, face, weights, null_weights, e, n, moved, speech):
        """audio [B, T, 128], face [B, F, T + 30, 128], moved [B, F, T], speech [B, T] ->
        [B, F, 38, T]."""
        faces, length = face.shape[1], audio.shape[1]
        wide = [-1, faces, -1, -1]
        mass = weights.sum(4).transpose(1, 2)
        null = null_weights[:, None].expand(wide)
        margin = ((e.amax(4) - n[:, :, None]).clamp(-10, 10) / 5).transpose(1, 2)
        attended = torch.softmax(e, 4).mean(1)  # [B, F, T, 31]
        value = torch.matmul(matrix_of(attended, face.shape[2]), face)
        tokens = face[:, :, MAX_LAG : MAX_LAG + length]
        spoken = speech[:, None, None].expand(wide)
        heard = self.audio(audio).transpose(1, 2)[:, None].expand(wide)
        seen, held = self.face(tokens).transpose(2, 3), self.value(value).transpose(2, 3)
        moved = 5 * moved[:, :, None]
        return torch.cat([mass, null, margin, moved, spoken, heard, seen, held], 2)

    def forward(self, features):
        """[B, F, 38, n + 16] -> logits [B, F, n]."""
        x = self.out(self.conv2(self.conv1(features.flatten(0, 1))))
        return x.reshape(features.shape[0], features.shape[1], -1)


class OffscreenHead(nn.Module):
    """Logit of "speech whose speaker is not visible" for each token.

    Features, in this order (17 channels): 0-3 null weight of each head; 4-7 greatest mass of any
    face, of each head; 8 speech probability; 9-16 audio.weight a(t) + audio.bias.
    Where no face exists the null weights are 1 and the masses 0.
    conv1 17->16 k13, conv2 16->16 k5, out 16->1 k1 without ReLU.
    """

    def __init__(self):
        super().__init__()
        self.audio = nn.Linear(WIDTH, 8)
        self.conv1 = Conv(1, 17, 16, HEAD_KERNELS[0], norm=False)
        self.conv2 = Conv(1, 16, 16, HEAD_KERNELS[1], norm=False)
        self.out = Conv(1, 16, 1, 1, norm=False, relu=False)

    def features(self, audio, weights, null_weights, speech):
        """-> [B, 17, T]."""
        mass = weights.sum(4).amax(2)
        heard = self.audio(audio).transpose(1, 2)
        return torch.cat([null_weights, mass, speech[:, None], heard], 1)

    def forward(self, features):
        """[B, 17, n + 16] -> logits [B, n]."""
        return self.out(self.conv2(self.conv1(features))).squeeze(1)


class SpeechActivity(nn.Module):
    """Normalised log-mel [B, 40, 4 (n - 1) + 109] -> speech logits [B, n]; 137 k parameters.

    Column 0 is mel frame 4 i0 - 54; same normalisation as the audio encoder. Probability = sigmoid.
    conv1 40->48 k5 s2; conv2 48->64 k5 s2; conv3, conv4, conv5 64->64 k9; out 64->1 k1, no ReLU.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = Conv(1, 40, 48, 5, 2)
        self.conv2 = Conv(1, 48, 64, 5, 2)
        self.conv3 = Conv(1, 64, 64, 9)
        self.conv4 = Conv(1, 64, 64, 9)
        self.conv5 = Conv(1, 64, 64, 9)
        self.out = Conv(1, 64, 1, 1, norm=False, relu=False)

    def forward(self, mel):
        x = self.conv3(self.conv2(self.conv1(mel)))
        return self.out(self.conv5(self.conv4(x))).squeeze(1)

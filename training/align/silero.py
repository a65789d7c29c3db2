"""Silero VAD at 16 kHz, written here from its layer description, for comparison only.

    silero.py --weights silero_vad_16k.safetensors --golden silero_vad_safetensors.npz

Checks one step of the network against stored arrays. Nothing here is used in training.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

CHUNK, CONTEXT = 512, 64  # samples


class Silero:
    """One probability for each 512 samples; the LSTM's state goes on through the recording."""

    def __init__(self, path):
        from infer import read_safetensors

        arrays, _ = read_safetensors(path)
        self.w = {name: torch.from_numpy(value.copy()) for name, value in arrays.items()}

    def convolution(self, name, x, stride):
        weight, bias = self.w[f"{name}.weight"], self.w[f"{name}.bias"]
        return F.relu(F.conv1d(x, weight, bias, stride, 1))

    def encode(self, inputs):
        """[n, 576] -> [n, 128]: the part without memory."""
        x = F.pad(inputs[:, None], (0, CONTEXT), mode="reflect")
        y = F.conv1d(x, self.w["stft_conv.weight"], stride=128)
        x = torch.sqrt(y[:, :129] ** 2 + y[:, 129:] ** 2)
        for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
            x = self.convolution(name, x, stride)
        return x[:, :, 0]

    def step(self, from_input, hidden, cell):
        """from_input [512]: weight_ih x + bias_ih."""
        gates = from_input + self.w["lstm_cell.weight_hh"] @ hidden + self.w["lstm_cell.bias_hh"]
        i, f, g, o = gates.chunk(4)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell

    @torch.no_grad()
    def chunks(self, sound, hidden=None, cell=None):
        """Probability of each chunk of 512 samples, [ceil(len / 512)]."""
        count = -(-len(sound) // CHUNK)
        padded = np.zeros(CONTEXT + CHUNK * count, np.float32)
        padded[CONTEXT : CONTEXT + len(sound)] = sound
        inputs = torch.from_numpy(padded).unfold(0, CONTEXT + CHUNK, CHUNK)
        return self.scan(inputs, hidden, cell)[0]

    @torch.no_grad()
    def scan(self, inputs, hidden=None, cell=None):
        """inputs [n, 576] -> (probabilities [n], hidden, cell)."""
        hidden = torch.zeros(128) if hidden is None else hidden
        cell = torch.zeros(128) if cell is None else cell
        projected = F.linear(self.encode(inputs), self.w["lstm_cell.weight_ih"],
                             self.w["lstm_cell.bias_ih"])
        states = []
        for row in projected:
            hidden, cell = self.step(row, hidden, cell)
            states.append(hidden)
        logits = F.relu(torch.stack(states)) @ self.w["final_conv.weight"].reshape(-1)
        return torch.sigmoid(logits + self.w["final_conv.bias"]).numpy(), hidden, cell

    def tokens(self, sound, count=None):
        """Probability at token i (0.04 i s): that of the chunk which holds this moment."""
        count = -(-len(sound) // 640) if count is None else count
        p = self.chunks(sound)
        return p[np.minimum(np.arange(count) * 640 // CHUNK, len(p) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, golden = Silero(arguments.weights), np.load(arguments.golden)
    inputs = torch.from_numpy(golden["tap_input"])[None]
    features = model.encode(inputs)[0].numpy()
    state = [torch.from_numpy(golden[f"tap_{name}0"]) for name in "hc"]
    p, hidden, cell = model.scan(inputs, *state)
    print(f"greatest difference: encoder {abs(features - golden['tap_enc4'][:, 0]).max():.1e}, "
          f"hidden {abs(hidden.numpy() - golden['tap_h1']).max():.1e}, "
          f"cell {abs(cell.numpy() - golden['tap_c1']).max():.1e}, "
          f"probability {abs(p[0] - float(golden['tap_prob'])):.1e}")


if __name__ == "__main__":
    main()

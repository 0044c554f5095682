"""The networks: Linear, ReLU, dropout, two LSTM layers, Linear. Gates in PyTorch's order i, f, g, o.

`small` is our own: causal, its state carried from frame to frame, one output vector with the 16 rotations
(6D), the root's way in metres a frame and the two contact logits.
"""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Shape:
    inputs: int
    hidden: int
    outputs: int
    bidirectional: bool
    layers: int = 2


JOINTS, VELOCITY, CONTACT, POSE, ROOT = 72, 72, 2, 96, 3
IMU = 60
SHAPES = {
    "joints": Shape(IMU, 256, JOINTS, True),
    "pose": Shape(JOINTS + IMU, 256, POSE, True),
    "contact": Shape(JOINTS + IMU, 64, CONTACT, True),
    "velocity": Shape(JOINTS + IMU, 256, VELOCITY, False),
    "imuposer": Shape(IMU, 256, POSE, True),
    "small": Shape(IMU, 160, POSE + ROOT + CONTACT, False),
}


class Recurrent(nn.Module):
    """Input (items, frames, inputs) to (items, frames, outputs), from the zero state."""

    def __init__(self, shape: Shape, dropout: float = 0.1):
        super().__init__()
        self.shape = shape
        self.input = nn.Linear(shape.inputs, shape.hidden)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            shape.hidden,
            shape.hidden,
            shape.layers,
            batch_first=True,
            bidirectional=shape.bidirectional,
        )
        width = shape.hidden * (2 if shape.bidirectional else 1)
        self.output = nn.Linear(width, shape.outputs)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        hidden = self.dropout(torch.relu(self.input(values)))
        return self.output(self.lstm(hidden)[0])


def build(name: str, dropout: float = 0.1) -> Recurrent:
    return Recurrent(SHAPES[name], dropout)

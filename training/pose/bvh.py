"""Biovision hierarchy files: the tree, and every joint's rotation from its channels."""

from dataclasses import dataclass
from pathlib import Path

import torch

from rotation import axis_rotation


@dataclass
class Bvh:
    """`rotations` (frames, joints, 3, 3) are global; `root` (frames, 3) is in the file's unit."""

    names: list[str]
    parents: list[int]
    offsets: torch.Tensor
    rotations: torch.Tensor
    root: torch.Tensor
    frame_time: float


def read_bvh(path: Path) -> Bvh:
    """Reads one file; end sites are left out. Channels turn in the order in which they stand."""
    tokens = path.read_text().split()
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    open_joints: list[int | None] = []
    upcoming: int | None = None
    at = 1
    while tokens[at] != "MOTION":
        word = tokens[at]
        if word in ("ROOT", "JOINT"):
            parents.append(open_joints[-1] if open_joints else -1)
            names.append(tokens[at + 1])
            upcoming = len(names) - 1
            at += 2
        elif word == "End":
            upcoming = None
            at += 2
        elif word == "{":
            open_joints.append(upcoming)
            at += 1
        elif word == "}":
            open_joints.pop()
            at += 1
        elif word == "OFFSET":
            if open_joints[-1] is not None:
                offsets.append([float(value) for value in tokens[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            count = int(tokens[at + 1])
            channels.append(tokens[at + 2 : at + 2 + count])
            at += 2 + count
        else:
            raise ValueError(f"{path}: unexpected {word}")
    frames, frame_time = int(tokens[at + 2]), float(tokens[at + 5])
    values = torch.tensor([float(value) for value in tokens[at + 6 :]], dtype=torch.float64)
    values = values.reshape(frames, -1)

    root = torch.zeros(frames, 3, dtype=torch.float64)
    turned: list[torch.Tensor] = []
    column = 0
    for joint, parent in enumerate(parents):
        matrix = torch.eye(3, dtype=torch.float64).expand(frames, 3, 3)
        if parent >= 0:
            matrix = turned[parent]
        for channel in channels[joint]:
            axis = "XYZ".index(channel[0])
            if channel.endswith("rotation"):
                matrix = matrix @ axis_rotation(axis, torch.deg2rad(values[:, column]))
            elif parent < 0:
                root[:, axis] = values[:, column]
            column += 1
        turned.append(matrix)
    return Bvh(
        names,
        parents,
        torch.tensor(offsets, dtype=torch.float64),
        torch.stack(turned, 1),
        root,
        frame_time,
    )

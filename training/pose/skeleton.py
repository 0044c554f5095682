"""The 24-joint body of host/pose/skeleton.json: names, tree, sensors, forward kinematics."""

import hashlib
import json
from pathlib import Path

import torch

from rotation import rotate

PATH = Path(__file__).resolve().parents[2] / "host" / "pose" / "skeleton.json"
_FILE = json.loads(PATH.read_text())

NAMES: list[str] = _FILE["names"]
PARENTS: list[int] = _FILE["parents"]
OFFSETS = torch.tensor(_FILE["offsets"], dtype=torch.float32)
FRAME_RATE: int = _FILE["frameRate"]
REDUCED: list[int] = _FILE["reduced"]
SIP: list[int] = _FILE["sip"]
SUBSETS: list[dict] = _FILE["subsets"]
IMU_JOINTS: list[int] = [imu["joint"] for imu in _FILE["imus"]]
IMU_OFFSETS = torch.tensor([imu["offset"] for imu in _FILE["imus"]], dtype=torch.float32)
MIRRORED: list[int] = [
    NAMES.index(
        name.replace("left", "?").replace("right", "left").replace("?", "right")
    )
    for name in NAMES
]
LEG_LENGTH = float(OFFSETS[4].norm() + OFFSETS[7].norm())
# Every joint's row in the reduced set: a joint that is not in it takes its parent's rotation.
_SOURCE: list[int] = []
for _joint in range(24):
    _source = _joint
    while _source not in REDUCED:
        _source = PARENTS[_source]
    _SOURCE.append(REDUCED.index(_source))


def digest() -> str:
    """SHA-256 of the skeleton file, as written into every weights file."""
    return hashlib.sha256(PATH.read_bytes()).hexdigest()


def expand(reduced: torch.Tensor) -> torch.Tensor:
    """Global rotations (..., 16, 3, 3) of the reduced joints to all 24."""
    return reduced[..., _SOURCE, :, :]


def forward(rotations: torch.Tensor, offsets: torch.Tensor = OFFSETS) -> torch.Tensor:
    """Root-relative joint positions (..., 24, 3) in metres from global rotations (..., 24, 3, 3).

    `offsets` is (24, 3), or (..., 24, 3) for a body per item.
    """
    bones = rotate(rotations[..., PARENTS, :, :], offsets)
    positions = [torch.zeros_like(bones[..., 0, :])]
    for joint in range(1, 24):
        positions.append(positions[PARENTS[joint]] + bones[..., joint, :])
    return torch.stack(positions, -2)

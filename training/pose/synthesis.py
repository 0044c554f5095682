"""Training batches: windows of motion, augmented, with five virtual IMUs and every target.

A virtual IMU sits at its offset on a bone. Its acceleration is the smoothed central second difference
(p[i-2] + p[i+2] - 2 p[i]) / (2 dt)^2 at 30 Hz, which spans as much time as the published n = 4 at 60 Hz.
"""

from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
import torch

import skeleton
from cmu import STORED_RATE
from rotation import axis_rotation, blend, from_quaternion, from_vector, multiply, rotate, to_six

REACH = 2
ACCELERATION_SCALE = 30.0
GRAVITY = 9.81
CONTACT_SPEED = 0.008 * 60
JOINT_NOISE = 0.04
UPPER_BODY = [6, 9, *range(12, 24)]


@dataclass(frozen=True)
class Augmentation:
    """Standard deviations where nothing else is said; angles in degrees, lengths in metres.

    Sensor errors of a window are scaled by a level from `least` to 1; a share `quiet` of windows has none.
    A share `reverse` runs backwards in time, a share `mix` has the upper body of another window.
    """

    mounting: float = 7.0
    orientation: float = 3.6
    tilt: float = 1.0
    walk: float = 0.15
    acceleration: float = 0.05
    bias: float = 0.1
    heading: float = 8.0
    free_heading: float = 0.25
    warp: float = 1.25
    proportion: float = 0.06
    placement: float = 0.025
    quiet: float = 0.4
    least: float = 0.2
    reverse: float = 0.3
    mix: float = 0.3


@dataclass
class Batch:
    """All (items, frames, ...): five devices' acceleration (5, 3) and orientation (5, 3, 3), joints 72,
    rotations (16, 3, 3), velocity 72, contact 2. `imu` (60) is what a random subset of the devices sees."""

    acceleration: torch.Tensor
    orientation: torch.Tensor
    joints: torch.Tensor
    rotations: torch.Tensor
    velocity: torch.Tensor
    contact: torch.Tensor
    imu: torch.Tensor

    def wear(self, generator: torch.Generator) -> None:
        """Chooses one of the 24 subsets for every item."""
        items, frames = self.joints.shape[:2]
        choice = torch.randint(len(skeleton.SUBSETS), (items,), generator=generator)
        worn = subset_masks()[choice][:, None].expand(-1, frames, -1)
        self.imu = pack(self.acceleration, self.orientation, worn)


class Motion:
    """The cached file of `cmu.py`."""

    def __init__(self, path: Path):
        file = np.load(path)
        if str(file["skeleton"]) != skeleton.digest():
            raise ValueError(f"{path}: made for another skeleton; run cmu.py again")
        self.quaternions = torch.from_numpy(file["quaternions"])
        self.roots = torch.from_numpy(file["roots"])
        self.bounds = file["bounds"]
        self.names = [str(name) for name in file["names"]]
        self.splits = [str(split) for split in file["splits"]]

    def takes(self, split: str) -> list[int]:
        return [index for index, value in enumerate(self.splits) if value == split]

    def length(self, take: int) -> int:
        return int(self.bounds[take + 1] - self.bounds[take])

    def at(self, times: torch.Tensor, take: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Rotations (..., 24, 3, 3) and roots (..., 3) at `times` in stored frames from a take's first.

        Times outside a take repeat its first or last frame.
        """
        first = torch.from_numpy(self.bounds)[take]
        last = torch.from_numpy(self.bounds)[take + 1] - 1
        exact = times.clamp_min(0) + first
        exact = torch.minimum(exact, last.to(exact.dtype))
        below = exact.floor().long()
        above = torch.minimum(below + 1, last)
        share = (exact - below)[..., None].float()
        quaternions = blend(self.quaternions[below], self.quaternions[above], share[..., None])
        roots = self.roots[below] * (1 - share) + self.roots[above] * share
        return from_quaternion(quaternions), roots


def second_difference(positions: torch.Tensor) -> torch.Tensor:
    """Acceleration of positions (..., frames, n, 3) at 30 Hz; drops `REACH` frames at each end."""
    frames = positions.shape[-3]
    span = REACH / skeleton.FRAME_RATE
    before = positions[..., : frames - 2 * REACH, :, :]
    after = positions[..., 2 * REACH :, :, :]
    return (before + after - 2 * positions[..., REACH : frames - REACH, :, :]) / span**2


def pack(acceleration: torch.Tensor, rotation: torch.Tensor, worn: torch.Tensor) -> torch.Tensor:
    """Input vectors (..., 60); `worn` (..., 5) is 1 for a device that is there and 0 for one that is not."""
    acceleration = acceleration / ACCELERATION_SCALE * worn[..., None]
    rotation = rotation * worn[..., None, None]
    return torch.cat([acceleration.flatten(-2), rotation.flatten(-3)], -1)


def sensors(
    rotations: torch.Tensor, root: torch.Tensor, offsets: torch.Tensor, placement: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """True acceleration (..., frames - 4, 5, 3) and rotation (..., frames - 4, 5, 3, 3) of the devices."""
    positions = skeleton.forward(rotations, offsets) + root[..., None, :]
    bones = rotations[..., skeleton.IMU_JOINTS, :, :]
    mounted = positions[..., skeleton.IMU_JOINTS, :] + rotate(bones, placement)
    return second_difference(mounted), bones[..., REACH:-REACH, :, :, :]


def targets(rotations: torch.Tensor, root: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Joints, velocity (metres a frame) and contact of (..., frames, 24, 3, 3); drops `REACH` at each end."""
    joints = skeleton.forward(rotations)
    world = joints + root[..., None, :]
    step = world[..., REACH:-REACH, :, :] - world[..., REACH - 1 : -REACH - 1, :, :]
    speed = step.norm(dim=-1) * skeleton.FRAME_RATE
    slowest = torch.minimum(speed[..., [7, 8]], speed[..., [10, 11]])
    return joints[..., REACH:-REACH, :, :], step, (slowest < CONTACT_SPEED).float()


def spoil(
    acceleration: torch.Tensor,
    orientation: torch.Tensor,
    a: Augmentation,
    generator: torch.Generator,
    level: torch.Tensor | float = 1.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Clean devices (..., frames, 5, 3) and (..., frames, 5, 3, 3) with sensor errors of `level` times their size."""

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    *items, frames = acceleration.shape[:-2]
    mounting = from_vector(level * radians(a.mounting) * normal(*items, 1, 5, 3))
    drift = normal(*items, frames, 5, 3).cumsum(-3) * radians(a.walk)
    constant = normal(*items, 1, 5, 3) * radians(a.orientation)
    axes = torch.tensor([a.tilt / max(a.orientation, 1e-9), 1.0, a.tilt / max(a.orientation, 1e-9)])
    error = from_vector(level * (constant + drift) * axes)
    gravity = torch.tensor([0.0, GRAVITY, 0.0])
    felt = rotate(error, acceleration + gravity) - gravity
    felt = felt + level * a.bias * normal(*items, 1, 5, 3)
    felt = felt + level * a.acceleration * normal(*felt.shape)
    return felt, multiply(multiply(error, orientation), mounting)


def cross_bodies(rotations: torch.Tensor) -> torch.Tensor:
    """Every window of (items, frames, 24, 3, 3) with the upper body of the next, as it sits on that one's pelvis."""
    other = rotations.roll(1, 0)
    seat = multiply(rotations[:, :, 0], other[:, :, 0].transpose(-1, -2))
    crossed = rotations.clone()
    crossed[:, :, UPPER_BODY] = multiply(seat[:, :, None], other[:, :, UPPER_BODY])
    return crossed


class Sampler:
    """Draws augmented batches. The same seed and step give the same batch on the same machine."""

    def __init__(self, motion: Motion, split: str, frames: int, augmentation: Augmentation):
        self.motion = motion
        self.frames = frames
        self.augmentation = augmentation
        self.takes = torch.tensor(motion.takes(split))
        lengths = torch.tensor([motion.length(int(take)) for take in self.takes]).double()
        self.lengths = lengths
        self.stored_frames = int(lengths.sum())

    def draw(self, items: int, generator: torch.Generator) -> Batch:
        a = self.augmentation

        def uniform(*shape: int) -> torch.Tensor:
            return torch.rand(*shape, generator=generator)

        def normal(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator)

        count = self.frames + 2 * REACH
        pick = torch.multinomial(self.lengths, items, replacement=True, generator=generator)
        warp = torch.where(uniform(items) < 0.5, a.warp ** (2 * uniform(items) - 1), 1.0)
        step = warp * STORED_RATE / skeleton.FRAME_RATE
        room = (self.lengths[pick] - step * count).clamp_min(0)
        start = uniform(items) * room
        backwards = uniform(items) < a.reverse
        order = torch.arange(count).expand(items, -1)
        order = torch.where(backwards[:, None], order.flip(1), order)
        times = start[:, None] + step[:, None] * order
        rotations, root = self.motion.at(times.double(), self.takes[pick][:, None].expand(-1, count))

        mixed = uniform(items) < a.mix
        rotations = torch.where(mixed[:, None, None, None, None], cross_bodies(rotations), rotations)

        flip = uniform(items) < 0.5
        mirror = torch.tensor([-1.0, 1.0, 1.0])
        rotations = torch.where(
            flip[:, None, None, None, None],
            rotations[:, :, skeleton.MIRRORED] * mirror[:, None] * mirror,
            rotations,
        )
        root = torch.where(flip[:, None, None], root * mirror, root)

        yaw = normal(items) * radians(a.heading)
        yaw = torch.where(uniform(items) < a.free_heading, uniform(items) * 2 * torch.pi, yaw)
        turn = axis_rotation(1, yaw)[:, None]
        rotations = multiply(turn[:, :, None], rotations)
        root = rotate(turn, root)

        size = 1 + a.proportion * normal(items, 1, 1, 1)
        bones = 1 + 0.5 * a.proportion * normal(items, 1, 24, 1)
        bones = 0.5 * (bones + bones[:, :, skeleton.MIRRORED])
        offsets = skeleton.OFFSETS * size * bones
        placement = skeleton.IMU_OFFSETS * size + a.placement * normal(items, 1, 5, 3)
        acceleration, orientation = sensors(rotations, root * size[..., 0], offsets, placement)
        joints, velocity, contact = targets(rotations, root)

        level = a.least + (1 - a.least) * uniform(items)
        level = torch.where(uniform(items) < a.quiet, 0.0, level)
        level = level[:, None, None, None]
        felt, orientation = spoil(acceleration, orientation, a, generator, level)

        batch = Batch(
            felt,
            orientation,
            joints.flatten(-2),
            rotations[:, REACH:-REACH, skeleton.REDUCED],
            velocity.flatten(-2),
            contact,
            torch.empty(0),
        )
        batch.wear(generator)
        return batch


def subset_masks() -> torch.Tensor:
    """(24, 5): which devices each subset wears."""
    masks = torch.zeros(len(skeleton.SUBSETS), 5)
    for row, subset in enumerate(skeleton.SUBSETS):
        masks[row, subset["slots"]] = 1
    return masks


def recording(motion: Motion, take: int) -> tuple[torch.Tensor, ...]:
    """A whole take at 30 Hz without noise: acceleration, orientation, rotations (24), joints, root."""
    times = torch.arange(0, motion.length(take), STORED_RATE / skeleton.FRAME_RATE).double()
    rotations, root = motion.at(times, torch.full(times.shape, take))
    ends = torch.arange(-REACH, len(times) + REACH).clamp(0, len(times) - 1)
    acceleration, orientation = sensors(
        rotations[ends], root[ends], skeleton.OFFSETS, skeleton.IMU_OFFSETS
    )
    inner = torch.arange(len(times)).clamp(REACH, max(REACH, len(times) - 1 - REACH))
    return acceleration[inner], orientation, rotations, skeleton.forward(rotations), root


def six_of(rotations: torch.Tensor) -> torch.Tensor:
    """(..., 16, 3, 3) to the pose network's 96 outputs."""
    return to_six(rotations).flatten(-2)

"""Errors of trained networks on whole takes, for decisions while training.

    python evaluate.py --data motion.npz --runs RUNS --split validation

Figures of the shipped integer weights in the shipped engine, frame by frame, are those of `solstice pose eval`.
Here the networks see the online window (45 frames, output at index 40) of noise-free virtual devices, moved
on by `--hop` frames at a time; 1 is what runs online, more is quicker and looks hop - 1 frames further ahead.
"""

import argparse
import json
from pathlib import Path

import torch

import skeleton
from networks import Recurrent
from rotation import angle_between, from_six, to_six
from synthesis import Motion, pack, recording, subset_masks
from train import load_average, predict

WINDOW, INDEX = 45, 40
CHUNK = 512
# What these find does not depend on the devices worn, so that one subset stands for all.
BLIND = ("meanPose", "zeroInput")


def windows(values: torch.Tensor, hop: int) -> torch.Tensor:
    """(frames, inputs) to (windows, 45, inputs); the first and last frame are repeated at the ends."""
    frames = len(values)
    starts = torch.arange(0, frames, hop) - INDEX + hop - 1
    return values[(starts[:, None] + torch.arange(WINDOW)).clamp(0, frames - 1)]


def newest(output: torch.Tensor, hop: int) -> torch.Tensor:
    """Of each window's outputs the `hop` frames that it stands for, one after another."""
    return output[:, INDEX - hop + 1 : INDEX + 1].flatten(0, 1)


def step_of(joints: torch.Tensor, velocity: torch.Tensor, contact: torch.Tensor) -> torch.Tensor:
    """Root step a frame: the network's, or the support foot's way backwards where contact is sure."""
    feet = joints[:, [10, 11]]
    moved = torch.cat([torch.zeros_like(feet[:1]), feet[:-1] - feet[1:]])
    sure, foot = contact.max(1)
    supported = moved[torch.arange(len(moved)), foot]
    weight = ((sure - 0.5) / 0.4).clamp(0, 1)[:, None]
    return velocity * (1 - weight) + supported * weight


def measure(
    rotations: torch.Tensor, true_rotations: torch.Tensor, step: torch.Tensor, root: torch.Tensor
) -> dict[str, float]:
    """Sums over frames, to be divided by their counts: see `report`."""
    joints, true_joints = skeleton.forward(rotations), skeleton.forward(true_rotations)
    angle = angle_between(rotations, true_rotations)
    jerk = joints.diff(n=3, dim=0).norm(dim=-1) * skeleton.FRAME_RATE**3
    second = skeleton.FRAME_RATE
    place = step.cumsum(0)
    drift = (place[second:] - place[:-second]) - (root[second:] - root[:-second])
    return {
        "frames": len(angle),
        "rotationErrorDeg": float(angle[:, skeleton.REDUCED].mean(1).sum()),
        "sipErrorDeg": float(angle[:, skeleton.SIP].mean(1).sum()),
        "positionErrorCm": float((joints - true_joints).norm(dim=-1).mean(1).sum()) * 100,
        "jitter": float(jerk.mean(1).mean()) / 100 * len(angle),
        "translationErrorCm1s": float(drift.norm(dim=-1).sum()) * 100,
        "seconds": max(0, len(angle) - second),
    }


def report(rows: list[dict[str, float]]) -> dict[str, float]:
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    return {
        key: round(total[key] / max(1, total["seconds" if key.endswith("1s") else "frames"]), 3)
        for key in total
        if key not in ("frames", "seconds")
    }


class Poser:
    """The four networks, one after another, as they run online."""

    def __init__(self, runs: Path, hop: int):
        self.networks = {
            name: load_average(name, runs) for name in ("joints", "pose", "velocity", "contact")
        }
        self.hop = hop

    def run(self, imu: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found: dict[str, list[torch.Tensor]] = {"joints": [], "pose": [], "contact": []}
        for window in windows(imu, self.hop).split(CHUNK):
            joints = predict(self.networks["joints"], window)
            values = torch.cat([joints, window], -1)
            found["joints"].append(newest(joints, self.hop))
            for name in ("pose", "contact"):
                if self.networks[name] is not None:
                    output = predict(self.networks[name], values)
                    found[name].append(newest(output, self.hop))
        frames = len(imu)
        six = torch.cat(found["pose"])[:frames].unflatten(-1, (16, 6))
        rotations = skeleton.expand(from_six(six))
        velocity, contact = torch.zeros(frames, 3), torch.zeros(frames, 2)
        if self.networks["velocity"] is not None:
            values = torch.cat([torch.cat(found["joints"])[:frames], imu], -1)
            velocity = predict(self.networks["velocity"], values[None])[0, :, :3]
        if found["contact"]:
            contact = torch.sigmoid(torch.cat(found["contact"])[:frames])
        return rotations, step_of(skeleton.forward(rotations), velocity, contact)


class Single:
    """The single-stage baseline; it has no translation of its own and stands still."""

    def __init__(self, runs: Path, hop: int):
        self.network = load_average("imuposer", runs)
        self.hop = hop

    def run(self, imu: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = predict(self.network, windows(imu, self.hop))
        six = newest(output, self.hop)[: len(imu)].unflatten(-1, (16, 6))
        return skeleton.expand(from_six(six)), torch.zeros(len(imu), 3)


class Small:
    """Our own causal network, its state carried from the first frame on."""

    def __init__(self, runs: Path):
        self.network = load_average("small", runs)

    def run(self, imu: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pose, velocity, contact = predict(self.network, imu[None])[0].split([96, 3, 2], -1)
        rotations = skeleton.expand(from_six(pose.unflatten(-1, (16, 6))))
        step = step_of(skeleton.forward(rotations), velocity, torch.sigmoid(contact))
        return rotations, step


class Mean:
    """The training set's mean pose, whatever the devices say."""

    def __init__(self, motion: Motion):
        self.rotations = mean_pose(motion)

    def run(self, imu: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rotations = skeleton.expand(from_six(self.rotations))
        return rotations.expand(len(imu), -1, -1, -1), torch.zeros(len(imu), 3)


def mean_pose(motion: Motion) -> torch.Tensor:
    """Mean 6D global rotations (16, 6) of the training takes."""
    total, count = torch.zeros(16, 6), 0
    for take in motion.takes("train"):
        rotations = recording(motion, take)[2][:, skeleton.REDUCED]
        total += to_six(rotations).sum(0)
        count += len(rotations)
    return total / count


def evaluate(systems: dict, motion: Motion, split: str, subsets: list[int]) -> dict:
    masks = subset_masks()
    rows: dict[str, dict[str, list]] = {name: {} for name in systems}
    takes = motion.takes(split)
    for done, take in enumerate(takes):
        acceleration, orientation, rotations, _, root = recording(motion, take)
        for subset in subsets:
            imu = pack(acceleration, orientation, masks[subset].expand(len(root), -1))
            for name, system in systems.items():
                if name in BLIND and subset != subsets[0]:
                    continue
                found, step = system.run(torch.zeros_like(imu) if name == "zeroInput" else imu)
                row = measure(found, rotations, step, root)
                rows[name].setdefault(skeleton.SUBSETS[subset]["name"], []).append(row)
        print(f"{done + 1}/{len(takes)} {motion.names[take]}", flush=True)
    return {
        name: {
            "overall": report([row for several in subset_rows.values() for row in several]),
            "subsets": {key: report(several) for key, several in subset_rows.items()},
        }
        for name, subset_rows in rows.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Errors of trained networks on whole takes.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--hop", type=int, default=5)
    parser.add_argument("--subsets", nargs="*", help="names such as lw+lp; all when left out")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cached = Motion(arguments.data)
    named = [subset["name"] for subset in skeleton.SUBSETS]
    chosen = [named.index(name) for name in arguments.subsets] if arguments.subsets else range(24)
    poser = Poser(arguments.runs, arguments.hop)
    compared = {"ours": poser, "meanPose": Mean(cached), "zeroInput": poser}
    if (arguments.runs / "imuposer.pt").exists():
        compared["imuposer"] = Single(arguments.runs, arguments.hop)
    if (arguments.runs / "small.pt").exists():
        compared["small"] = Small(arguments.runs)
    result = evaluate(compared, cached, arguments.split, list(chosen))
    for name, entry in result.items():
        print(name, json.dumps(entry["overall"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2))

"""What the defects of the published code cost: each is switched on alone.

    python defects.py --data motion.npz --runs RUNS [--quiet RUNS_WITHOUT_NOISE]

Frame by frame (hop 1), f32 weights, held-out subjects. Prints one JSON object: for every device subset, the errors
as they are and with each defect.
"""

import argparse
import json
from pathlib import Path

import torch

import skeleton
from evaluate import INDEX, Poser, measure, report, step_of, windows
from rotation import angle_between, from_six
from synthesis import Augmentation, Motion, pack, recording, spoil, subset_masks
from train import predict

SUBSETS = ("lw+rp+h", "lp")
# The joint mask that the published evaluation uses for SIP, and the field's.
PUBLISHED_MASK = [2, 5, 16, 20]
LATE_FRAMES = 1
SEED = 11


class Parts(Poser):
    """Keeps what the networks said, so that a defect can put it together in another way."""

    def __init__(self, runs: Path):
        super().__init__(runs, 1)

    def parts(self, imu: torch.Tensor) -> dict[str, torch.Tensor]:
        joints, pose, contact = [], [], []
        for window in windows(imu, 1).split(256):
            all_joints = predict(self.networks["joints"], window)
            values = torch.cat([all_joints, window], -1)
            joints.append(all_joints[:, INDEX])
            pose.append(predict(self.networks["pose"], values)[:, INDEX])
            contact.append(predict(self.networks["contact"], values)[:, INDEX])
        found = {"joints": torch.cat(joints), "contact": torch.cat(contact)}
        found["rotations"] = skeleton.expand(from_six(torch.cat(pose).unflatten(-1, (16, 6))))
        velocity = torch.cat([found["joints"], imu], -1)
        found["velocity"] = predict(self.networks["velocity"], velocity[None])[0, :, :3]
        return found

    def carried(self, imu: torch.Tensor) -> torch.Tensor:
        """Velocity of a network that eats every overlapping window whole and keeps its state."""
        network = self.networks["velocity"]
        state = None
        outputs = []
        with torch.no_grad():
            for window in windows(imu, 1):
                joints = self.networks["joints"](window[None])
                values = torch.cat([joints, window[None]], -1)
                hidden, state = network.lstm(torch.relu(network.input(values)), state)
                outputs.append(network.output(hidden)[0, INDEX, :3])
        return torch.stack(outputs)


def sip(found: torch.Tensor, true: torch.Tensor, mask: list[int]) -> float:
    return float(angle_between(found, true)[:, mask].mean())


def compare(runs: Path, quiet: Path | None, motion: Motion) -> dict:
    poser = Parts(runs)
    silent = Poser(quiet, 1) if quiet else None
    rows: dict[str, dict[str, list]] = {name: {} for name in SUBSETS}
    masks = {"fieldMask": skeleton.SIP, "publishedMask": PUBLISHED_MASK}
    angles: dict[str, dict[str, list]] = {name: {key: [] for key in masks} for name in SUBSETS}
    generator = torch.Generator().manual_seed(SEED)
    named = [subset["name"] for subset in skeleton.SUBSETS]
    takes = motion.takes("test")
    for done, take in enumerate(takes):
        acceleration, orientation, true, _, root = recording(motion, take)
        noisy = spoil(acceleration, orientation, Augmentation(), generator)
        for name in SUBSETS:
            worn = subset_masks()[named.index(name)].expand(len(root), -1)
            imu = pack(acceleration, orientation, worn)
            found = poser.parts(imu)

            def add(key: str, rotations: torch.Tensor, step: torch.Tensor, late: int = 0) -> None:
                kept = len(root) - late
                row = measure(rotations[:kept], true[late:], step[:kept], root[late:])
                rows[name].setdefault(key, []).append(row)

            joints = skeleton.forward(found["rotations"])
            step = step_of(joints, found["velocity"], torch.sigmoid(found["contact"]))
            add("asItIs", found["rotations"], step)
            add("missingSigmoid", found["rotations"], step_of(joints, found["velocity"], found["contact"]))
            carried = step_of(joints, poser.carried(imu), torch.sigmoid(found["contact"]))
            add("carriedVelocityState", found["rotations"], carried)
            add("shiftedBy5Frames", found["rotations"], step, LATE_FRAMES)
            for key, mask in masks.items():
                angles[name][key].append((sip(found["rotations"], true, mask), len(root)))
            if silent:
                imu = pack(*noisy, worn)
                for key, one in (("noisyDevices", poser), ("noisyDevicesTrainedWithout", silent)):
                    add(key, *one.run(imu))
        print(f"{done + 1}/{len(takes)} {motion.names[take]}", flush=True)
    return {
        name: {
            **{key: report(several) for key, several in rows[name].items()},
            **{
                key: round(sum(a * n for a, n in pairs) / sum(n for _, n in pairs), 2)
                for key, pairs in angles[name].items()
            },
        }
        for name in SUBSETS
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the published code's defects cost.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--quiet", type=Path, help="joints and pose trained on without sensor errors")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = compare(arguments.runs, arguments.quiet, Motion(arguments.data))
    print(json.dumps(result))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2))

"""Writes reference outputs in float64 for the engine's tests, of synthetic motion alone.

    python golden.py --weights FILE.int16.safetensors --out FILE.json

The weights are taken as they are shipped (integer times scale), so that the engine's error is the
arithmetic's alone. Frame t of the output belongs to the window of input frames t to t + 44, output 40; the
velocity network has eaten every frame from the first window's index 40 on, its state carried.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open

import skeleton
from evaluate import INDEX, WINDOW
from networks import Recurrent, build
from rotation import axis_rotation, multiply
from synthesis import REACH, pack, sensors

FRAMES = 60
DEVICES = (0, 3, 4)


def walker(frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A walk made of sines: global rotations (frames, 24, 3, 3) and root (frames, 3)."""
    time = torch.arange(frames, dtype=torch.float64) / skeleton.FRAME_RATE
    phase = 2 * torch.pi * 0.9 * time
    local = torch.eye(3, dtype=torch.float64).repeat(frames, 24, 1, 1)
    for left, sign in ((1, 1.0), (2, -1.0)):
        swing = torch.sin(phase) * sign
        local[:, left] = axis_rotation(0, -0.45 * swing)
        local[:, left + 3] = axis_rotation(0, 0.3 + 0.3 * torch.cos(phase) * sign)
        lower = axis_rotation(2, torch.full_like(time, -1.25 * sign))
        local[:, left + 15] = multiply(axis_rotation(0, 0.35 * swing), lower)
        local[:, left + 17] = axis_rotation(1, (-0.35 - 0.15 * swing) * sign)
    local[:, 0] = axis_rotation(1, 0.12 * torch.sin(phase))
    local[:, 3] = axis_rotation(0, 0.05 + 0.02 * torch.sin(2 * phase))
    turned = [local[:, 0]]
    for joint in range(1, 24):
        turned.append(multiply(turned[skeleton.PARENTS[joint]], local[:, joint]))
    root = torch.stack(
        [0.02 * torch.sin(phase), 0.82 + 0.02 * torch.cos(2 * phase), 1.2 * time], -1
    )
    return torch.stack(turned, 1), root


def load(path: Path, name: str) -> Recurrent:
    """The network of a weights file of any precision, in float64."""
    network = build(name).double().eval()
    with safe_open(path, framework="pt") as file:
        names = set(file.keys())

        def array(key: str) -> torch.Tensor:
            value = file.get_tensor(key).double()
            scale = f"{key}.scale"
            return value * file.get_tensor(scale).double()[:, None] if scale in names else value

        state = network.state_dict()
        for part in ("input", "output"):
            state[f"{part}.weight"] = array(f"{name}.{part}.weight")
            state[f"{part}.bias"] = array(f"{name}.{part}.bias")
        for index in range(network.shape.layers):
            for suffix, mark in (("", ""), ("_reverse", "r")):
                ending = f"l{index}{suffix}"
                if f"lstm.weight_ih_{ending}" not in state:
                    continue
                layer = f"{name}.lstm{index}{mark}"
                state[f"lstm.weight_ih_{ending}"] = array(f"{layer}.ih")
                state[f"lstm.weight_hh_{ending}"] = array(f"{layer}.hh")
                state[f"lstm.bias_ih_{ending}"] = array(f"{layer}.bias")
                state[f"lstm.bias_hh_{ending}"] = torch.zeros_like(array(f"{layer}.bias"))
    network.load_state_dict(state)
    return network


def outputs(path: Path, imu: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the networks of the file give, by name."""
    with safe_open(path, framework="pt") as file:
        model = file.metadata()["model"]
    with torch.no_grad():
        if model == "small":
            return {"small": load(path, "small")(imu[None])[0]}
        framed = torch.stack([imu[at : at + WINDOW] for at in range(len(imu) - WINDOW + 1)])
        if model == "imuposer":
            return {"imuposer": load(path, "imuposer")(framed)[:, INDEX]}
        joints = load(path, "joints")(framed)
        values = torch.cat([joints, framed], -1)
        return {
            "joints": joints[:, INDEX],
            "pose": load(path, "pose")(values)[:, INDEX],
            "contact": load(path, "contact")(values)[:, INDEX],
            "velocity": load(path, "velocity")(values[:, INDEX][None])[0],
        }


def rounded(values: torch.Tensor, digits: int) -> list[list[float]]:
    return [[round(float(value), digits) for value in row] for row in values]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Float64 reference outputs of synthetic motion.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rotations, root = walker(FRAMES + 2 * REACH)
    acceleration, orientation = sensors(
        rotations, root, skeleton.OFFSETS.double(), skeleton.IMU_OFFSETS.double()
    )
    worn = torch.zeros(FRAMES, 5, dtype=torch.float64)
    worn[:, list(DEVICES)] = 1
    imu = torch.tensor(rounded(pack(acceleration, orientation, worn), 5), dtype=torch.float64)
    results = outputs(arguments.weights, imu)
    arguments.out.write_text(
        json.dumps(
            {
                "weights": arguments.weights.name,
                "window": WINDOW,
                "index": INDEX,
                "imu": rounded(imu, 5),
                "outputs": {name: rounded(values, 9) for name, values in results.items()},
            }
        )
        + "\n"
    )

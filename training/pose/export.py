"""Writes trained networks as safetensors: f32, int16 and int8, as docs/pose-engine.md describes.

    python export.py --runs RUNS --out FOLDER --model mobileposer

An integer weight matrix has one scale a row (`NAME.scale`, F32): weight = integer * scale. Biases stay F32,
and the two biases of an LSTM layer are one, their sum.
"""

import argparse
import datetime
from pathlib import Path

import torch
from safetensors.torch import save_file

import skeleton
from networks import Recurrent, build
from train import load_average

MODELS = {
    "mobileposer": ("joints", "pose", "contact", "velocity"),
    "imuposer": ("imuposer",),
    "small": ("small",),
}
PRECISIONS = {"f32": None, "int16": torch.int16, "int8": torch.int8}
LICENCE = "see the project's licence; trained on CMU motion, free for research and commercial use"
ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)


def tensors(name: str, network: Recurrent) -> dict[str, torch.Tensor]:
    """The network's arrays under the names of the format."""
    result = {}
    for part, layer in (("input", network.input), ("output", network.output)):
        result[f"{name}.{part}.weight"] = layer.weight
        result[f"{name}.{part}.bias"] = layer.bias
    for index in range(network.shape.layers):
        for suffix, mark in (("", ""), ("_reverse", "r")):
            if mark and not network.shape.bidirectional:
                continue
            layer = f"{name}.lstm{index}{mark}"
            ending = f"l{index}{suffix}"
            result[f"{layer}.ih"] = getattr(network.lstm, f"weight_ih_{ending}")
            result[f"{layer}.hh"] = getattr(network.lstm, f"weight_hh_{ending}")
            result[f"{layer}.bias"] = getattr(network.lstm, f"bias_ih_{ending}") + getattr(
                network.lstm, f"bias_hh_{ending}"
            )
    return {key: value.detach().float().contiguous() for key, value in result.items()}


def quantise(arrays: dict[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Matrices to integers with one scale a row; vectors as they are."""
    largest = torch.iinfo(dtype).max
    result = {}
    for key, value in arrays.items():
        if value.dim() == 1:
            result[key] = value
            continue
        scale = (value.abs().amax(1) / largest).clamp_min(torch.finfo(torch.float32).tiny)
        result[key] = torch.round(value / scale[:, None]).to(dtype)
        result[f"{key}.scale"] = scale
    return result


def export(model: str, networks: dict[str, Recurrent], folder: Path, trained: str) -> list[Path]:
    arrays: dict[str, torch.Tensor] = {}
    for name, network in networks.items():
        arrays |= tensors(name, network)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for precision, dtype in PRECISIONS.items():
        path = folder / f"{model}.{precision}.safetensors"
        save_file(
            arrays if dtype is None else quantise(arrays, dtype),
            path,
            metadata={
                "format": "solstice-pose-1",
                "model": model,
                "precision": precision,
                "skeleton": skeleton.digest(),
                "trained": trained,
                "licence": LICENCE,
                "acknowledgement": ACKNOWLEDGEMENT,
            },
        )
        paths.append(path)
    return paths


def trained_note(runs: Path, names: tuple[str, ...]) -> str:
    """Epochs done of each network, and the day."""
    notes = []
    for name in names:
        path = runs / f"{name}.pt"
        saved = torch.load(path, weights_only=True, map_location="cpu") if path.exists() else {"step": 0}
        notes.append(f"{name} {saved['step']} steps")
    return f"{', '.join(notes)}; {datetime.date.today().isoformat()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes trained networks as safetensors.")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", choices=list(MODELS), default="mobileposer")
    parser.add_argument(
        "--untrained", action="store_true", help="fill networks that have no run with random weights"
    )
    arguments = parser.parse_args()
    torch.manual_seed(0)
    chosen = {}
    for name in MODELS[arguments.model]:
        network = load_average(name, arguments.runs)
        if network is None and not arguments.untrained:
            parser.error(f"no run of {name} in {arguments.runs}: train it, or give --untrained")
        chosen[name] = network if network is not None else build(name).eval()
    note = trained_note(arguments.runs, MODELS[arguments.model])
    for path in export(arguments.model, chosen, arguments.out, note):
        print(f"{path}: {path.stat().st_size:,} bytes")

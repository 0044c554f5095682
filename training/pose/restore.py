"""Makes runs of a weights file, so that training, evaluate.py and defects.py can go on from the shipped weights.

    python restore.py ../../host/pose/models/mobileposer.int16.safetensors --runs RUNS [--step N]

The optimiser begins anew. `--step` is where in its plan train.py takes up each network: the learning rate is that of
this step.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from networks import Recurrent, build
from train import save


def fill(network: Recurrent, name: str, arrays: dict[str, torch.Tensor]) -> None:
    """The inverse of `export.tensors`; the sum of an LSTM layer's biases goes to the first of both."""

    def values(key: str) -> torch.Tensor:
        array = arrays[f"{name}.{key}"].float()
        scale = arrays.get(f"{name}.{key}.scale")
        return array if scale is None else array * scale[:, None]

    with torch.no_grad():
        for part, layer in (("input", network.input), ("output", network.output)):
            layer.weight.copy_(values(f"{part}.weight"))
            layer.bias.copy_(values(f"{part}.bias"))
        for index in range(network.shape.layers):
            for suffix, mark in (("", ""), ("_reverse", "r")):
                if mark and not network.shape.bidirectional:
                    continue
                layer, ending = f"lstm{index}{mark}", f"l{index}{suffix}"
                getattr(network.lstm, f"weight_ih_{ending}").copy_(values(f"{layer}.ih"))
                getattr(network.lstm, f"weight_hh_{ending}").copy_(values(f"{layer}.hh"))
                getattr(network.lstm, f"bias_ih_{ending}").copy_(values(f"{layer}.bias"))
                getattr(network.lstm, f"bias_hh_{ending}").zero_()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes runs of a weights file.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--step", type=int, default=0)
    arguments = parser.parse_args()
    arrays = load_file(arguments.weights)
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(key.split(".")[0] for key in arrays):
        path = arguments.runs / f"{name}.pt"
        if path.exists():
            parser.error(f"{path} is there already: give another folder")
        network = build(name)
        fill(network, name, arrays)
        state = network.state_dict()
        optimiser = torch.optim.Adam(network.parameters())
        save(
            path,
            {
                "network": state,
                "average": state,
                "optimiser": optimiser.state_dict(),
                "step": arguments.step,
            },
        )
        print(f"{path}: step {arguments.step}")

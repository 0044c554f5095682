"""Trains one network; run again with the same arguments to go on after an interruption.

    python train.py joints --data motion.npz --runs RUNS
"""

import argparse
import copy
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

from losses import LOSSES, STEADINESS, jerk_loss
from networks import POSE, Recurrent, build
from synthesis import JOINT_NOISE, Augmentation, Batch, Motion, Sampler

AVERAGE = 0.998
WARM_UP = 0.05
CLIP = 1.0
NOTE_EVERY = 50
SAVE_EVERY = 100
CHECK_SEED = 7
# Steps that one drawn batch serves, each time with other devices worn: drawing costs as much as a step.
WEARINGS = 2


@dataclass(frozen=True)
class Plan:
    """An epoch sees as many frames as the training takes hold at 30 Hz."""

    epochs: int
    frames: int = 64
    items: int = 32
    rate: float = 2e-3
    dropout: float = 0.3


PLANS = {
    "joints": Plan(430),
    "pose": Plan(450),
    "imuposer": Plan(220),
    "velocity": Plan(60, frames=126, items=16),
    "contact": Plan(20),
    "small": Plan(330, frames=126, items=32, dropout=0.1),
}
# From this share on, the pose and small networks also learn to move without jitter.
STEADIES_FROM = 0.75
NEEDS_JOINTS = ("pose", "velocity", "contact")
# From this share of its training on, the small network also learns from the large ones' pose.
LEARNS_FROM_TEACHER = 0.7


def rate_at(step: int, steps: int, peak: float) -> float:
    """Linear warm-up, then a cosine down to a hundredth of the peak."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return peak * (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


class Inputs:
    """A network's input from a batch: the devices alone, or joints before them.

    The joints are true ones with noise, and from the middle of the training on, for a growing share of the
    items, those that the joints network makes of the same input.
    """

    def __init__(self, name: str, runs: Path, device: torch.device):
        self.name = name
        self.runs = runs
        self.device = device
        self.joints: Recurrent | None = None
        self.pose: Recurrent | None = None
        self.refresh()

    def refresh(self) -> None:
        """Takes the joints network as far as it is trained by now."""
        if self.name in (*NEEDS_JOINTS, "small"):
            self.joints = load_average("joints", self.runs, self.device)
        if self.name == "small":
            self.pose = load_average("pose", self.runs, self.device)

    def taught(self, batch: Batch) -> torch.Tensor:
        """The large networks' 6D pose for the same devices."""
        if self.joints is None or self.pose is None:
            raise ValueError("the small network learns from joints and pose: train those first")
        joints = predict(self.joints, batch.imu)
        return predict(self.pose, torch.cat([joints, batch.imu], -1))

    def make(self, batch: Batch, share: float, generator: torch.Generator) -> torch.Tensor:
        if self.name not in NEEDS_JOINTS:
            return batch.imu
        noise = torch.randn(batch.joints.shape, generator=generator) * JOINT_NOISE
        joints = batch.joints + noise
        if self.joints is not None and share > 0:
            chosen = torch.rand(len(joints), generator=generator) < share
            if chosen.any():
                joints[chosen] = predict(self.joints, batch.imu[chosen]) + noise[chosen]
        return torch.cat([joints, batch.imu], -1)


def run(network: Recurrent, values: torch.Tensor) -> torch.Tensor:
    """The network's output on the CPU, where batches and losses are, wherever the network itself is."""
    return network(values.to(network.output.weight.device)).float().cpu()


def predict(network: Recurrent, values: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return run(network, values)


def load_average(name: str, runs: Path, device: torch.device | str = "cpu") -> Recurrent | None:
    """The averaged weights of a run in evaluation mode, or None where it has not begun."""
    path = runs / f"{name}.pt"
    if not path.exists():
        return None
    network = build(name)
    network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu")["average"])
    return network.to(device).eval()


def share_predicted(progress: float) -> float:
    """Share of items that get predicted joints: none up to the middle, all in the last fifth."""
    return min(1.0, max(0.0, (progress - 0.5) / 0.3))


def train(
    name: str,
    data: Path,
    runs: Path,
    seed: int,
    plan: Plan,
    device: torch.device,
    brief: bool,
    clean: bool,
) -> None:
    torch.set_flush_denormal(True)
    torch.manual_seed(seed)
    runs.mkdir(parents=True, exist_ok=True)
    motion = Motion(data)
    sampler = Sampler(motion, "train", plan.frames, Augmentation(quiet=1.0 if clean else Augmentation.quiet))
    check = Sampler(motion, "validation", plan.frames, Augmentation()).draw(
        96, torch.Generator().manual_seed(CHECK_SEED)
    )
    inputs = Inputs(name, runs, device)
    network = build(name, plan.dropout).to(device)
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.Adam(network.parameters(), lr=plan.rate)
    per_epoch = sampler.stored_frames / 2 / (plan.frames * plan.items)
    steps = round(plan.epochs * per_epoch)
    loss_of = LOSSES[name]
    path = runs / f"{name}.pt"
    step = 0
    if path.exists():
        saved = torch.load(path, weights_only=True, map_location=device)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step = saved["step"]
        print(f"{name}: going on at step {step} of {steps}", flush=True)
    generator = torch.Generator()
    begun, begun_at, running = time.monotonic(), step, 0.0
    batch: Batch | None = None
    network.train()
    while step < steps:
        generator.manual_seed(seed * 1_000_003 + step)
        torch.manual_seed(seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, steps, plan.rate)
        if batch is None or step % WEARINGS == 0:
            generator.manual_seed(seed * 1_000_003 + step // WEARINGS)
            batch = sampler.draw(plan.items, generator)
        else:
            batch.wear(generator)
        values = inputs.make(batch, share_predicted(step / steps), generator)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=brief):
            output = run(network, values)
        loss = loss_of(output, batch)
        if name in ("pose", "small") and step >= STEADIES_FROM * steps:
            loss = loss + STEADINESS * jerk_loss(output[..., :POSE])
        if name == "small" and step >= LEARNS_FROM_TEACHER * steps:
            loss = loss + mse_loss(output[..., :POSE], inputs.taught(batch))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        step += 1
        keep = min(AVERAGE, step / (step + 9))
        with torch.no_grad():
            for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)
        running += float(loss.detach())
        if step % NOTE_EVERY == 0 or step == steps:
            spent = time.monotonic() - begun
            left = spent / (step - begun_at) * (steps - step) / 60
            noted = NOTE_EVERY if step % NOTE_EVERY == 0 else step % NOTE_EVERY
            print(
                f"{name} epoch {step / per_epoch:.1f}/{plan.epochs} step {step}/{steps}"
                f" loss {running / noted:.5f} ETA {left:.1f} min",
                flush=True,
            )
            running = 0.0
        if step % SAVE_EVERY == 0 or step == steps:
            inputs.refresh()
            share = 1.0 if inputs.joints is not None else 0.0
            values = inputs.make(check, share, torch.Generator().manual_seed(CHECK_SEED))
            print(f"{name} validation {float(loss_of(predict(average, values), check)):.5f}")
            save(
                path,
                {
                    "network": network.state_dict(),
                    "average": average.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                    "epochs": plan.epochs,
                    "seed": seed,
                },
            )


def save(path: Path, state: dict) -> None:
    """Replaces the file in one move, so that an interruption leaves the old one."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Trains one network, resumably.")
    parser.add_argument("network", choices=list(PLANS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="instead of the plan's")
    parser.add_argument("--threads", type=int, default=1, help="one each for two networks is best")
    parser.add_argument("--device", help="cpu or cuda (a GPU where there is one)")
    parser.add_argument(
        "--bf16", action="store_true", help="bfloat16 products: quicker where the CPU has them"
    )
    parser.add_argument("--clean", action="store_true", help="devices without sensor errors")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    chosen = PLANS[arguments.network]
    if arguments.epochs:
        chosen = replace(chosen, epochs=arguments.epochs)
    where = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    train(
        arguments.network,
        arguments.data,
        arguments.runs,
        arguments.seed,
        chosen,
        torch.device(where),
        arguments.bf16,
        arguments.clean,
    )

"""What each network minimises. Lengths in metres, frames on axis 1."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

import skeleton
from networks import CONTACT, POSE, ROOT
from rotation import from_six
from synthesis import Batch, six_of

SMOOTHNESS = 1e-5
# Weight of the joints' jerk (metres a frame cubed) in the last part of the pose network's training.
STEADINESS = 1.0
CHUNKS = (1, 3, 9)
ROOT_WEIGHT = 0.003
CONTACT_WEIGHT = 0.02


def joints_loss(output: torch.Tensor, batch: Batch) -> torch.Tensor:
    second = output.diff(n=2, dim=1).norm(dim=-1).mean()
    return mse_loss(output, batch.joints) + SMOOTHNESS * second


def pose_loss(output: torch.Tensor, batch: Batch) -> torch.Tensor:
    """6D error, jerk and the positions that forward kinematics makes of the 16 rotations."""
    rotations = from_six(output.unflatten(-1, (16, 6)))
    positions = skeleton.forward(skeleton.expand(rotations)).flatten(-2)
    jerk = output.diff(n=3, dim=1).abs().mean()
    error = mse_loss(output, six_of(batch.rotations))
    return error + mse_loss(positions, batch.joints) + SMOOTHNESS * jerk


def jerk_loss(output: torch.Tensor) -> torch.Tensor:
    """Mean third difference of the joints' positions that the 6D rotations make."""
    rotations = from_six(output.unflatten(-1, (16, 6)))
    return skeleton.forward(skeleton.expand(rotations)).diff(n=3, dim=1).norm(dim=-1).mean()


def velocity_loss(output: torch.Tensor, batch: Batch, kept_outputs: int = 72) -> torch.Tensor:
    """Squared error of the way travelled in chunks of 1, 3 and 9 frames, in metres a second."""
    error = (output - batch.velocity[..., :kept_outputs]) * skeleton.FRAME_RATE
    total = torch.zeros(())
    for chunk in CHUNKS:
        kept = error.shape[1] // chunk * chunk
        sums = error[:, :kept].unflatten(1, (-1, chunk)).sum(2)
        total = total + sums.square().mean()
    return total


def contact_loss(output: torch.Tensor, batch: Batch) -> torch.Tensor:
    return binary_cross_entropy_with_logits(output, batch.contact)


def small_loss(output: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Pose, root velocity and contact together; the first frames, where the state is young, count too."""
    pose, root, contact = output.split([POSE, ROOT, CONTACT], -1)
    return (
        pose_loss(pose, batch)
        + ROOT_WEIGHT * velocity_loss(root, batch, ROOT)
        + CONTACT_WEIGHT * contact_loss(contact, batch)
    )


LOSSES = {
    "joints": joints_loss,
    "pose": pose_loss,
    "velocity": velocity_loss,
    "contact": contact_loss,
    "imuposer": pose_loss,
    "small": small_loss,
}

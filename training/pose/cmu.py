"""CMU motion on the 24-joint body: reading, splits and one cached file.

Sources below SOLSTICE_DATA/motion: `cmu` and `cmu_acted` are BVH in cgspeed's Daz-friendly rig at 60 Hz;
`cmu_eval` holds exponential maps of CMU takes in the 38-joint rig of the motion-prediction set, at the
120 Hz of the capture. Both start every take with a T-pose, which serves as the rest pose and is dropped.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch

import skeleton
from bvh import read_bvh
from rotation import axis_rotation, blend, from_quaternion, from_vector, to_quaternion

STORED_RATE = 60
TEST_SUBJECTS = {
    "02": "varied: walk, run, jump, punch, bend, wash, swordplay",
    "07": "walking: slow, brisk, with a wide stance",
}
# Whole takes of training subjects that decide about settings and epochs.
VALIDATION = {
    "01_08",
    "05_11",
    "06_09",
    "08_06",
    "13_15",
    "13_31",
    "14_05",
    "14_22",
    "indian_08",
    "martial_04",
    "salsa_16",
}
DAZ_JOINTS = {
    "hip": 0,
    "lThigh": 1,
    "rThigh": 2,
    "abdomen": 3,
    "lShin": 4,
    "rShin": 5,
    "lFoot": 7,
    "rFoot": 8,
    "chest": 9,
    "neck": 12,
    "lCollar": 13,
    "rCollar": 14,
    "head": 15,
    "lShldr": 16,
    "rShldr": 17,
    "lForeArm": 18,
    "rForeArm": 19,
    "lHand": 20,
    "rHand": 21,
}
# Parents of the 38-joint rig (the CMU hierarchy, end sites included) and the joints that are used.
EXPONENTIAL_PARENTS = [-1, 0, 1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 0, 13, 14, 15, 16, 17, 18]
EXPONENTIAL_PARENTS += [15, 20, 21, 22, 23, 24, 25, 23, 27, 15, 29, 30, 31, 32, 33, 34, 32, 36]
EXPONENTIAL_JOINTS = {
    0: 0,
    2: 1,
    8: 2,
    14: 3,
    3: 4,
    9: 5,
    4: 7,
    10: 8,
    15: 9,
    16: 12,
    20: 13,
    29: 14,
    18: 15,
    21: 16,
    30: 17,
    22: 18,
    31: 19,
    23: 20,
    32: 21,
}
# Metres per unit of that rig, on our body: fitted on takes that are in both sets.
EXPONENTIAL_UNIT = 0.054
# Takes of cmu_eval that no BVH repeats. The others have a twin of the same length there, test subjects included.
EXPONENTIAL_TAKES = [
    *(f"train/running/running_{n}" for n in range(1, 6)),
    "test/running/running_1",
    "train/jumping/jumping_2",
    "test/walking/walking_1",
    *(f"test/walking_extra/walking_{n}" for n in range(6, 24)),
    *(f"train/walking_extra/walking_{n}" for n in range(19, 53)),
]


def _fill(rotations: torch.Tensor) -> torch.Tensor:
    """Sets the joints that no rig has: the middle of the spine, and the ends of feet and hands."""
    quaternions = to_quaternion(rotations[:, [3, 9]])
    middle = blend(quaternions[:, 0], quaternions[:, 1], torch.tensor(0.5, dtype=rotations.dtype))
    rotations[:, 6] = from_quaternion(middle)
    for joint in (10, 11, 22, 23):
        rotations[:, joint] = rotations[:, skeleton.PARENTS[joint]]
    return rotations


def _face_forward(
    rotations: torch.Tensor, root: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Turns the world about y so that the pelvis faces +z in the first frame, at x = z = 0."""
    facing = rotations[0, 0, :, 2]
    turn = axis_rotation(1, -torch.atan2(facing[0], facing[2]))
    moved = root - root[0] * torch.tensor([1.0, 0.0, 1.0], dtype=root.dtype)
    return turn @ rotations, (turn @ moved[..., None])[..., 0]


def _retarget(
    globals_: torch.Tensor, joints: dict[int, int], root: torch.Tensor, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rig rotations, T-pose first, to the body's (frames, 24, 3, 3); keeps every `step`-th frame."""
    rotations = torch.eye(3, dtype=torch.float64).repeat(len(globals_), 24, 1, 1)
    for source, target in joints.items():
        rotations[:, target] = globals_[:, source] @ globals_[0, source].T
    return _face_forward(_fill(rotations[1::step]), root[1::step])


def read_daz(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """One BVH take: global rotations (frames, 24, 3, 3) and root (frames, 3) in metres at 60 Hz."""
    take = read_bvh(path)
    step = round(1 / STORED_RATE / take.frame_time)
    if step < 1:
        raise ValueError(f"{path}: slower than {STORED_RATE} Hz")
    joints = {take.names.index(name): target for name, target in DAZ_JOINTS.items()}
    leg = sum(float(take.offsets[take.names.index(name)].norm()) for name in ("lShin", "lFoot"))
    return _retarget(take.rotations, joints, take.root * (skeleton.LEG_LENGTH / leg), step)


def read_exponential(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """One take of cmu_eval. Its vectors turn row vectors, hence the sign."""
    values = torch.from_numpy(np.loadtxt(path, delimiter=","))
    local = from_vector(-values[:, 3:].reshape(len(values), 38, 3))
    turned: list[torch.Tensor] = []
    for joint, parent in enumerate(EXPONENTIAL_PARENTS):
        turned.append(local[:, joint] if parent < 0 else turned[parent] @ local[:, joint])
    root = values[:, :3] * EXPONENTIAL_UNIT
    return _retarget(torch.stack(turned, 1), EXPONENTIAL_JOINTS, root, 2)


def split_of(name: str) -> str:
    """train, validation or test, by the take's name."""
    if name.split("_")[0] in TEST_SUBJECTS:
        return "test"
    return "validation" if name in VALIDATION else "train"


def prepare(source: Path, target: Path) -> None:
    """Writes quaternions (float32), root positions, take bounds, names and splits to one npz."""
    takes: list[tuple[str, Path]] = []
    for folder in ("cmu", "cmu_acted"):
        takes += [(path.stem, path) for path in sorted((source / folder).glob("*.bvh"))]
    takes += [(name, source / "cmu_eval" / f"{name}.txt") for name in EXPONENTIAL_TAKES]
    quaternions, roots, bounds, names, splits = [], [], [0], [], []
    for name, path in takes:
        reader = read_daz if path.suffix == ".bvh" else read_exponential
        rotations, root = reader(path)
        quaternions.append(to_quaternion(rotations).float().numpy())
        roots.append(root.float().numpy())
        bounds.append(bounds[-1] + len(root))
        names.append(name)
        splits.append(split_of(name))
        print(f"{len(names)}/{len(takes)} {name}: {len(root)} frames, {splits[-1]}", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        target,
        quaternions=np.concatenate(quaternions),
        roots=np.concatenate(roots),
        bounds=np.array(bounds),
        names=np.array(names),
        splits=np.array(splits),
        skeleton=np.array(skeleton.digest()),
    )


def data_folder() -> Path:
    """SOLSTICE_DATA, else the data folder beside the checkout."""
    default = skeleton.PATH.parents[3] / "shared" / "data"
    return Path(os.environ.get("SOLSTICE_DATA", default))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Reads the CMU motion into one cached file.")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    prepare(data_folder() / "motion", arguments.out)

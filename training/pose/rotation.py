"""Rotations as matrices that map bone vectors to the world: (..., 3, 3), right-handed."""

import torch


def multiply(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Matrix product of (..., 3, 3), written out: batched products of tiny matrices are slow."""
    return (
        first[..., :, 0, None] * second[..., None, 0, :]
        + first[..., :, 1, None] * second[..., None, 1, :]
        + first[..., :, 2, None] * second[..., None, 2, :]
    )


def rotate(matrix: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Matrices (..., 3, 3) on vectors (..., 3)."""
    return (
        matrix[..., 0] * vector[..., 0, None]
        + matrix[..., 1] * vector[..., 1, None]
        + matrix[..., 2] * vector[..., 2, None]
    )


def axis_rotation(axis: int, angle: torch.Tensor) -> torch.Tensor:
    """Rotation by `angle` radians about coordinate axis 0, 1 or 2."""
    cosine, sine = torch.cos(angle), torch.sin(angle)
    result = torch.zeros(*angle.shape, 3, 3, dtype=angle.dtype)
    after, before = (axis + 1) % 3, (axis + 2) % 3
    result[..., axis, axis] = 1
    result[..., after, after] = cosine
    result[..., before, before] = cosine
    result[..., after, before] = -sine
    result[..., before, after] = sine
    return result


def from_vector(vector: torch.Tensor) -> torch.Tensor:
    """Rotation vectors (radians) to matrices by Rodrigues' formula."""
    angle = vector.norm(dim=-1).clamp_min(1e-12)[..., None, None]
    x, y, z = (vector / angle[..., 0]).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1)
    cross = cross.reshape(*vector.shape[:-1], 3, 3)
    identity = torch.eye(3, dtype=vector.dtype)
    return identity + torch.sin(angle) * cross + (1 - torch.cos(angle)) * multiply(cross, cross)


def to_quaternion(matrix: torch.Tensor) -> torch.Tensor:
    """Matrices to unit quaternions (w, x, y, z) with w >= 0.

    Takes the largest of the four possible divisors, so that every rotation is well conditioned.
    """
    m = matrix
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    squares = torch.stack(
        [
            1 + trace,
            1 + 2 * m[..., 0, 0] - trace,
            1 + 2 * m[..., 1, 1] - trace,
            1 + 2 * m[..., 2, 2] - trace,
        ],
        -1,
    ).clamp_min(0)
    wx, wy, wz = (
        m[..., 2, 1] - m[..., 1, 2],
        m[..., 0, 2] - m[..., 2, 0],
        m[..., 1, 0] - m[..., 0, 1],
    )
    xy, xz, yz = (
        m[..., 0, 1] + m[..., 1, 0],
        m[..., 0, 2] + m[..., 2, 0],
        m[..., 1, 2] + m[..., 2, 1],
    )
    ww, xx, yy, zz = squares.unbind(-1)
    rows = torch.stack(
        [
            torch.stack([ww, wx, wy, wz], -1),
            torch.stack([wx, xx, xy, xz], -1),
            torch.stack([wy, xy, yy, yz], -1),
            torch.stack([wz, xz, yz, zz], -1),
        ],
        -2,
    )
    best = squares.argmax(-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    quaternion = rows.gather(-2, best)[..., 0, :]
    quaternion = quaternion / quaternion.norm(dim=-1, keepdim=True)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def from_quaternion(quaternion: torch.Tensor) -> torch.Tensor:
    """Quaternions (w, x, y, z), of any length but zero, to matrices."""
    w, x, y, z = (quaternion / quaternion.norm(dim=-1, keepdim=True)).unbind(-1)
    entries = [
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    ]
    return torch.stack(entries, -1).reshape(*quaternion.shape[:-1], 3, 3)


def blend(first: torch.Tensor, second: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Normalised linear blend of unit quaternions along the shorter way; `share` of `second`."""
    sign = torch.where((first * second).sum(-1, keepdim=True) < 0, -1.0, 1.0).to(first.dtype)
    mixed = first * (1 - share) + sign * second * share
    return mixed / mixed.norm(dim=-1, keepdim=True)


def to_six(matrix: torch.Tensor) -> torch.Tensor:
    """First two columns, one after the other: (..., 6)."""
    return torch.cat([matrix[..., :, 0], matrix[..., :, 1]], -1)


def from_six(six: torch.Tensor) -> torch.Tensor:
    """Gram-Schmidt of two columns (..., 6) to a rotation matrix (Zhou et al. 2019, eq. 16)."""
    first = torch.nn.functional.normalize(six[..., :3], dim=-1, eps=1e-8)
    second = six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1, eps=1e-8)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def angle_between(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Angle in degrees of the rotation from `first` to `second`, exact also near zero."""
    chord = (first - second).square().sum((-1, -2)).sqrt() / (2 * 2**0.5)
    return torch.rad2deg(2 * torch.asin(chord.clamp(0, 1)))

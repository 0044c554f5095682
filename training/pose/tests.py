"""python -m unittest tests"""

import tempfile
import unittest
from pathlib import Path

import torch

import skeleton
from bvh import read_bvh
from cmu import TEST_SUBJECTS, VALIDATION, split_of
from export import quantise, tensors
from golden import walker
from networks import build
from restore import fill
from rotation import angle_between, from_quaternion, from_six, from_vector, to_quaternion, to_six
from synthesis import REACH, second_difference, sensors, subset_masks, targets

SEED = 3


def rotations(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(SEED)
    return from_vector(2 * torch.randn(count, 3, generator=generator, dtype=torch.float64))


class Rotation(unittest.TestCase):
    def test_quaternions_and_six_numbers_give_the_matrix_back(self):
        matrix = rotations(500)
        self.assertLess(float((from_quaternion(to_quaternion(matrix)) - matrix).abs().max()), 1e-9)
        self.assertLess(float((from_six(3 * to_six(matrix)) - matrix).abs().max()), 1e-9)

    def test_angle_is_the_length_of_the_rotation_vector(self):
        vector = torch.tensor([[0.0, 1e-4, 0.0], [0.3, -0.4, 1.2], [3.0, 0.0, 0.0]]).double()
        angle = angle_between(torch.eye(3).double(), from_vector(vector))
        self.assertLess(float((angle - torch.rad2deg(vector.norm(dim=-1))).abs().max()), 1e-6)


class Body(unittest.TestCase):
    def test_rest_pose_is_symmetric_and_stands_on_its_feet(self):
        joints = skeleton.forward(torch.eye(3).repeat(24, 1, 1))
        mirrored = joints[skeleton.MIRRORED] * torch.tensor([-1.0, 1.0, 1.0])
        self.assertLess(float((joints - mirrored).abs().max()), 1e-6)
        self.assertEqual(int(joints[:, 1].argmin()) in (10, 11), True)

    def test_joints_outside_the_reduced_set_turn_with_their_parent(self):
        full = skeleton.expand(rotations(16))
        for joint in (7, 8, 10, 11, 20, 21, 22, 23):
            self.assertTrue(torch.equal(full[joint], full[skeleton.PARENTS[joint]]))

    def test_there_are_the_24_published_subsets(self):
        masks = subset_masks()
        self.assertEqual(len({tuple(row.tolist()) for row in masks}), 24)
        self.assertEqual([int((masks.sum(1) == size).sum()) for size in (1, 2, 3)], [5, 10, 9])


class Weights(unittest.TestCase):
    def test_a_network_comes_back_from_its_weights_file(self):
        torch.manual_seed(SEED)
        for name in ("joints", "velocity"):
            network, found = build(name).eval(), build(name).eval()
            fill(found, name, quantise(tensors(name, network), torch.int16))
            values = torch.randn(2, 30, network.shape.inputs)
            with torch.no_grad():
                self.assertLess(float((network(values) - found(values)).abs().max()), 2e-3)


class Synthesis(unittest.TestCase):
    def test_constant_acceleration_is_found(self):
        time = torch.arange(20) / skeleton.FRAME_RATE
        fall = torch.stack([0 * time, -4.9 * time**2, 2 * time], -1)[:, None]
        found = second_difference(fall)
        self.assertEqual(len(found), 20 - 2 * REACH)
        self.assertLess(float((found - torch.tensor([0.0, -9.8, 0.0])).abs().max()), 1e-2)

    def test_turning_the_world_turns_what_the_sensors_feel(self):
        turned, root = walker(40)
        turn = rotations(1)[0]
        offsets, placement = skeleton.OFFSETS.double(), skeleton.IMU_OFFSETS.double()
        felt, seen = sensors(turned, root, offsets, placement)
        felt_after, seen_after = sensors(turn @ turned, root @ turn.T, offsets, placement)
        self.assertLess(float((felt @ turn.T - felt_after).abs().max()), 1e-9)
        self.assertLess(float((turn @ seen - seen_after).abs().max()), 1e-9)

    def test_velocity_adds_up_to_the_way(self):
        turned, root = walker(40)
        joints, step, contact = targets(turned.float(), root.float())
        way = step[1:, 0].sum(0)
        self.assertLess(float((way - (root[37] - root[2])).abs().max()), 1e-5)
        self.assertEqual(joints.shape, (36, 24, 3))
        self.assertTrue(bool(((contact == 0) | (contact == 1)).all()))


class Reading(unittest.TestCase):
    def test_channels_turn_in_the_order_in_which_they_stand(self):
        text = """HIERARCHY
ROOT a { OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
JOINT b { OFFSET 0 1 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 1 0 } } }
MOTION Frames: 1 Frame Time: 0.5
1 2 3 90 0 90 0 90 0
"""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "take.bvh"
            path.write_text(text)
            take = read_bvh(path)
        up = torch.tensor([0.0, 1.0, 0.0]).double()
        self.assertEqual(take.names, ["a", "b"])
        self.assertEqual(take.root[0].tolist(), [1, 2, 3])
        self.assertLess(float((take.rotations[0, 0] @ up - torch.tensor([0, 0, 1])).abs().max()), 1e-9)
        self.assertLess(float((take.rotations[0, 1] @ up - torch.tensor([1, 0, 0])).abs().max()), 1e-9)

    def test_no_take_of_a_test_subject_is_trained_on(self):
        for subject in TEST_SUBJECTS:
            self.assertEqual(split_of(f"{subject}_01"), "test")
            self.assertFalse([take for take in VALIDATION if take.startswith(f"{subject}_")])


class Export(unittest.TestCase):
    def test_integers_times_scale_are_within_half_a_step(self):
        torch.manual_seed(SEED)
        arrays = tensors("contact", build("contact"))
        for dtype in (torch.int16, torch.int8):
            packed = quantise(arrays, dtype)
            for key, value in arrays.items():
                if value.dim() == 1:
                    self.assertTrue(torch.equal(packed[key], value))
                    continue
                scale = packed[f"{key}.scale"][:, None]
                self.assertEqual(packed[key].dtype, dtype)
                error = (packed[key] * scale - value).abs() / scale
                self.assertLess(float(error.max()), 0.51)


if __name__ == "__main__":
    unittest.main()

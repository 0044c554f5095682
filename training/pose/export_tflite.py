"""Writes the networks of an f32 safetensors file as .tflite, one file a network, one input and one output each.

    python export_tflite.py mobileposer.f32.safetensors --out FOLDER

Needs requirements-tflite.txt, in an environment of its own. Windowed networks take [1, 45, inputs] from the
zero state; joints gives [1, 45, outputs], the others [1, 1, outputs], that of frame 40. Causal networks take
[1, inputs + state] and give [1, outputs + state], the state being h0, c0, h1, c1 one after the other.

An LSTM layer's direction is a WHILE whose body is one step of plain operators of version 1 (DEQUANTIZE: 3): the
fused sequence operator keeps variable tensors, which LiteRT.js refuses, and per-channel FULLY_CONNECTED is of
version 12, which tfjs-tflite refuses. Weights are f16 and enter f32 arithmetic.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

WINDOW, TARGET = 45, 40
WHOLE = ("joints",)
CAUSAL = ("velocity", "small")
LAYERS = 2


class Network:
    """The arrays of one network and what is computed with them."""

    def __init__(self, file: dict[str, np.ndarray], name: str):
        self.file = file
        self.name = name
        self.hidden, self.inputs = self.array("input.weight").shape

    def array(self, part: str) -> np.ndarray:
        return self.file[f"{self.name}.{part}"]

    def linear(self, part: str, values: tf.Tensor) -> tf.Tensor:
        return tf.matmul(values, tf.constant(self.array(f"{part}.weight").T)) + tf.constant(
            self.array(f"{part}.bias")
        )

    def gates(self, layer: str, values: tf.Tensor) -> tf.Tensor:
        """The input's part of the gates, biases included."""
        return tf.matmul(values, tf.constant(self.array(f"{layer}.ih").T)) + tf.constant(
            self.array(f"{layer}.bias")
        )

    def step(self, layer: str, gates: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor):
        """The next hidden and cell state; gates stand i, f, g, o."""
        gates = gates + tf.matmul(hidden, tf.constant(self.array(f"{layer}.hh").T))
        i, f, g, o = tf.split(gates, 4, -1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(cell), cell

    def direction(self, layer: str, gates: tf.Tensor, steps: range, whole: bool) -> tf.Tensor:
        """Hidden states of all `steps` in the window's order, or the last step's alone."""
        zero = tf.zeros((1, self.hidden))

        def body(t, hidden, cell, states):
            hidden, cell = self.step(layer, tf.gather(gates, tf.reshape(t, [1])), hidden, cell)
            if whole:
                ahead = steps.step > 0
                states = tf.concat([states[1:], hidden] if ahead else [hidden, states[:-1]], 0)
            return t + steps.step, hidden, cell, states

        states = tf.zeros((len(steps) if whole else 1, self.hidden))
        start = (tf.constant(steps.start), zero, zero, states)
        _, hidden, _, states = tf.while_loop(lambda t, *_: tf.not_equal(t, steps.stop), body, start)
        return states if whole else hidden

    def windowed(self) -> tf.types.experimental.PolymorphicFunction:
        def run(frames):
            values = tf.nn.relu(self.linear("input", frames[0]))
            for index in range(LAYERS):
                whole = self.name in WHOLE or index < LAYERS - 1
                ends = (WINDOW, -1) if whole else (TARGET + 1, TARGET - 1)
                spans = (range(0, ends[0]), range(WINDOW - 1, ends[1], -1))
                layers = (f"lstm{index}", f"lstm{index}r")
                values = tf.concat(
                    [
                        self.direction(layer, self.gates(layer, values), steps, whole)
                        for layer, steps in zip(layers, spans, strict=True)
                    ],
                    -1,
                )
            return self.linear("output", values)[None]

        shape = tf.TensorSpec((1, WINDOW, self.inputs), tf.float32, "frames")
        return tf.function(run, input_signature=[shape])

    def causal(self) -> tf.types.experimental.PolymorphicFunction:
        def run(values):
            frame, *states = tf.split(values, [self.inputs] + [self.hidden] * (2 * LAYERS), -1)
            value, after = tf.nn.relu(self.linear("input", frame)), []
            for index in range(LAYERS):
                layer = f"lstm{index}"
                state = states[2 * index : 2 * index + 2]
                value, cell = self.step(layer, self.gates(layer, value), *state)
                after += [value, cell]
            return tf.concat([self.linear("output", value), *after], -1)

        width = self.inputs + 2 * LAYERS * self.hidden
        shape = tf.TensorSpec((1, width), tf.float32, "values")
        return tf.function(run, input_signature=[shape])


def convert(function: tf.types.experimental.PolymorphicFunction, precision: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    if precision == "f16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def worst_difference(content: bytes, function: tf.types.experimental.PolymorphicFunction) -> float:
    """Largest difference of the converted network from the f32 one on seeded noise."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    values = np.random.default_rng(1).normal(0, 0.5, taken["shape"]).astype(np.float32)
    interpreter.set_tensor(taken["index"], values)
    interpreter.invoke()
    expected = function(tf.constant(values)).numpy()
    return float(np.abs(interpreter.get_tensor(given["index"]) - expected).max())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes networks as .tflite files.")
    parser.add_argument("weights", type=Path, help="an f32 safetensors file of export.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", choices=["f32", "f16"], default="f16")
    arguments = parser.parse_args()
    loaded = load_file(arguments.weights)
    model_name = arguments.weights.name.split(".")[0]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for network_name in sorted({key.split(".")[0] for key in loaded}):
        network = Network(loaded, network_name)
        built = network.causal() if network_name in CAUSAL else network.windowed()
        written = convert(built, arguments.precision)
        path = arguments.out / f"{model_name}.{network_name}.{arguments.precision}.tflite"
        path.write_bytes(written)
        difference = worst_difference(written, built)
        print(f"{path}: {len(written):,} bytes, worst difference {difference:.2e}", flush=True)

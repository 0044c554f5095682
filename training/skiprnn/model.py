"""The Skip RNN of assembly/seasons/skipRnn.ts in float: features, UGRNN cell and the published skip recurrence.

Campos et al., "Skip RNN: Learning to Skip State Updates in Recurrent Neural Networks", ICLR 2018, equations 1 to 5, with
a UGRNN cell (Collins et al., "Capacity and Trainability in Recurrent Neural Networks", ICLR 2017). The sigmoid is the
piecewise-linear PLAN approximation (Amin, Curtis, Hayes-Gill 1997), tanh(x) = 2 sigmoid(2x) - 1, in training as on the node.
"""

import jax
import jax.numpy as jnp

HIDDEN = 4
FEATURES = 3
WEIGHT_STEP = 1 / 32
LG_RANGE = 8.0


def straight_through(hard: jax.Array, soft: jax.Array) -> jax.Array:
    return soft + jax.lax.stop_gradient(hard - soft)


def quantise(weights: jax.Array) -> jax.Array:
    """Weights as int8 with 5 fraction bits; the gradient passes as if they were not rounded."""
    hard = jnp.clip(jnp.round(weights / WEIGHT_STEP), -127, 127) * WEIGHT_STEP
    return straight_through(hard, weights)


def sigmoid(x: jax.Array) -> jax.Array:
    a = jnp.abs(x)
    y = jnp.where(
        a < 1,
        0.25 * a + 0.5,
        jnp.where(a < 2.375, 0.125 * a + 0.625, jnp.where(a < 5, 0.03125 * a + 0.84375, 1.0)),
    )
    return jnp.where(x < 0, 1 - y, y)


def tanh(x: jax.Array) -> jax.Array:
    return 2 * sigmoid(2 * x) - 1


def lg(x: jax.Array) -> jax.Array:
    """Piecewise-linear log2 of x >= 1: exact at powers of two, linear between."""
    whole = jnp.floor(jnp.log2(x) + 1e-6)
    return whole + x / 2**whole - 1


def initial(key: jax.Array) -> dict[str, jax.Array]:
    """cell[2][HIDDEN]: gate and candidate rows of (features, state, bias); out: (state, bias) of the update logit."""
    cell, out = jax.random.split(key)
    return {
        "cell": 0.5 * jax.random.normal(cell, (2, HIDDEN, FEATURES + HIDDEN + 1)),
        "out": 0.5 * jax.random.normal(out, (HIDDEN + 1,)),
    }


def run(weights, threshold, values, scale_d, scale_c, max_skip):
    """Gates u[batch, slot] in {0, 1} with straight-through gradients, and the measures (change, surprise) of each slot.

    values[batch, slot, axis] in the node's integers, zero where a signal has fewer axes; threshold, scale_d, scale_c
    (running means of the measures) and max_skip per sequence. The first slot is always collected.
    """
    cell, out = quantise(weights["cell"]), quantise(weights["out"])
    batch, _, axes = values.shape

    def step(carry, x):
        state, delta, accumulated, last, slope, elapsed = carry
        u = straight_through((accumulated >= 0.5) | (elapsed > max_skip), accumulated)
        collected = jax.lax.stop_gradient(u)[:, None] > 0.5
        change = jnp.abs(x - last).sum(1)
        surprise = jnp.abs(x - last - slope * elapsed[:, None]).sum(1)
        relative = lambda m, scale: jnp.clip(lg(16 * m + 1) - lg(scale), -LG_RANGE, LG_RANGE) / 4
        features = jnp.stack([relative(change, scale_d), relative(surprise, scale_c), lg(elapsed) / 4], 1)
        row = jnp.concatenate([features, state, jnp.ones((batch, 1))], 1)
        gate = sigmoid(row @ cell[0].T)
        candidate = tanh(row @ cell[1].T)
        updated = gate * state + (1 - gate) * candidate
        state = u[:, None] * updated + (1 - u[:, None]) * state
        fresh = sigmoid(state @ out[:-1] + out[-1] - threshold)
        accumulated = u * fresh + (1 - u) * jnp.minimum(accumulated + delta, 1)
        delta = fresh
        slope = jnp.where(collected, (x - last) / elapsed[:, None], slope)
        last = jnp.where(collected, x, last)
        elapsed = jnp.where(collected[:, 0], 1.0, elapsed + 1)
        return (state, delta, accumulated, last, slope, elapsed), (u, change, surprise)

    ones, zeros = jnp.ones(batch), jnp.zeros((batch, axes))
    start = (jnp.zeros((batch, HIDDEN)), ones, ones, values[:, 0], zeros, ones)
    _, (gates, change, surprise) = jax.lax.scan(step, start, values.transpose(1, 0, 2))
    return gates.T, (change.T, surprise.T)

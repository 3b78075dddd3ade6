"""zipline's own functions: within one unit in the last place, and the same bits compiled as interpreted."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest

from zipline.expressions import logarithms, trigonometry
from zipline.expressions.transcendental import NAMES, compiled

REFERENCE: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "ln": Decimal.ln,
    "log2": lambda x: x.ln() / Decimal(2).ln(),
    "log10": Decimal.log10,
}


def _units_off(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(found) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize("name", REFERENCE)
def test_a_logarithm_or_exponential_is_within_one_unit(name: str) -> None:
    draw = random.Random(name)
    with localcontext() as context:
        context.prec = 50
        for _ in range(500):
            x = (
                draw.uniform(-740, 709)
                if name == "exp"
                else math.ldexp(draw.uniform(1, 2), draw.randint(-1060, 1023))
            )
            assert _units_off(getattr(logarithms, name)(x), REFERENCE[name](Decimal(x))) <= 0.75


def test_a_power_is_within_one_unit() -> None:
    draw = random.Random(7)
    with localcontext() as context:
        context.prec = 50
        for _ in range(500):
            x = math.ldexp(draw.uniform(1, 2), draw.randint(-200, 200))
            y = draw.uniform(-700, 700) / max(abs(math.log(x)), 1)
            assert _units_off(logarithms.pow(x, y), (Decimal(x).ln() * Decimal(y)).exp()) <= 0.75


def test_whole_powers_and_logarithms_are_exact() -> None:
    assert all(
        logarithms.pow(float(a), float(b)) == a**b for a in range(1, 20) for b in range(12) if a**b < 2**53
    )
    assert all(logarithms.log2(math.ldexp(1.0, k)) == k for k in range(-1074, 1024))
    assert all(logarithms.log10(10.0**k) == k for k in range(23))


@pytest.mark.parametrize(
    ("x", "sine", "cosine"),
    [
        # The true values, rounded; the third x is the float64 nearest to a multiple of pi/2.
        (1.0, 0.8414709848078965, 0.5403023058681398),
        (1e22, -0.8522008497671888, 0.5232147853951389),
        (6381956970095103 * 2.0**797, 1.0, -4.6871659242546277e-19),
        (1e-300, 1e-300, 1.0),
    ],
)
def test_any_argument_of_sine_and_cosine_is_reduced_exactly(x: float, sine: float, cosine: float) -> None:
    assert abs(trigonometry.sin(x) - sine) <= math.ulp(sine)
    assert abs(trigonometry.cos(x) - cosine) <= math.ulp(cosine)
    assert trigonometry.sin(-x) == -trigonometry.sin(x)
    assert trigonometry.cos(-x) == trigonometry.cos(x)


@pytest.mark.parametrize("name", NAMES)
def test_compiled_code_gives_the_bits_of_the_plain_one(name: str) -> None:
    draw = np.random.default_rng(11)
    anything = np.frombuffer(draw.bytes(8 * 2000), np.float64)
    odd = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e308]
    column = np.concatenate([draw.uniform(-90, 90, 2000), anything, np.array(odd)])
    columns = [column, *(draw.permutation(column) for _ in range(NAMES[name] - 1))]
    function = getattr(trigonometry, name, None) or getattr(logarithms, name)
    plain = np.array(
        [function(*numbers) for numbers in zip(*(each.tolist() for each in columns), strict=True)]
    )
    with np.errstate(all="ignore"):
        found = compiled(name)(*columns)
    same = (found.view(np.int64) == plain.view(np.int64)) | (np.isnan(found) & np.isnan(plain))
    assert same.all()

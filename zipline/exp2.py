"""Two to the power of a fraction, the same everywhere.

Decayed sums weigh an event by ``2**f``. Math libraries differ in its last bit, so zipline has its own: a
fixed sequence of IEEE additions and multiplications, which plain Python, a compiled kernel and any engine
compute alike.
"""

from __future__ import annotations

QUARTERS = (1.0, 1.189207115002721, 1.4142135623730951, 1.681792830507429, 2.0)
"""``2**(i / 4)`` rounded to float64."""

REMAINDERS = (0.0, 3.982015231465646e-17, -9.667293313452913e-17, 8.199010020581497e-17, 0.0)
"""What the rounding of `QUARTERS` lost."""


def exp2_fraction(f: float) -> float:
    """Return ``2**f`` for ``0 <= f < 1`` within one unit in the last place; exactly 1.0 for 0.

    The nearest quarter comes from a table with its rounding error, the rest (at most an eighth, and exact)
    from the Taylor series of ``2**g - 1`` by Horner's rule, whose first dropped term is below ``2**-64``.

    >>> exp2_fraction(0.0), exp2_fraction(0.5)
    (1.0, 1.4142135623730951)
    """
    quarter = int(f * 4.0 + 0.5)
    g = f - quarter * 0.25
    t = 7.054911620801123e-09
    t = t * g + 1.01780860092397e-07
    t = t * g + 1.321548679014431e-06
    t = t * g + 1.5252733804059841e-05
    t = t * g + 0.0001540353039338161
    t = t * g + 0.0013333558146428443
    t = t * g + 0.009618129107628477
    t = t * g + 0.05550410866482158
    t = t * g + 0.24022650695910072
    t = t * g + 0.6931471805599453
    t = t * g
    return QUARTERS[quarter] + (QUARTERS[quarter] * t + REMAINDERS[quarter])

"""Machine words as kernels need them: what numba has no Python spelling for.

Each of these is one instruction of the processor. Words are uint64 throughout; numba turns a mix of uint64
and int64 into float64, so constants come from here with their type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

ZERO = np.uint64(0)
ONE = np.uint64(1)
WORD = np.uint64(64)
ALL_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
FRACTION = np.uint64((1 << 52) - 1)
HIDDEN_BIT = np.uint64(1 << 52)


@intrinsic
def multiply_high(typing_context: Any, a: Any, b: Any) -> Any:
    """Return the upper 64 bits of the 128-bit product of two words."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        left, right = (builder.zext(argument, wide) for argument in arguments)
        product = builder.mul(left, right)
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), emit


@intrinsic
def leading_zeros(typing_context: Any, word: Any) -> Any:
    """Return how many zero bits stand above the highest one, as int64; 64 for zero."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), emit


@intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Return how many zero bits stand below the lowest one, as int64; 64 for zero."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), emit


@intrinsic
def float_to_bits(typing_context: Any, value: Any) -> Any:
    """Return the IEEE bits of a float64 as a word."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), emit


@intrinsic
def bits_to_float(typing_context: Any, word: Any) -> Any:
    """Return the float64 of IEEE bits."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), emit

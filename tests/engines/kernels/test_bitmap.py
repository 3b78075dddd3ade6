"""A hierarchy of bits behaves as a sorted set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.bitmap import at_least, at_most, contains, empty_set, insert, levels, remove


@given(data=st.data(), size=st.sampled_from([1, 64, 65, 4096, 4097, 300_000]))
def test_it_behaves_as_a_sorted_set(data: st.DataObject, size: int) -> None:
    edges = [member for member in (0, 1, 63, 64, 4095, 4096, size - 1) if member < size]
    members = st.sampled_from(edges) | st.integers(0, size - 1)
    base = levels(size)
    words = empty_set(base)
    model: set[int] = set()
    for member, leaves in data.draw(st.lists(st.tuples(members, st.booleans()), max_size=30)):
        (remove if leaves else insert)(words, base, member)
        model = model - {member} if leaves else model | {member}
        bound = data.draw(members)
        assert contains(words, bound) == (bound in model)
        assert at_least(words, base, bound) == min((m for m in model if m >= bound), default=-1)
        assert at_most(words, base, bound) == max((m for m in model if m <= bound), default=-1)
    assert at_least(words, base, size) == at_most(words, base, -1) == -1
    for member in model:
        remove(words, base, member)
    assert not words.any()

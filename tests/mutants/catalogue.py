"""The changes: where, what becomes what, and the tests that must notice.

A text that is replaced must stand in its file exactly once, so that a change of the code that moves it is noticed.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Mutant(NamedTuple):
    """One change.

    Attributes:
        name: what is wrong with the changed code.
        path: the file, under zipline/.
        old, new: the text and what replaces it.
        tests: the tests that must notice, under tests/.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]


PLAN: Final = (
    Mutant(
        "a filter on any column runs before versions are resolved",
        "plan/passes.py",
        "or not set(parse(select.where).columns) <= set(source.id)",
        "or not parse(select.where).columns",
        ("conformance/test_versions.py::test_a_correction_that_fails_where_withdraws_the_event",),
    ),
    Mutant(
        "views are swept together whatever their keys",
        "plan/passes.py",
        "place = (sweep.inputs, sweep.keys)",
        "place = (sweep.inputs, ())",
        ("conformance/test_keys.py::test_keys_are_mapped_by_view_service_request_and_binding",),
    ),
    Mutant(
        "a request's keys win over a bound view's own",
        "plan/build.py",
        "columns = dict(mapping) | dict(item.keys)",
        "columns = dict(item.keys) | dict(mapping)",
        ("conformance/test_keys.py::test_keys_are_mapped_by_view_service_request_and_binding",),
    ),
)

AGGREGATIONS: Final = (
    Mutant(
        "distinct keeps the wrong event of a value",
        "aggregations/ordered_k.py",
        "first.setdefault(each.place[2], each)",
        "first[each.place[2]] = each",
        ("conformance/test_algebra.py",),
    ),
    Mutant(
        "half-lives before 1970 are cut towards zero",
        "aggregations/decayed.py",
        "whole = time // half_life",
        "whole = int(time / half_life)",
        ("conformance/test_algebra.py",),
    ),
    Mutant(
        "the smaller of equally frequent values comes last",
        "aggregations/counted.py",
        "key=lambda item: (-item[1], order_key(item[0]))",
        "key=lambda item: -item[1]",
        ("conformance/test_algebra.py",),
    ),
    Mutant(
        "a sample's variance divides by n",
        "aggregations/spread.py",
        "powers.n - 1 if self.sample else powers.n",
        "powers.n",
        ("conformance/test_algebra.py",),
    ),
)

WINDOWS: Final = (
    Mutant(
        "an event is seen at its own time",
        "engines/kernels/schedule.py",
        "if start >= stop or times[start] >= bound:",
        "if start >= stop or times[start] > bound:",
        ("conformance/test_windows.py::test_an_event_is_seen_strictly_after_it_happened",),
    ),
    Mutant(
        "the tail of a hop is exact",
        "engines/kernels/schedule.py",
        "lower -= lower % hop",
        "lower -= 0",
        ("conformance/test_windows.py::test_a_hop_moves_the_tail_in_steps",),
    ),
    Mutant(
        "the head of a hop with an offset is exact",
        "engines/kernels/schedule.py",
        "upper -= upper % hop",
        "upper -= 0",
        ("conformance/test_windows.py::test_a_hop_with_an_offset_floors_both_ends",),
    ),
    Mutant(
        "a late event leaves a window a microsecond early",
        "engines/kernels/passages.py",
        "if hop > 0 else e + offset + length",
        "if hop > 0 else e + offset + length - 1",
        ("conformance/test_knowledge.py::test_windows_are_the_same_where_all_is_known_early",),
    ),
    Mutant(
        "a late event leaves a hop a microsecond late",
        "engines/kernels/passages.py",
        "hop + offset + length - 1 if hop",
        "hop + offset + length if hop",
        ("conformance/test_knowledge.py::test_windows_are_the_same_where_all_is_known_early",),
    ),
    Mutant(
        "an event is seen before it is known",
        "engines/kernels/passages.py",
        "moment = max(head, known[i]) if len(known) > 0 else head",
        "moment = head",
        ("conformance/test_knowledge.py::test_a_row_is_known_strictly_before_the_observation",),
    ),
    Mutant(
        "a corrected version stays in its window",
        "engines/kernels/passages.py",
        "moment = min(tail, until[i]) if len(until) > 0 else tail",
        "moment = tail",
        ("conformance/test_versions.py::test_versions_are_resolved_across_entities_and_files_order",),
    ),
    Mutant(
        "files are skipped as if windows had no hop",
        "engines/duckdb/span.py",
        "window.length_us + window.offset_us + window.hop_us + window.align_us",
        "window.length_us + window.offset_us + window.align_us",
        ("conformance/test_windows.py::test_a_hop_moves_the_tail_in_steps",),
    ),
)

ORDER: Final = (
    Mutant(
        "ties are settled by value before knowledge time",
        "engines/kernels/stream.py",
        "np.lexsort((ranks, known, ",
        "np.lexsort((known, ranks, ",
        ("conformance/test_order.py",),
    ),
    Mutant(
        "knowledge time does not order events",
        "engines/kernels/timeline.py",
        "group_rows(event_codes, event_times, keys, known, threads)",
        "group_rows(event_codes, event_times, keys, None, threads)",
        ("conformance/test_order.py::test_event_time_then_knowledge_time_then_value",),
    ),
    Mutant(
        "a kept null is skipped",
        "engines/kernels/sweep.py",
        "nullable = () if aggregation.keeps_nulls else aggregation.columns",
        "nullable = aggregation.columns",
        ("conformance/test_order.py::test_nulls_are_skipped_unless_asked_for_and_lowest_in_a_tie",),
    ),
    Mutant(
        "NaN is the lowest number",
        "engines/kernels/order_keys.py",
        "keys[i] = _NAN",
        "keys[i] = -_NAN",
        ("conformance/test_order.py::test_values_of_each_type_have_their_order",),
    ),
    Mutant(
        "the first of a window is the one after it",
        "engines/kernels/answers/picks.py",
        "plan.hi - 1 if last else plan.lo",
        "plan.hi - 1 if last else np.minimum(plan.lo + 1, plan.hi - 1)",
        ("conformance/test_order.py::test_ties_are_settled_per_column",),
    ),
)

NUMBERS: Final = (
    Mutant(
        "an accumulator is one limb short",
        "engines/kernels/fixed_point.py",
        "return max(2, -(-bits // 64))",
        "return max(2, -(-bits // 64) - 1)",
        ("conformance/test_sums.py::test_sums_of_values_of_very_different_size",),
    ),
    Mutant(
        "ties are rounded away from even",
        "engines/kernels/rounding.py",
        "(rest == half and (sticky or kept & ONE == ONE))",
        "rest == half",
        ("conformance/test_sums.py::test_a_float_sum_is_exact_and_rounded_once",),
    ),
    Mutant(
        "an infinity stays when its event has left",
        "engines/kernels/additive.py",
        "return enter[hi] - leave[lo]",
        "return enter[hi]",
        ("conformance/test_sums.py::test_infinities_and_nan_leave_no_trace_once_out_of_the_window",),
    ),
    Mutant(
        "opposite infinities do not give NaN",
        "engines/kernels/additive.py",
        "totals[nan | (positive & negative)] = np.nan",
        "totals[nan] = np.nan",
        ("conformance/test_sums.py::test_a_float_sum_is_exact_and_rounded_once",),
    ),
    Mutant(
        "a kurtosis of three values",
        "engines/kernels/moments.py",
        "return canonical(values - 3.0), valid & (n >= 4)",
        "return canonical(values - 3.0), valid & (n >= 3)",
        (
            "conformance/test_sums.py::test_moments",
            "conformance/test_sums.py::test_sums_of_values_of_very_different_size",
        ),
    ),
    Mutant(
        "a group with no input in reach is shown",
        "engines/kernels/groups.py",
        "near = ~is_decayed_away(question(finer, finer_feature))[back]",
        "near = np.ones(len(back), np.bool_)",
        ("conformance/test_decay.py::test_the_horizon_of_late_events",),
    ),
    Mutant(
        "one group more than the limit is let through",
        "engines/kernels/groups.py",
        "int(counts.max()) <= aggregation.limit",
        "int(counts.max()) <= aggregation.limit + 1",
        ("conformance/test_limits.py",),
    ),
    Mutant(
        "256 half-lives back is out of reach",
        "engines/kernels/decay.py",
        "now[j] - index[end - 1] <= REACH",
        "now[j] - index[end - 1] < REACH",
        ("conformance/test_decay.py::test_events_more_than_256_half_lives_back_are_outside",),
    ),
    Mutant(
        "late events are in reach for 255 half-lives",
        "engines/kernels/decay_ring.py",
        "range(now, now - REACH - 1, -1)",
        "range(now, now - REACH, -1)",
        ("conformance/test_decay.py::test_the_horizon_of_late_events",),
    ),
    Mutant(
        "a rank between two values is rounded up",
        "engines/kernels/quantiles.py",
        "rank = int(np.floor(shares[i]",
        "rank = int(np.ceil(shares[i]",
        ("conformance/test_sketches.py::test_ranks_are_floored_in_float64",),
    ),
    Mutant(
        "a register's rank is one too low",
        "engines/kernels/approximate.py",
        "(min(zeros, RANKS) + 1)",
        "min(zeros, RANKS)",
        ("conformance/test_sketches.py::test_approximate_counts_of_each_type",),
    ),
    Mutant(
        "the larger of equally frequent values is chosen",
        "engines/kernels/frequent.py",
        "((MOST - counts[code]) << CODE_BITS) | code)",
        "((MOST - counts[code]) << CODE_BITS) | (CODE_MASK - code))",
        ("conformance/test_grouping.py::test_frequencies_tie_by_the_smaller_value",),
    ),
)

DUCKDB: Final = (
    Mutant(
        "a deletion does not win a tie",
        "engines/duckdb/versions.py",
        "*([DELETED] if self.source.deleted else [])",
        "*([] if self.source.deleted else [])",
        ("conformance/test_versions.py::test_then_a_deletion_wins",),
    ),
    Mutant(
        "a null orders versions last",
        "engines/duckdb/versions.py",
        "ASC NULLS FIRST",
        "ASC NULLS LAST",
        ("conformance/test_versions.py::test_of_one_knowledge_time_the_greater_sequence_wins",),
    ),
    Mutant(
        "hindsight sees the first version that lived",
        "engines/duckdb/versions.py",
        "if visibility.hindsight else",
        "if not visibility.hindsight else",
        ("conformance/test_versions.py::test_a_correction_counts_once_it_is_known",),
    ),
    Mutant(
        "a correction at the bound begins a new event",
        "engines/duckdb/versions.py",
        "- {KNOWN} <= {rows.source.corrections_us}",
        "- {KNOWN} < {rows.source.corrections_us}",
        ("conformance/test_versions.py::test_a_correction_after_the_bound_begins_a_new_event",),
    ),
    Mutant(
        "a withdrawn event is seen",
        "engines/duckdb/versions.py",
        'alive = f"NOT {DELETED}" if source.deleted else "true"',
        'alive = "true"',
        ("conformance/test_versions.py::test_then_a_deletion_wins",),
    ),
    Mutant(
        "as_of leaves its own moment out",
        "engines/duckdb/events.py",
        'conditions.append(f"{KNOWN} <= {plan.visibility.as_of}")',
        'conditions.append(f"{KNOWN} < {plan.visibility.as_of}")',
        ("conformance/test_knowledge.py::test_as_of_includes_its_own_moment",),
    ),
    Mutant(
        "as_of does not concern a source without knowledge times",
        "engines/duckdb/events.py",
        'f" AND events.{TIME} <= {plan.visibility.as_of}"',
        '" AND true"',
        ("conformance/test_knowledge.py::test_as_of_compares_event_times_where_no_knowledge_is_declared",),
    ),
    Mutant(
        "an ambiguous local time is the later one",
        "engines/duckdb/times.py",
        "THEN {earlier} ELSE {later} END",
        "THEN {later} ELSE {earlier} END",
        ("conformance/test_observations.py::test_times_in_every_form",),
    ),
    Mutant(
        "a leading zero is no matter",
        "engines/duckdb/keys.py",
        '"^(0|-?[1-9][0-9]{0,18})$"',
        '"^(-?[0-9]{1,18})$"',
        ("conformance/test_keys.py::test_an_int_equals_a_string_only_in_canonical_decimal_form",),
    ),
    Mutant(
        "a null key is somebody's",
        "engines/duckdb/keys.py",
        "missing |= part.is_null().to_numpy(zero_copy_only=False)",
        "missing |= False",
        ("conformance/test_keys.py::test_several_keys_together",),
    ),
)

SOURCES: Final = (
    Mutant(
        "what leaves one by one leaves in the order of values",
        "engines/kernels/stream.py",
        "if whole.orders is None and self.arranged is not None and self.timeline.until is not None:",
        "if False:",
        ("conformance/test_versions.py::test_versions_of_one_time_may_leave_one_by_one",),
    ),
    Mutant(
        "one member's repeated ids are another's",
        "engines/duckdb/members.py",
        'return f"{REPEATED}_{self.number}" if self.number else REPEATED',
        "return REPEATED",
        ("conformance/test_unions.py::test_id_one_of_a_member_is_not_id_one_of_another",),
    ),
    Mutant(
        "beside others a source without knowledge times is known from ever",
        "engines/duckdb/events.py",
        'KNOWN: f"events.{TIME} AS {KNOWN}"',
        'KNOWN: f"0::BIGINT AS {KNOWN}"',
        ("conformance/test_unions.py::test_ties_go_by_knowledge_time_which_may_be_the_event_time",),
    ),
    Mutant(
        "the members of a union may differ in types",
        "plan/sources.py",
        "if schema[column] != schemas[first][column]:",
        "if False:",
        ("plan/test_sources.py",),
    ),
    Mutant(
        "a copy is known at its date",
        "engines/duckdb/changes.py",
        "begins.{TIME} + {snapshot.delay_us} AS {KNOWN}",
        "begins.{TIME} AS {KNOWN}",
        ("conformance/test_snapshots.py::test_an_attribute_is_looked_up_as_it_was_known",),
    ),
    Mutant(
        "a version that goes on in the next group of copies ends with its own",
        "engines/duckdb/changes.py",
        "n % {BITS} <> {BITS - 1} OR NOT",
        "true OR NOT",
        ("conformance/test_snapshots.py::test_more_copies_than_one_group_of_bits",),
    ),
    Mutant(
        "of two rows of one id in one copy one is taken",
        "engines/duckdb/changes.py",
        "WHEN __zl_first <= __zl_before THEN",
        "WHEN __zl_first < __zl_before THEN",
        ("conformance/test_snapshots.py::test_different_rows_of_the_last_copy_are_an_error",),
    ),
    Mutant(
        "hindsight sees versions that were replaced",
        "engines/duckdb/changes.py",
        '" WHERE ends.__zl_following IS NULL" if visibility.hindsight else ""',
        '""',
        ("conformance/test_snapshots.py::test_hindsight_knows_the_last_version_only",),
    ),
)

REGISTRY: Final = (
    Mutant(
        "of two who create one file the later one wins",
        "registry/folder.py",
        "os.link(whole, place)",
        "os.replace(whole, place)",
        ("registry/test_folder.py::test_a_file_is_created_once", "registry/test_writers.py"),
    ),
    Mutant(
        "an identity of long ago gets a new number",
        "registry/registry.py",
        "for number in reversed(numbers):",
        "for number in numbers[-1:]:",
        ("registry/test_registry.py::test_going_back_gives_the_old_number",),
    ),
    Mutant(
        "a record is taken at its word",
        "registry/stored.py",
        'if not claims == digest(meaning) == data["identity"]:',
        'if claims != data["identity"]:',
        ("registry/test_stored.py::test_content_that_has_another_identity",),
    ),
    Mutant(
        "a pinned version reads a column of any type",
        "plan/pinned.py",
        "or table.get(column) == kind:",
        "or column in table:",
        ("registry/test_lookup.py::test_a_table_that_no_longer_fits_the_pinned_schema_is_named",),
    ),
    Mutant(
        "the order of a log says nothing of a view",
        "registry/meaning.py",
        "sequence=source.sequence,",
        "sequence=None,",
        ("registry/test_meaning.py::test_every_field_of_every_definition",),
    ),
    Mutant(
        "a version is read where it was registered, though the rows have moved",
        "registry/located.py",
        "table, stream = places.get(source.name, (source.table, source.stream))",
        "table, stream = source.table, source.stream",
        ("registry/test_located.py",),
    ),
    Mutant(
        "a version is served as fresh as it was when it was registered",
        "registry/served.py",
        '"freshness_us": facts.freshness_us',
        '"freshness_us": record.definition.freshness_us',
        ("registry/test_served.py",),
    ),
    Mutant(
        "an entry of the catalog is written over whatever another writer wrote",
        "online/catalog.py",
        "or (yield PutEntry(entry, before, after)):",
        "or [(yield PutEntry(entry, before, after))]:",
        ("online/test_catalog.py",),
    ),
    Mutant(
        "the number of a fill that was dropped is given again",
        "online/catalog.py",
        'return known, int(data["next"])',
        "return known, len(known) + 1",
        ("online/test_catalog.py",),
    ),
)

ONLINE_FOLD: Final = (
    Mutant(
        "a record is read at the moment at which it becomes known",
        "engines/kernels/online_fold.py",
        "(known < known_before)",
        "(known <= known_before)",
        ("online/state/test_fold.py", "conformance/test_knowledge.py"),
    ),
    Mutant(
        "versions of one id are folded as if each were an event",
        "engines/kernels/online_fold.py",
        "(shape[2] == 0 or are_distinct(words, start, stop, shape[0], shape[2]))",
        "True",
        ("conformance/test_versions.py",),
    ),
    Mutant(
        "a sum is held in two floats that cannot hold it",
        "engines/kernels/online_sums.py",
        "exact = exact and lost == 0.0",
        "exact = exact and lost * 0.0 == 0.0",
        ("online/state/test_fold.py",),
    ),
    Mutant(
        "the limbs of a negative total are taken for those of a positive one",
        "engines/kernels/online_sums.py",
        "fill = ALL_ONES if words[start + count - 1] >= SIGN_BIT else ZERO",
        "fill = ZERO",
        ("online/state/test_fold.py::test_the_kernel_reads_tiles",),
    ),
    Mutant(
        "a tile is taken whole though the window begins inside it",
        "engines/kernels/online_tiles.py",
        "whole = first >= bounds[0] and last < bounds[1]",
        "whole = last < bounds[1]",
        ("online/state/test_fold.py::test_a_tile_that_a_window_parts_is_read_event_by_event",),
    ),
    Mutant(
        "of events at one moment the first in the bytes wins, whatever its value",
        "engines/kernels/online_records.py",
        "return order_key(words[one + column], floats) < order_key(words[other + column], floats)",
        "return False",
        ("online/state/test_fold.py",),
    ),
    Mutant(
        "a total beyond int64 is handed out",
        "engines/kernels/online_tally.py",
        "return (PRESENT if fits else OVERFLOWN), low",
        "return PRESENT, low",
        ("online/state/test_fold.py::test_a_total_beyond_int64_is_an_error_of_its_feature_alone",),
    ),
    Mutant(
        "a tile is taken as it is though a version has changed since",
        "online/state/fold_events.py",
        "and not is_changed",
        "",
        ("conformance/test_versions.py",),
    ),
)

TESTING: Final = (
    Mutant(
        "true passes for 1",
        "testing/equality.py",
        "return expected is got",
        "return bool(expected == got)",
        ("testing/test_equality.py",),
    ),
    Mutant(
        "an aligned window is explained as if it looked from the observation",
        "testing/verdicts.py",
        "at = replace(observer, t=aligned(feature.window, observer.t))",
        "at = observer",
        ("testing/test_message.py::test_an_aligned_window_looks_from_its_grid",),
    ),
    Mutant(
        "hindsight in a test sees no further than the last observation",
        "testing/run.py",
        "return Visibility(MAX_TIME if self.as_of is None else self.as_of, self.hindsight)",
        "return Visibility(max(self.times) if self.as_of is None else self.as_of, self.hindsight)",
        ("testing/test_assertion.py",),
    ),
)

MUTANTS: Final = (
    *PLAN,
    *AGGREGATIONS,
    *WINDOWS,
    *ORDER,
    *NUMBERS,
    *DUCKDB,
    *SOURCES,
    *REGISTRY,
    *ONLINE_FOLD,
    *TESTING,
)
FALLBACK: Final = ("conformance/test_random.py", "conformance/test_matrix.py::test_a_corner")
"""Asked where the named tests have not noticed."""

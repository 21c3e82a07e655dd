"""What holds of every merge strategy and every plan, whatever the bags. The same properties as Rust's."""

from hypothesis import given, strategies

from bags import ARRAYS, BAGS, applied, census, keys_stand, unescaped, written
from conjoin_guest import Arrays, BagPlan, merge
from conjoin_guest.values import JsonObject, equal, identity


@given(BAGS, BAGS, BAGS)
def test_a_plan_applied_is_the_result_it_was_made_for(
    before: JsonObject, secondary: JsonObject, after: JsonObject
) -> None:
    plan = BagPlan.to_result(before, secondary, after)
    assert equal(applied(before, plan), after)


@given(BAGS, BAGS, strategies.none() | BAGS, ARRAYS)
def test_every_key_of_the_secondary_is_carried_equal_or_discarded(
    primary: JsonObject, secondary: JsonObject, result: JsonObject | None, arrays: Arrays
) -> None:
    result = merge.recursive(primary, secondary, arrays) if result is None else result
    for plan in (BagPlan.to_result(primary, secondary, result), BagPlan.keep_primary(primary, secondary)):
        after = applied(primary, plan)
        discarded = [unescaped(pointer.removeprefix("/")) for pointer in plan.discard]
        for key, value in secondary.items():
            carried = key in after and equal(after[key], value)
            assert carried or key in written(plan) or key in discarded, key
        assert set(discarded) <= secondary.keys()


@given(BAGS, BAGS, ARRAYS)
def test_nothing_is_invented_multiplied_or_lost(primary: JsonObject, secondary: JsonObject, arrays: Arrays) -> None:
    merged = merge.recursive(primary, secondary, arrays)
    assert census(merged) <= census(primary, secondary)
    assert keys_stand(primary, merged)
    assert secondary.keys() <= merged.keys()


@given(BAGS, ARRAYS)
def test_an_empty_side_changes_nothing(one: JsonObject, arrays: Arrays) -> None:
    assert equal(merge.recursive(one, {}, arrays), one)
    assert equal(merge.recursive({}, one, arrays), one)


@given(BAGS, BAGS)
def test_a_union_settles_at_the_second_merge(primary: JsonObject, secondary: JsonObject) -> None:
    """An array that only the secondary has is added with its duplicates."""
    once = merge.recursive(primary, secondary, Arrays.UNION)
    twice = merge.recursive(once, secondary, Arrays.UNION)
    assert equal(merge.recursive(twice, secondary, Arrays.UNION), twice)


@given(BAGS, BAGS)
def test_neither_bag_is_changed_by_merging(primary: JsonObject, secondary: JsonObject) -> None:
    before = (repr(primary), repr(secondary))
    merge.recursive(primary, secondary, Arrays.UNION)
    assert (repr(primary), repr(secondary)) == before


@given(BAGS, BAGS)
def test_identities_are_equal_where_values_are(one: JsonObject, other: JsonObject) -> None:
    assert (identity(one) == identity(other)) == equal(one, other)
    assert equal(one, dict(reversed(one.items())))

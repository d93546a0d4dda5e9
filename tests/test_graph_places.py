"""The region DAG: who lies in whom, on which day, and the ladder upwards."""

from hypothesis import given, settings
from hypothesis import strategies as st

from graph import dates
from graph.places import EVER, Membership, Places, build, contains, meets
from tests.small import above

COUNTRY, HUNAN, CHANGSHA, CHANGDE, YUELU, NINGXIANG = range(6)
WANGCHENG, PARK, SITE, RING, AREA, GUANGDONG = range(6, 12)
LEVELS = {COUNTRY: "country", HUNAN: "province", CHANGSHA: "prefecture", CHANGDE: "prefecture",
          YUELU: "county", NINGXIANG: "county", WANGCHENG: "county", PARK: "国家级", SITE: "",
          RING: "overlay", AREA: "overlay", GUANGDONG: "outside"}
INSIDE = [Membership(HUNAN, COUNTRY), Membership(CHANGSHA, HUNAN), Membership(CHANGDE, HUNAN),
          Membership(YUELU, CHANGSHA), Membership(NINGXIANG, CHANGSHA),
          Membership(WANGCHENG, CHANGSHA), Membership(PARK, YUELU), Membership(PARK, WANGCHENG),
          Membership(SITE, PARK), Membership(GUANGDONG, COUNTRY), Membership(RING, HUNAN)]
JOINED = dates.first_day("2025-12-10")
DAY = dates.first_day("2026-01-01")


def hunan(*more: Membership) -> Places:
    return build(LEVELS, [*INSIDE, *more])


def inside(places: Places, place: int, region: int, day: int = DAY) -> bool:
    return contains(places.ranges(region, day), places.ranges(place, day))


def touches(places: Places, place: int, region: int, day: int = DAY) -> bool:
    return meets(places.ranges(region, day), places.ranges(place, day))


def test_a_region_holds_what_lies_below_it() -> None:
    places = hunan()
    assert inside(places, SITE, CHANGSHA) and inside(places, CHANGDE, HUNAN)
    assert not touches(places, YUELU, CHANGDE)
    assert places.problems == ()


def test_a_park_on_a_border_is_a_leaf_under_each_county() -> None:
    places = hunan()
    assert len(places.nodes_of(PARK)) == len(places.nodes_of(SITE)) == 2
    assert touches(places, PARK, YUELU) and touches(places, PARK, WANGCHENG)
    assert not inside(places, PARK, YUELU)
    assert inside(places, PARK, CHANGSHA)
    assert above(places, PARK, DAY) == (CHANGSHA, HUNAN, COUNTRY)


def test_the_deeper_of_county_and_city_wins() -> None:
    places = hunan(Membership(SITE, CHANGSHA), Membership(PARK, HUNAN))
    assert len(places.nodes_of(PARK)) == len(places.nodes_of(SITE)) == 2


def test_an_overlay_is_dated_and_joins_its_members() -> None:
    places = hunan(Membership(CHANGSHA, RING), Membership(CHANGDE, RING, JOINED, EVER))
    assert inside(places, SITE, RING)
    assert not touches(places, CHANGDE, RING, JOINED - 1)
    assert inside(places, CHANGDE, RING, JOINED)
    assert RING in above(places, CHANGDE, JOINED)
    assert RING not in above(places, CHANGDE, JOINED - 1)


def test_a_dated_parent_holds_only_in_its_time() -> None:
    places = build({1: "county", 2: "county", 3: ""}, [Membership(3, 1, -100, 0),
                                                      Membership(3, 2, 0, EVER)])
    assert inside(places, 3, 1, -1) and not touches(places, 3, 2, -1)
    assert inside(places, 3, 2, 0) and not touches(places, 3, 1, 0)
    assert [rung.places for rung in places.rungs(3, -1)] == [(3,), (1,)]
    assert [rung.places for rung in places.rungs(3, 0)] == [(3,), (2,)]


def test_the_ladder_climbs_from_the_park_to_other_provinces() -> None:
    places = hunan(Membership(CHANGSHA, RING), Membership(CHANGSHA, AREA),
                   Membership(CHANGDE, AREA))
    ladder = [(rung.name, rung.places) for rung in places.rungs(PARK, DAY)]
    assert ladder == [("park", (PARK,)), ("county", (YUELU, WANGCHENG)),
                      ("prefecture", (CHANGSHA,)), ("overlay", (RING,)), ("province", (HUNAN,)),
                      ("outside", (GUANGDONG,))]


def test_an_overlay_that_nobody_placed_still_finds_its_province() -> None:
    places = hunan(Membership(CHANGSHA, AREA), Membership(CHANGDE, AREA))
    assert [rung.name for rung in places.rungs(AREA, DAY)] == ["overlay", "province", "outside"]


def test_cycles_and_orphans_are_reported() -> None:
    places = build({1: "county", 2: "county", 3: "county"},
                   [Membership(1, 2), Membership(2, 1), Membership(1, 1)])
    kinds = {problem for problem, _ in places.problems}
    assert kinds == {"cycle", "orphan"}
    assert ("orphan", (3,)) in places.problems
    assert places.ranges(99, DAY) == ()


def test_a_place_under_hundreds_of_parents_does_not_explode() -> None:
    ladder = [Membership(10 * i + j, 10 * (i + 1) + k)
              for i in range(12) for j in range(3) for k in range(3)]
    places = build({}, ladder)
    assert ("copies", (0,)) in places.problems
    assert len(places.place) < 64 * 40


MEMBERSHIPS = st.lists(st.builds(
    Membership, st.integers(0, 9), st.integers(0, 9), st.sampled_from([-(2**31), 0, 10]),
    st.sampled_from([5, 20, EVER])), max_size=14)


@settings(max_examples=60, deadline=None)
@given(MEMBERSHIPS, st.randoms(use_true_random=False), st.sampled_from([-1, 3, 7, 30]))
def test_law_containment_is_transitive_and_order_does_not_matter(members, random, day) -> None:
    levels = {8: "overlay", 9: "overlay", 7: "province"}
    places = build(levels, members)
    shuffled = list(members)
    random.shuffle(shuffled)
    again = build(levels, shuffled)
    assert places.place.tolist() == again.place.tolist()
    for place in range(10):
        for upper in above(places, place, day):
            for higher in above(places, upper, day):
                assert higher == place or inside(places, place, higher, day)
        places.rungs(place, day)

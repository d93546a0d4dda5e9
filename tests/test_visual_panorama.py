"""The panorama says what is missing and who says so, in real and escaped text."""

import random
import time
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from graph.analysis.chain import chain_template
from graph.analysis.gaps import gaps
from ontology import Ontology
from tests.pictured import SCRIPT, answers, battery, comparison
from tests.small import ONTOLOGY, day, hunan, index_of
from visual.panorama import panorama

SVG = "{http://www.w3.org/2000/svg}"


def cards(svg: str) -> dict[str, Any]:
    """The elements of the segments by their names."""
    return {element.get("data-segment", "").partition("/")[2]: element
            for element in ElementTree.fromstring(svg).iter() if element.get("data-segment")}


def words(element: Any) -> str:
    return " ".join(text.text or "" for text in element.iter(SVG + "text"))


def test_name_and_verdict_stand_in_one_focusable_element() -> None:
    found = cards(panorama(ONTOLOGY, *answers(battery())))
    assert {name: card.get("data-verdict") for name, card in found.items()} == {
        "隔膜": "absent", "正极材料": "present", "电芯": "contested", "回收": "unknown"}
    for name, word in {"隔膜": "缺失", "正极材料": "具备·单点", "电芯": "存疑",
                       "回收": "待核"}.items():
        assert name in words(found[name]) and word in words(found[name])
        assert (found[name].get("tabindex"), found[name].get("role")) == ("0", "img")
        assert name in found[name].get("aria-label") and word in found[name].get("aria-label")


def test_a_missing_segment_says_on_whose_word() -> None:
    svg = panorama(ONTOLOGY, *answers(battery()))
    assert "湖南日报 2014-06-01" in words(cards(svg)["隔膜"])
    assert "缺失 1 个：隔膜" in svg and "完整度 33%–67%" in svg and "有来源说得清的占 67%" in svg


def test_what_nobody_has_said_is_not_called_missing() -> None:
    svg = panorama(ONTOLOGY, *answers(hunan()))
    assert "还没有来源说过这条链在当地的情况" in svg and "缺失 0" not in svg


def test_old_evidence_is_marked() -> None:
    said = words(cards(panorama(ONTOLOGY, *answers(battery(), "2020")))["正极材料"])
    assert "旧证" in said and "2013" in said


def test_inferred_feeds_are_dashed() -> None:
    root = ElementTree.fromstring(panorama(ONTOLOGY, *answers(battery())))
    dashed = {(feed.get("data-from", "")[-2:], feed.get("data-to", "")[-2:])
              for feed in root.iter(SVG + "g") if feed.get("class") == "feed"
              for path in feed if path.get("stroke-dasharray")}
    assert dashed == {("隔膜", "回收")}


def test_a_second_date_marks_what_was_closed() -> None:
    small = battery()
    svg = panorama(ONTOLOGY, *answers(small, "2020"), compared=comparison(small, "2014", "2020"))
    found = cards(svg)
    assert found["隔膜"].get("data-change") == "closed"
    assert "补上：缺失 → 具备" in words(found["隔膜"]) and "补上 1" not in words(found["隔膜"])
    assert found["正极材料"].get("data-change") is None


@pytest.mark.parametrize("width", [300, 390, 1000, 1366])
def test_any_name_is_text_and_never_markup(width: int) -> None:
    svg = panorama(ONTOLOGY, *answers(battery(script=True)), width=width)
    root = ElementTree.fromstring(svg)
    assert not [e for e in root.iter() if e.tag in (SVG + "script", SVG + "style")]
    assert not [e for e in root.iter() if e.get("style") or any(
        name.startswith("on") for name in e.attrib)]
    assert SCRIPT.replace("\x00", "") in cards(svg)["正极材料"].get("aria-label")


def test_a_phone_reads_feeds_instead_of_curves() -> None:
    svg = panorama(ONTOLOGY, *answers(battery()), width=390)
    assert 'class="feed"' not in svg
    assert "供给：回收、电芯" in words(cards(svg)["隔膜"])


def test_a_card_can_lead_somewhere() -> None:
    found = cards(panorama(ONTOLOGY, *answers(battery()), link=lambda id: f"/segment/{id}"))
    assert found["隔膜"].tag == SVG + "a"
    assert found["隔膜"].get("href") == "/segment/Segment:锂电池/隔膜"


def test_english_labels_come_from_the_ontology() -> None:
    svg = panorama(ONTOLOGY, *answers(battery()), lang="en")
    assert "absent" in words(cards(svg)["隔膜"]) and "midstream" in svg and "缺失" not in svg


def test_colours_and_symbols_come_from_the_ontology() -> None:
    changed = tuple(replace(choice, colour="#123456", symbol="△") for choice
                    in ONTOLOGY.words["Verdict"])
    other: Ontology = replace(ONTOLOGY, words={**ONTOLOGY.words, "Verdict": changed})
    svg = panorama(other, *answers(battery()))
    assert "#123456" in svg and "△" in svg and "#B3261E" not in svg


def big(count: int = 40) -> tuple[Any, Any]:
    """A chain of that many segments with two feeds each."""
    small, draw = hunan(), random.Random(1)
    chain = small.thing("Chain", name="大链")
    stages = ["upstream"] * 14 + ["midstream"] * 14 + ["downstream"] * 8 + ["service"] * 4
    ids = [small.thing("Segment", chain=chain, name=f"第{i}个环节") for i in range(count)]
    for i, (id, stage) in enumerate(zip(ids, stages, strict=True)):
        small.link("segmentOf", id, chain, stage=stage, position=i, essential=True)
        for other in draw.sample(ids[i + 1:i + 15], min(2, len(ids[i + 1:i + 15]))):
            small.link("feeds", id, other)
    index = index_of(small.records)
    return (gaps(index, "大链", "长沙市", day("2020")), chain_template(index, "大链", day("2020")))


@pytest.mark.parametrize("width", [390, 1366])
def test_forty_segments_are_drawn_in_a_fifth_of_a_second(width: int) -> None:
    both = big()
    took = []
    for _ in range(5):
        start = time.perf_counter()
        svg = panorama(ONTOLOGY, *both, width=width)
        took.append(time.perf_counter() - start)
    assert len(cards(svg)) == 40 and min(took) < 0.2


@pytest.mark.parametrize("width", [390, 720, 1000, 1366])
def test_nothing_is_drawn_outside_or_over_another_card(width: int) -> None:
    boxes = []
    for card in cards(panorama(ONTOLOGY, *big(), width=width)).values():
        box = next(card.iter(SVG + "rect"))
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and x + wide <= width
        assert all(x >= end or x + wide <= left or y >= bottom or y + high <= top
                   for left, top, end, bottom in boxes)
        boxes.append((x, y, x + wide, y + high))

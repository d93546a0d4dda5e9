"""The prefectures as tiles: each once, none over another, unknown codes below."""

from xml.etree import ElementTree

from ontology import load_ontology
from visual.legend import Legend
from visual.tiles import SPOTS, Tile, tiles

SVG = "{http://www.w3.org/2000/svg}"
LEGEND = Legend(load_ontology())


def drawn(*places: Tile) -> ElementTree.Element:
    return ElementTree.fromstring(tiles(LEGEND, "隔膜", places))


def corners(root: ElementTree.Element) -> list[tuple[str | None, str | None]]:
    return [(rect.get("x"), rect.get("y"))
            for rect in (tile.find(f"{SVG}rect") for tile in root.iter(f"{SVG}a"))
            if rect is not None]


def test_every_prefecture_has_a_spot_of_its_own() -> None:
    assert len(SPOTS) == len(set(SPOTS.values())) == 14
    root = drawn(*(Tile(f"Region:{code}", code, "待核", "/", "unknown") for code in SPOTS))
    assert len(set(corners(root))) == 14


def test_places_that_nobody_put_there_follow_below() -> None:
    root = drawn(Tile("Region:430100", "长沙", "具备", "/", "present"),
                 *(Tile(f"Region:x{i}", f"新{i}", "待核", "/", "unknown") for i in range(6)))
    spots = corners(root)
    assert len(set(spots)) == 7
    assert all(float(y or 0) > float(spots[0][1] or 0) for _, y in spots[1:])


def test_a_verdict_is_colour_symbol_and_word_and_an_interval_a_bar() -> None:
    root = drawn(Tile("Region:430100", "长沙", "✕ 缺失", "/a", "absent"),
                 Tile("Region:430700", "常德", "40–100%", "/b", low=0.4))
    absent, interval = root.iter(f"{SVG}a")
    assert absent.get("data-verdict") == "absent" and "缺失" in "".join(absent.itertext())
    fills = {rect.get("fill") for rect in absent.iter(f"{SVG}rect")}
    assert LEGEND.verdict("absent").colour in fills
    assert LEGEND.verdict("present").colour in {r.get("fill") for r in interval.iter(f"{SVG}rect")}


def test_scripts_in_names_stay_text() -> None:
    svg = tiles(LEGEND, "<b>", [Tile("Region:430100", "<script>", "<i>", "/?a=1&b=\"")])
    assert "<script>" not in svg and "<i>" not in svg
    ElementTree.fromstring(svg)

"""Sentences of ours know themselves in English, and are plain Chinese to everybody else."""

import json

from graph.analysis.candidates import candidates
from graph.analysis.gaps import gaps
from graph.wording import Said, both, english, listed
from tests.small import Small, day, hunan, index_of

NOW = day("2026-11-22")


def test_values_stand_in_each_language_as_they_are_called_there() -> None:
    place = both("长沙市", "Changsha")
    said = both("{}的{}", "{1} of {0}", place, "{某厂}")
    assert said == "长沙市的{某厂}" and english(said) == "{某厂} of Changsha"
    both_places = listed([place, "某地"], "；", "; ")
    assert both_places == "长沙市；某地" and english(both_places) == "Changsha; 某地"
    assert not listed([]) and english("没有英文的") == "没有英文的"
    assert json.dumps({"said": said}, ensure_ascii=False) == '{"said": "长沙市的{某厂}"}'


def sentences(part: object) -> list[Said]:
    if isinstance(part, Said):
        return [part]
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [said for one in parts for said in sentences(one)]


def test_every_sentence_of_the_lists_and_candidates_has_its_english() -> None:
    small: Small = hunan()
    small.cite("Paper", "press", "2025")
    firm = small.thing("Company", name="Firm", region="Region:430700")
    small.link("operatesIn", firm, "Segment:锂电池/电芯", place="Region:430700")
    small.link("absentFrom", "Segment:锂电池/电芯", "Region:430100", observed="2026")
    index = index_of(small.records)
    answer = gaps(index, "锂电池", "长沙", NOW)
    [fill] = answer["lists"]["fill"]
    assert isinstance(fill["why"], Said) and "《Paper》说长沙市没有电芯" in fill["why"]
    assert "《Paper》 says that " in fill["why"].en
    small.cite("Daily", "press", "2025")
    small.link("absentFrom", "Segment:锂电池/电芯", "Region:430100", observed="2026")
    [more] = gaps(index_of(small.records), "锂电池", "长沙", NOW)["lists"]["fill"]
    assert isinstance(more["why"], Said) and "《Daily》 say that " in more["why"].en
    found = candidates(index, "锂电池/电芯", "长沙", NOW)
    for said in sentences([answer["lists"], found["rows"]]):
        names = {str(one) for one in sentences([answer, found]) if one == one.en}
        left = said.en
        for name in sorted(names, key=len, reverse=True):
            left = left.replace(name, "")
        assert not any("\u4e00" <= char <= "\u9fff" for char in left), said.en

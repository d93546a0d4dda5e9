"""A small chain with every verdict, as answers that pictures are drawn from."""

from typing import Any

from graph.analysis.chain import chain_template
from graph.analysis.compare import compare
from graph.analysis.gaps import gaps
from tests.small import Small, day, hunan, index_of

SCRIPT = "<script>alert('x')</script>&\"\x00"


def battery(script: bool = False) -> Small:
    """长沙 at 2014: 隔膜 absent, 正极材料 present by one firm, 电芯 contested, the rest unknown."""
    small = hunan()
    segment = "Segment:锂电池/"
    small.cite("联盟牵线", "press", "2014-06-01")
    small.link("absentFrom", segment + "隔膜", "Region:430100", observed="2014")
    small.link("absentFrom", segment + "电芯", "Region:430100", observed="2014")
    small.cite("企业名录", "official", "2013")
    for name, what in (("杉杉能源", "正极材料"), ("某电芯厂", "电芯")):
        firm = small.thing("Company", name=name)
        small.link("operatesIn", firm, segment + what, place="Region:430100",
                   function="production")
    if script:
        small.cite(SCRIPT, "press", "2014-07")
        firm = small.thing("Company", name=SCRIPT)
        small.link("operatesIn", firm, segment + "正极材料", place="Region:430100",
                   function="production")
    small.cite("后来的消息", "press", "2020")
    firm = small.thing("Company", name="中材锂膜")
    small.link("operatesIn", firm, segment + "隔膜", place="Region:430100",
               function="production", valid_from="2019")
    small.link("feeds", segment + "隔膜", segment + "回收", inferred=True)
    return small


def answers(small: Small, at: str = "2014") -> tuple[Any, Any]:
    """(gaps, chain) of 锂电池 in 长沙."""
    index = index_of(small.records)
    return gaps(index, "锂电池", "长沙市", day(at)), chain_template(index, "锂电池", day(at))


def comparison(small: Small, first: str, last: str) -> Any:
    return compare(index_of(small.records), "锂电池", "长沙市", day(first), day(last))

"""The parameters of every question, with what they mean and a real example of each."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.answers import day
from graph import dates
from graph.analysis import candidates, partners
from graph.analysis.filters import Filter

__all__ = [
    "Asked", "Candidates", "Chain", "Compare", "Coverage", "Demands", "Export", "Find", "Firm",
    "Gaps", "Links", "Matrix", "Model", "Name", "Neighbourhood", "Observations", "Page",
    "Partners", "Path", "Policies", "Projects", "Things", "Titles",
]

MOST = 500  # rows of one page, and things around another


def _date(text: str) -> str:
    day(text)
    return text


def _moment(text: str) -> str:
    dates.known_at(text)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
When = Annotated[str, StringConstraints(max_length=40), AfterValidator(_date)]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]
Names = Annotated[list[Name], Field(max_length=50)]
Reasons = Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=20)]


class Asked(BaseModel):
    """What every question may say; anything else is refused with the nearest right word."""

    model_config = ConfigDict(extra="forbid")

    at: When | None = Field(None, description="截至哪天：2014、2018-06、2018-06-30；不写则今天",
                            examples=["2026-11-22"])
    known_at: Moment | None = Field(
        None, description="按那天已录入的资料回答，如 2026-11-22；不写则按现在所知")
    min_grade: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        None, description="只采用此等级以上的来源：official、press、industry")


class Page(Asked):
    """A list in pages."""

    limit: int = Field(MOST, ge=1, le=MOST, description="这一页最多几行", examples=[2])
    cursor: Annotated[str, StringConstraints(max_length=2000)] | None = Field(
        None, description="上一页的 next，照抄；第一页不写")


class Chain(Asked):
    """Nothing but the chain of the path."""


class Gaps(Asked):
    chain: Name = Field(description="产业链：名称、别名、英文名或编号", examples=["锂电池"])
    region: Name = Field("湖南", description="地区、园区：名称、别名、代码", examples=["长沙"])


class Matrix(Asked):
    chain: Names = Field([], description="只看这些链，可写多次；不写则全部",
                         examples=[["锂电池"]])
    region: Names = Field([], description="只看这些地区，可写多次；不写则各市州",
                          examples=[["长沙", "益阳"]])


class Compare(Gaps):
    first: When = Field("2014", alias="from", description="从哪一天", examples=["2014"])
    last: When | None = Field(None, alias="to", description="到哪一天，不写则今天",
                              examples=["2026-11-22"])
    known_from: Moment | None = Field(None, description="前一日期按当时所知回答")


class Firm(Page):
    name: Name = Field(description="企业：名称、全称、别名、统一社会信用代码",
                       examples=["金博股份"])


class Partners(Page):
    name: Name = Field(description="企业：名称、全称、别名、统一社会信用代码",
                       examples=["中科星城"])
    order: Reasons = Field([], description="先看哪些理由，逗号分隔或写多次："
                           + "、".join(f"{k}（{v}）" for k, v in partners.REASONS.items()),
                           examples=[["distance,link"]])
    limit: int = Field(50, ge=1, le=MOST, description="这一页最多几行", examples=[2])


class Candidates(Page):
    segment: Name = Field(description="环节，写成 产业链/环节", examples=["锂电池/铜箔"])
    region: Name = Field("湖南", description="地区、园区：名称、别名、代码", examples=["长沙"])
    order: Reasons = Field([], description="先看哪些理由，逗号分隔或写多次："
                           + "、".join(f"{k}（{v}）" for k, v in candidates.REASONS.items()),
                           examples=[["local_feed,leader"]])
    limit: int = Field(50, ge=1, le=MOST, description="这一页最多几行", examples=[2])


class Path(Asked):
    first: Name = Field(alias="from", description="从谁", examples=["信维电科"])
    last: Name = Field(alias="to", description="到谁", examples=["科力尔"])
    max_steps: int = Field(4, ge=1, le=8, description="最多几步", examples=[4])


class Neighbourhood(Asked):
    id: Name = Field(description="任何事物：编号、名称、别名、代码", examples=["金博股份"])
    depth: int = Field(1, ge=1, le=2, description="几步以内", examples=[1])
    limit: int = Field(100, ge=1, le=MOST, description="最多几个事物；没列出的有多少会说明",
                       examples=[5])


class Narrowed(Page):
    """Filters that several lists share."""

    region: Name | None = Field(None, description="在这个地区之内", examples=["长沙"])
    chain: Name | None = Field(None, description="属于这条产业链", examples=["锂电池"])
    segment: Name | None = Field(None, description="属于这个环节，写成 产业链/环节")

    def wanted(self, **values: str | None) -> Filter | None:
        """What the list is narrowed to; None if nothing was asked."""
        said = {name: text for name, text in values.items() if text}
        plain = {name: getattr(self, name, None) or ""
                 for name in ("q", "region", "chain", "segment", "honour")}
        return Filter(**plain, values=said) if said or any(plain.values()) else None


class Things(Narrowed):
    q: Name | None = Field(None, description="名称里有这些字")
    honour: Name | None = Field(None, description="获得过名称里有这些字的荣誉",
                                examples=["单项冠军"])


class Find(Page):
    q: Name = Field(description="名称、别名、代码、拼音或首字母", examples=["金博"])
    kind: Names = Field([], description="只找这些种类，可写多次", examples=[["Company"]])
    limit: int = Field(20, ge=1, le=MOST, description="这一页最多几行", examples=[3])


class Question(Asked):
    q: Name = Field(description="一句话的问题", examples=["2014年长沙锂电产业链缺哪些环节？"])


class Links(Page):
    kind: Name | None = Field(None, description="只要这一种关系：suppliesTo、供应 …",
                              examples=["suppliesTo"])


class Observations(Narrowed):
    subject: Name | None = Field(None, description="谁的指标", examples=["益阳高新区"])
    metric: Name | None = Field(None, description="指标名称里有这些字", examples=["产值"])
    period: Name | None = Field(None, description="哪一期，如 2024")
    status: Literal["actual", "forecast", "target", "planned"] | None = Field(
        None, description="实际、预测、目标还是计划")


class Projects(Narrowed):
    company: Name | None = Field(None, description="哪家企业的")
    status: Name | None = Field(None, description="来源对进展的说法里有这些字", examples=["投产"])


class Policies(Narrowed):
    level: Name | None = Field(None, description="级别里有这些字", examples=["省级"])
    issuer: Name | None = Field(None, description="发布单位里有这些字")


class Demands(Narrowed):
    type: Literal["scenario", "open_call", "purchase", "cooperation"] | None = Field(
        None, description="场景、揭榜、求购还是合作意向", examples=["scenario"])


class Titles(Page):
    q: Name | None = Field(None, description="标题或报刊名里的字", examples=["长沙晚报"])


class Coverage(Asked):
    region: Name | None = Field(None, description="地区；不写则全省", examples=["长沙"])
    chain: Names = Field([], description="只看这些链，可写多次；不写则全部",
                         examples=[["锂电池"]])


class Export(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Annotated[str, StringConstraints(max_length=20)] = Field(
        "csv", description="csv（一张总表）、graphml 或 nquads", examples=["csv"],
        json_schema_extra={"enum": ["csv", "graphml", "nquads"]})


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    term: Name | None = Field(None, description="种类、字段、词表或阈值；不写则整个模型",
                              examples=["operatesIn"])
    format: Literal["json", "turtle", "html"] | None = Field(
        None, description="不写则按 Accept 头")

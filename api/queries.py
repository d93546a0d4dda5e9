"""The parameters of every question, with what they mean and a real example of each."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.answers import day
from graph import dates

__all__ = ["Asked", "Gaps", "Name", "When"]

MOST = 500  # rows of one page


def _date(text: str) -> str:
    day(text)
    return text


def _moment(text: str) -> str:
    dates.known_at(text)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
When = Annotated[str, StringConstraints(max_length=40), AfterValidator(_date)]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="这一页最多几行")]


class Asked(BaseModel):
    """What every question may say; anything else is refused with the nearest right word."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    at: When | None = Field(None, description="截至哪天：2014、2018-06、2018-06-30；不写则今天",
                            examples=["2014"])
    known_at: Moment | None = Field(None, description="按那天已录入的资料回答",
                                    examples=["2030-01-01"])
    min_grade: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        None, description="只采用此等级以上的来源：official、press、industry",
        examples=["industry"])


class Gaps(Asked):
    chain: Name = Field(description="产业链：名称、别名、英文名或编号", examples=["锂电池"])
    region: Name = Field("湖南", description="地区、园区：名称、别名、代码", examples=["长沙"])

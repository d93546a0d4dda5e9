"""What a page lets one choose from: chains, and the places of the home province by level."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from api.answers import Answers
from graph import structure
from graph.analysis.coverage import home_province
from graph.analysis.filters import Filter

__all__ = ["FIRST", "called", "chains", "english", "regions", "years"]

FIRST = 2014  # the year in which the slider begins
LEVELS = ("prefecture", "overlay", "province", "county")  # as they stand in the list

Choice = Mapping[str, Any]
T = TypeVar("T")


def chains(answers: Answers) -> list[Choice]:
    """Every chain with id and names."""
    return _kept(answers, "chains", lambda: [
        {"id": row["id"], "name": row["name"], "name_en": row.get("name_en") or row["name"],
         "alias": _alias(row["name"], row.get("aliases") or ())}
        for row in answers.list(structure.CHAIN)["rows"]])


def regions(answers: Answers) -> list[tuple[str, Sequence[Choice]]]:
    """(level, places) of the home province; places that are no Region stand last, by kind."""
    def found() -> list[tuple[str, Sequence[Choice]]]:
        index = answers.index
        home = Filter(region=index.id(home_province(index, answers.at)))
        known = {choice.name for choice in index.ontology.words.get("RegionLevel", ())}
        groups: dict[str, list[Choice]] = {level: [] for level in LEVELS}
        for kind in index.ontology.classes:
            if not kind.place or kind.open:
                continue
            for row in answers.list(kind.name, wanted=home)["rows"]:
                level = str(row.get(structure.LEVEL))
                groups.setdefault(level if level in known else kind.name, []).append(
                    {"id": row["id"], "name": row["name"],
                     "name_en": row.get("name_en") or row["name"], "code": row.get("code") or "",
                     "short": _short(row["name"], row.get("aliases") or ())})
        return [(level, sorted(places, key=lambda place: (place["code"], place["name"])))
                for level, places in groups.items() if places]

    return _kept(answers, "regions", found)


def called(answers: Answers, id: str, name: str, lang: str, short: bool = False) -> str:
    """A place's name in the language, as far as there is one; short: 湘西 for the whole."""
    every = (place for _, places in regions(answers) for place in places)
    place = next((place for place in every if place["id"] == id), None)
    if place is None or not (short or lang == "en"):
        return name
    if lang != "en":
        return str(place["short"])
    english_name = str(place["name_en"])  # Xiangxi Tujia and Miao Autonomous Prefecture: Xiangxi
    return english_name.split()[0] if short and " Autonomous " in english_name else english_name


def english(answers: Answers) -> Mapping[str, str]:
    """The English names of the places of the home province, by their own."""
    return {str(place["name"]): str(place["name_en"])
            for _, places in regions(answers) for place in places}


def _alias(name: str, aliases: Sequence[str]) -> str:
    """What else people call it: the shortest word, of three letters if there is one, that its
    name does not hold."""
    some = [a for a in aliases if not a.isascii() and a not in name and name not in a]
    return min([a for a in some if len(a) > 2] or some, key=len, default="")


def _short(name: str, aliases: Sequence[str]) -> str:
    """The shortest Chinese name by which it goes."""
    return min([name, *(alias for alias in aliases if not alias.isascii())], key=len)


def years(today: str) -> range:
    """The stops of the slider; the last is the present year."""
    return range(FIRST, int(today[:4]) + 1)


def _kept(answers: Answers, name: str, make: Callable[[], T]) -> T:
    """Remembered as long as the index is, apart for each grade that is asked for."""
    memory, key = answers.index.memory, ("page", name, answers.index.floor)
    if key not in memory:
        memory[key] = make()
    found: T = memory[key]
    return found

"""A synthetic Hunan of any size, written as ordinary source folders.

    python -m bench.generate --firms 100000 --seed 1 -o FOLDER

Regions, parks, chains, segments and products are those of the shipped hunan-reference source;
firms, their ties and the cited sources are invented.  A firm is a pure function of the seed and
its number, so nothing is held in memory, and the same seed gives the same bytes.
"""

import argparse
import csv
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from math import gcd
from pathlib import Path
from random import Random
from string import Template
from typing import Any

from graph.codes import ALPHABET, check_character

__all__ = ["generate"]

FIRST, LAST = 2008, 2026
_HEADS = ("恒信华盛鑫宏泰瑞安康民海利达远博天金星云湘楚岳衡麓森晟睿创联众立科凯宇德润佳铭诚志弘"
          "启航旭晨")
_TAILS = "源辉腾飞兴隆昌荣裕丰祥和顺通正元亨贞聚力锐思捷迈拓展瀚澜峰岭川洲洋沃特能普邦威格"
_TRADES = ("科技", "新材料", "智能科技", "实业", "工业", "机电", "制造", "材料科技", "精密科技",
           "新技术", "装备", "工业科技", "电子科技", "动力科技", "环保科技", "高新材料", "智造",
           "自动化", "精工", "电气", "机械", "技术", "产业发展", "工贸")
_FORMS = ("有限公司", "有限责任公司", "股份有限公司")
_FUNCTIONS = ("production", "unknown", "research", "headquarters", "sales")
_HONOURS = ("高新技术企业", "省级专精特新中小企业", "国家级专精特新小巨人", "制造业单项冠军")
_PUBLISHERS = (("工业和信息化局", "official", "规模以上工业企业名录"),
               ("日报", "press", "产业链走访报道"), ("晚报", "press", "重点企业见闻"),
               ("产业研究中心", "industry", "产业链图谱报告"),
               ("行业协会", "industry", "会员企业名册"), ("网络采集", "machine", "网页抽取结果"))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_THIRDS = 41  # no third character, or one of the first 40 heads
_WORDS = len(_HEADS) * len(_TAILS) * _THIRDS
_MASK = (1 << 64) - 1
_TABLES = {  # file → folder and columns
    "sources": ("synthetic-firms", "title,publisher,date,grade"),
    "companies": ("synthetic-firms", "name,full_name,credit_code,place,products,listed_code,"
                                     "founded,status,observed,source,inferred"),
    "operations": ("synthetic-firms", "company,chain,segment,place,function,products,since,until,"
                                      "observed,source,inferred"),
    "honours": ("synthetic-firms", "company,honour,year,source,inferred"),
    "products": ("synthetic-supply", "company,product,observed,source,inferred"),
    "supplies": ("synthetic-supply", "supplier,customer,product,form,since,until,observed,source,"
                                     "inferred"),
    "statements": ("synthetic-statements", "said,chain,segment,region,observed,source"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A county, park or city as the reference names it; `code` is its administrative code."""

    name: str
    city: str
    code: str


@dataclass(frozen=True, slots=True)
class Segment:
    chain: str
    name: str
    products: tuple[str, ...]


class World:
    """What the reference knows, and every firm and source as a function of seed and number."""

    def __init__(self, firms: int, seed: int) -> None:
        self.firms, self.seed = firms, seed
        self.sources = firms // 50 + 5
        mix = Random(seed)
        self.places, self.cities = _places()
        self.segments = _segments()
        mix.shuffle(self.places)
        mix.shuffle(self.segments)
        self.source = lru_cache(1 << 16)(self._source)
        self._place_odds = _zipf(len(self.places), 0.9)
        self._segment_odds = _zipf(len(self.segments), 0.8)
        self._stride = _coprime(mix.randrange(10**5, 10**6), _WORDS)

    def chance(self, number: int, purpose: int) -> float:
        """A number in [0, 1) that only depends on its arguments (splitmix64)."""
        x = (number * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03 + self.seed) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((x ^ (x >> 31)) >> 11) / (1 << 53)

    def home(self, firm: int) -> Place:
        return self.place(self.chance(firm, 1))

    def place(self, chance: float) -> Place:
        return self.places[bisect(self._place_odds, chance)]

    def segment(self, chance: float) -> Segment:
        return self.segments[bisect(self._segment_odds, chance)]

    def short_name(self, firm: int) -> str:
        """字号 and trade; no two firms share both."""
        block, number = divmod(firm, _WORDS)
        word = number * self._stride % _WORDS
        head, rest = divmod(word, len(_TAILS) * _THIRDS)
        tail, third = divmod(rest, _THIRDS)
        trade = _TRADES[(word + block) % len(_TRADES)]
        return _HEADS[head] + _TAILS[tail] + (_HEADS[third - 1] if third else "") + trade

    def full_name(self, firm: int) -> str:
        form = _FORMS[int(self.chance(firm, 2) ** 3 * 3)]
        return self.home(firm).city + self.short_name(firm) + form

    def credit_code(self, firm: int) -> str:
        """A valid code for seven firms of ten, else blank."""
        if self.chance(firm, 3) >= 0.7:
            return ""
        number, body = firm, ""
        for _ in range(5):
            number, digit = divmod(number, 31)
            body = ALPHABET[digit] + body
        body = "MA4" + body
        total = sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
        full = "91" + self.home(firm).code + body + "0123456789X"[-total % 11]
        return full + check_character(full)

    def _source(self, number: int) -> tuple[str, str, str, str]:
        """Title, publisher, date and grade of a cited source."""
        city = self.cities[int(self.chance(number, 4) * len(self.cities))]
        suffix, grade, title = _PUBLISHERS[int(self.chance(number, 5) ** 1.5 * len(_PUBLISHERS))]
        year = FIRST + int(self.chance(number, 6) ** 0.6 * (LAST - FIRST + 1))
        month, day = 1 + int(self.chance(number, 7) * 5), 1 + int(self.chance(number, 8) * 28)
        date = (f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}")[number % 3]
        return f"{city}{title}（{year}年第{number}号）", f"{city}{suffix}", date, grade


def generate(firms: int, seed: int, folder: Path) -> dict[str, int]:
    """Write the source folders below `folder`; how many rows each file got.

    synthetic-firms: sources, companies, operations, honours; synthetic-supply: products, supplies;
    synthetic-statements: what is said to be absent, present or surveyed.
    """
    world = World(firms, seed)
    with ExitStack() as stack:
        tables = {name: _Table(stack, folder / home / f"{name}.csv", header)
                  for name, (home, header) in _TABLES.items()}
        for number in range(world.sources):
            tables["sources"].write(world.source(number))
        for firm in range(firms):
            _firm(world, firm, tables)
        for number in range(max(20, firms // 100)):
            tables["statements"].write(_statement(world, number))
    counts = {name: table.rows for name, table in tables.items()}
    for home in sorted({home for home, _ in _TABLES.values()}):
        text = Path(__file__).with_name(f"{home}.toml").read_text(encoding="utf-8")
        filled = Template(text).substitute(counts, firms=firms, seed=seed)
        (folder / home / "source.toml").write_text(filled, encoding="utf-8", newline="\n")
    return counts


class _Table:
    """A CSV file that is being written."""

    def __init__(self, stack: ExitStack, path: Path, header: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(header.split(","))
        self.rows = 0

    def write(self, row: Sequence[Any]) -> None:
        self._writer.writerow(row)
        self.rows += 1


def _firm(world: World, firm: int, tables: dict[str, _Table]) -> None:
    """All rows about one firm."""
    random = Random(world.seed << 40 | firm)
    name, home = world.full_name(firm), world.home(firm)
    segments = [world.segment(random.random()) for _ in range(random.choice((1, 1, 1, 2, 2, 3)))]
    products = sorted({random.choice(segment.products) for segment in segments})
    source = _cited(world, random)
    listed = f"92{firm % 10_000:04}" if random.random() < 0.01 else ""
    status = random.choices(("active", "stopped", "closed"), (95, 3, 2))[0]
    founded = _date(random, FIRST - 15, FIRST + 10)
    tables["companies"].write((
        world.short_name(firm), name, world.credit_code(firm), home.name, "、".join(products),
        listed, founded, status, source[2], source[0], _inferred(random)))
    for row in _operations(world, random, home, segments):
        tables["operations"].write((name, *row))
    for product in products:
        source = _cited(world, random)
        tables["products"].write((name, product, source[2], source[0], _inferred(random)))
    if random.random() < 0.35:
        rank = int(random.random() ** 2 * len(_HONOURS))
        source = _cited(world, random)
        tables["honours"].write((name, _HONOURS[rank], source[2][:4], source[0], _inferred(random)))
    for row in _supplies(world, random, firm, products):
        tables["supplies"].write((name, *row))


def _operations(world: World, random: Random, home: Place,
                segments: Sequence[Segment]) -> Iterator[tuple[str, ...]]:
    """One to four statements of what the firm does where: its first place is its home."""
    wanted = random.choices((1, 2, 3, 4), (25, 30, 25, 20))[0]
    seen: set[tuple[str, str, str]] = set()
    for number in range(wanted):
        segment = segments[number % len(segments)]
        near = number == 0 or random.random() < 0.4
        place = home if near else world.place(random.random())
        key = (segment.chain, segment.name, place.name)
        if key in seen:
            continue
        seen.add(key)
        function = random.choices(_FUNCTIONS, (55, 20, 10, 8, 7))[0]
        source = _cited(world, random)
        since, until = _life(random, int(source[2][:4]))
        yield (*key, function, "、".join(segment.products[:2]), since, until, source[2], source[0],
               _inferred(random))


def _supplies(world: World, random: Random, firm: int,
              products: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Deliveries to other firms; low numbers are the great customers."""
    seen: set[tuple[int, str]] = set()
    for _ in range(min(200, int(2.8 * random.paretovariate(1.4)))):
        customer = int(random.random() ** 3 * world.firms)
        product = random.choice(products)
        if customer == firm or (customer, product) in seen:
            continue
        seen.add((customer, product))
        source = _cited(world, random)
        since, until = _life(random, int(source[2][:4]))
        form = random.choices(("supply", "framework", "bid", "intent", "shortlist"),
                              (70, 12, 10, 5, 3))[0]
        yield (world.full_name(customer), product, form, since, until, source[2], source[0],
               _inferred(random))


def _statement(world: World, number: int) -> tuple[str, ...]:
    """A source says that a segment is absent from, present in or surveyed in a region."""
    random = Random(world.seed << 40 | 1 << 39 | number)
    segment, source = world.segment(random.random()), _cited(world, random)
    said = random.choices(("absent", "present", "surveyed"), (40, 35, 25))[0]
    places = (world.place(random.random()).name, random.choice(world.cities), "湖南省")
    region = random.choice(places)
    return said, segment.chain, segment.name, region, source[2], source[0]


def _cited(world: World, random: Random) -> tuple[str, str, str, str]:
    """A source; a few are cited by very many rows."""
    return world.source(int(random.random() ** 1.7 * world.sources))


def _life(random: Random, said: int) -> tuple[str, str]:
    """valid_from and valid_to of something that a source of that year states."""
    since = _date(random, FIRST, said - 1) if said > FIRST and random.random() < 0.7 else ""
    if not since or random.random() >= 0.08:
        return since, ""
    return since, _date(random, int(since[:4]) + 1, said)


def _date(random: Random, first: int, last: int) -> str:
    year, month, day = random.randint(first, max(first, last)), random.randint(1, 12), 28
    return random.choice((f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day}"))


def _inferred(random: Random) -> str:
    return "yes" if random.random() < 0.1 else "no"


def _zipf(count: int, exponent: float) -> list[float]:
    """Cumulative odds of ranks 1 … count, up to but not including the last."""
    weights = [1 / rank**exponent for rank in range(1, count + 1)]
    return [odds / sum(weights) for odds in accumulate(weights)][:-1]


def _coprime(start: int, modulus: int) -> int:
    return next(n for n in range(start, start + modulus) if gcd(n, modulus) == 1)


def _rows(file: str) -> list[dict[str, str]]:
    source = files("loaders") / "sources" / "hunan-reference" / file
    return list(csv.DictReader(source.read_text(encoding="utf-8-sig").splitlines()))


def _places() -> tuple[list[Place], list[str]]:
    """Counties and parks with their city, and the short names of the cities."""
    regions = _rows("regions.csv")
    city_of = {r["code"]: r["short_name"] for r in regions if r["level"] == "prefecture"}
    places = [Place(r["name"], city_of[r["parent_code"]], r["code"])
              for r in regions if r["level"] == "county"]
    codes = {place.name: place.code for place in places}
    codes |= {name: code for code, name in city_of.items()}
    places += [Place(p["name"], p["city"], codes[p["county"] or p["city"]])
               for p in _rows("parks.csv") if (p["county"] or p["city"]) in codes and p["city"]]
    return places, sorted(city_of.values())


def _segments() -> list[Segment]:
    products: dict[tuple[str, str], list[str]] = {}
    for row in _rows("segment-products.csv"):
        products.setdefault((row["chain"], row["segment"]), []).append(row["product"])
    return [Segment(row["chain"], row["segment"],
                    tuple(products.get((row["chain"], row["segment"]), [row["segment"]])))
            for row in _rows("chains.csv")]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=1000, help="number of firms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    given = parser.parse_args(arguments)
    if not 1 <= given.firms <= _WORDS * len(_TRADES):
        parser.error(f"--firms must be 1 to {_WORDS * len(_TRADES)}")
    for name, rows in generate(given.firms, given.seed, given.output).items():
        print(f"{name}: {rows}")


if __name__ == "__main__":
    main()

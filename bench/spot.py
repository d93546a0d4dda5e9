"""`python -m bench.spot` draws the records of the spot check and prints those that
docs/data-check.csv does not have in these words; `--write` adds them to it, to be checked by hand.

Every record has a lot, a digest of the seed and of its public name, and is drawn if its lot is not
above LAST: the hundredth of the data version at which the check began.  So a record is drawn or
not whatever else is loaded; data that is added later brings its share of records to check, a
record that says something else is checked again, and a line of what no longer stands says in
`mended` what became of it.
"""

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from graph.record import Record, record_id
from graph.store import open_store
from loaders import pipeline
from ontology import Ontology, load_ontology

__all__ = ["CHECKED", "OUTCOMES", "Check", "checks", "drawn", "lot", "shipped", "statement",
           "unchecked"]

SEED = "湘链抽查2026"
LAST = "02ffbabf86d93235"
VERSION = "2aab3ee0c87dd50461faa12760352487"  # of the content when the first hundred were drawn
CHECKED = Path(__file__).parent.parent / "docs" / "data-check.csv"
OUTCOMES = {"right": "对", "wrong": "错", "not checkable": "查不了"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of docs/data-check.csv.

    statement  what the record said when it was checked
    outcome    one of OUTCOMES; why says what it was compared with, or why it could not be
    mended     what became of a record that no longer stands in these words; else blank
    """

    record: str
    kind: str
    statement: str
    source: str
    outcome: str
    why: str
    mended: str


def lot(record: str) -> str:
    """16 hex digits for the public name of a record, the same wherever it is drawn."""
    return blake2b(f"{SEED}\x1f{record}".encode(), digest_size=8).hexdigest()


def drawn(records: Iterable[Record]) -> dict[str, Record]:
    """The records whose lot fell by their public names, in the order of their lots."""
    named = {record_id(one.id, one.source, one.valid_from): one for one in records}
    return {name: named[name] for name in sorted(named, key=lot) if lot(name) <= LAST}


def statement(record: Record, ontology: Ontology) -> str:
    """All that the record says, in one line of Chinese."""
    kind = ontology.kinds[record.kind]
    labels = {field.name: field.label.zh for field in kind.fields}
    parts = [" → ".join(_bare(end) for end in record.ends)] if record.ends else []
    parts += [f"{labels[name]}：{_value(value)}" for name, value in sorted(record.values.items())]
    parts += [f"{label}：{value}" for label, value in (
        ("起", record.valid_from), ("止", record.valid_to), ("观察", record.observed),
        ("推断", "是" if record.inferred else None)) if value]
    return f"{kind.label.zh}｜{'；'.join(parts)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "、".join(map(_value, value))
    return _bare(value) if isinstance(value, str) else str(value)


def _bare(text: str) -> str:
    """A reference without the name of its class."""
    kind, colon, rest = text.partition(":")
    return rest if colon and kind.isascii() and kind.isalpha() and kind[0].isupper() else text


def checks(file: Path = CHECKED) -> list[Check]:
    """The lines of the file."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return [Check(**row) for row in csv.DictReader(lines)]


def shipped(ontology: Ontology) -> tuple[str, list[Record]]:
    """Version and records of the shipped data, loaded into memory."""
    with closing(open_store("sqlite://", ontology)) as store:
        report = pipeline.load(store, ontology, pipeline.shipped())
        if not report.written:
            raise SystemExit("\n".join(map(str, report.problems)))
        return store.version(), list(store.records())


def unchecked(records: Iterable[Record], ontology: Ontology) -> Iterator[Check]:
    """The drawn records that nobody has checked as they stand."""
    known = {(check.record, check.statement) for check in checks()}
    for name, record in drawn(records).items():
        said = statement(record, ontology)
        if (name, said) not in known:
            yield Check(name, record.kind, said, _bare(record.source), "", "", "")


def write(rows: Iterable[Check], file: Path = CHECKED) -> None:
    """All checks, in the order given."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(Check.__slots__)
        out.writerows([getattr(row, name) for name in Check.__slots__] for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what has to be checked; `--write` adds it to the file."""
    parser = argparse.ArgumentParser(prog="python -m bench.spot", description=__doc__)
    parser.add_argument("--write", action="store_true", help="add them to docs/data-check.csv")
    chosen = parser.parse_args(arguments)
    ontology = load_ontology()
    version, records = shipped(ontology)
    found = list(unchecked(records, ontology))
    print(f"{version}: {len(found)} of {len(drawn(records))} drawn records to check")
    for check in found:
        print(check.record, check.statement, f"《{check.source}》")
    if chosen.write:
        write([*checks(), *found])


if __name__ == "__main__":
    main()

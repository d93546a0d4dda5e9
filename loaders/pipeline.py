"""Check, resolve, write: every input row becomes records or a problem, and nothing in between.

A load walks its inputs twice.  First it only gathers names, so that what a cell refers to never
depends on the order of files and rows; then it checks every row and stages what is right.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from graph.index import uncollected
from graph.names import nearest, normalise
from graph.record import Record, Value
from graph.store import Progress, Store, Writer, silent
from loaders.alike import alike
from loaders.check import Checker
from loaders.cite import Citations
from loaders.columns import SOURCE, columns
from loaders.declare import Position, declare
from loaders.inputs import Inputs, Work, template_work
from loaders.pad import Pad
from loaders.plan import Plan, draft
from loaders.report import Rejected, Report
from loaders.resolve import Fault, Known
from loaders.source import FILE
from loaders.staging import Conflict, Draft, Staging
from loaders.tables import Row, Table
from ontology.errors import InputError, NotFound, Problem
from ontology.model import Field, Kind, Ontology

__all__ = ["add", "is_shipped", "load", "origins_shipped", "preview", "retract", "shipped"]


_STEP = 2_000
_FILES = 3  # files that are warned of one by one
_EXAMPLE = ("(示例)", "（示例）")  # how the 来源 of a template's example row ends
_NAMES = 500  # new firms that are compared with known ones; more are no slips of the pen
_KEPT = 10_000  # rejected rows that the workbook shows


def shipped() -> list[Path]:
    """The source folders that come with the package."""
    root = Path(str(resources.files("loaders"))) / "sources"
    return sorted(path for path in root.iterdir() if (path / FILE).is_file())


@cache
def origins_shipped() -> frozenset[str]:
    """What they are called once they are loaded: a folder has the name that its head says."""
    return frozenset(path.name for path in shipped())


def load(store: Store, ontology: Ontology, paths: Sequence[Path], *, dry_run: bool = False,
         keep_good: bool = False, allow_shrink: bool = False, closed: Collection[str] = (),
         progress: Progress = silent) -> Report:
    """Load source folders and single files, all or nothing.

    dry_run       check everything, write nothing
    keep_good     write the rows that are right although others are not; a file that cannot be
                  read to its end is refused all the same
    allow_shrink  an origin may lose more than the threshold `shrink` of its records
    closed        origins for which the rows of a single file must not speak
    progress      called with (file, rows done, 0), then as the store says
    """
    banned: set[Position] = set()
    while True:
        run = _Load(store, ontology, progress, banned, closed)
        inputs = Inputs(ontology, [Path(path) for path in paths])
        with store.write(progress=progress) as writer, uncollected():
            run.read(writer, inputs)
            again = keep_good and not run.refused and run.declarers_lost
            if not again and run.finish(writer, keep_good, allow_shrink) and not dry_run:
                writer.commit()
                run.report.written = True
        if not again:
            run.report.dry_run = dry_run
            return run.report
        banned |= run.declarers_lost  # what these rows declared is not there: judge the rest again


def add(store: Store, ontology: Ontology, kind: Kind, values: Mapping[str, str],
        source: str, closed: Collection[str] = ()) -> Report:
    """Add what one source says about one thing or link; nothing is retracted.

    values  header (Chinese or English) → text as a person types it
    closed  as for `load`
    """
    run = _Load(store, ontology, silent, set(), closed, additive=True)
    with store.write() as writer:
        run.read_table(writer, _one_row(kind, values, source), kind)
        if run.finish(writer, False, True):
            writer.commit()
            run.report.written = True
    return run.report


def preview(store: Store, ontology: Ontology, kind: Kind, values: Mapping[str, str],
            source: str, closed: Collection[str] = ()) -> tuple[Report, dict[str, list[Record]]]:
    """What `add` would report and write, by origin; the store is only read."""
    run, pad = _Load(store, ontology, silent, set(), closed, additive=True), Pad(store)
    run.read_table(pad, _one_row(kind, values, source), kind)
    right = run.finish(pad, False, True)
    run.report.dry_run = True
    return run.report, pad.records if right else {}


def _one_row(kind: Kind, values: Mapping[str, str], source: str) -> Table:
    cells = values if kind.name == SOURCE else {**values, "来源": source}
    return Table("录入", "", tuple(cells), iter([Row(1, list(cells.values()))]))


def retract(store: Store, ontology: Ontology, name: str) -> int:
    """Take back what an origin, or a cited source of that title, has said; how many records.

    Raises NotFound with the nearest names.
    """
    said = _meant(store, ontology, name)
    with store.write() as writer:
        count = writer.retract(**said)
        writer.commit()
    return count


def is_shipped(store: Store, ontology: Ontology, name: str) -> bool:
    """Whether `retract` of that name would take back something that came with the package: a
    shipped folder, or a source that one of them cites.  Raises NotFound."""
    said = _meant(store, ontology, name)
    if "origin" in said:
        return name in origins_shipped()
    return any(any(store.records(source=said["source"], origin=origin))
               for origin in sorted(origins_shipped() & store.origins().keys()))


def _meant(store: Store, ontology: Ontology, name: str) -> dict[str, str]:
    """The arguments of `Writer.retract` for a name.  Raises NotFound."""
    origins = store.origins()
    if name in origins:
        return {"origin": name}
    known = Known(ontology)
    for record in store.records(kinds=[SOURCE]):
        known.declare(ontology.kinds[SOURCE], record.id, record.values)
    try:
        return {"source": known.find(name, (SOURCE,))}
    except Fault as fault:
        near = [*fault.nearest, *nearest(name, origins)]
        raise NotFound("来源", name, near) from None


class _Load:
    """One load: gathers names, checks every row, stages what is right."""

    def __init__(self, store: Store, ontology: Ontology, progress: Progress,
                 banned: set[Position], closed: Collection[str] = (),
                 additive: bool = False) -> None:
        self.report = Report()
        self.refused = False  # beyond what keep_good forgives
        self.declarers_lost: set[Position] = set()
        self._store, self._ontology, self._progress = store, ontology, progress
        self._banned, self._closed, self._additive = banned, closed, additive
        self._known = Known(ontology)
        self._checker = Checker(self._known)
        self._citations = Citations(ontology, self._known, self._checker)
        self._replaced: dict[str, set[str] | None] = {}
        self._declarers: set[Position] = set()
        self._works: list[Work] = []
        self._undated = Counter[tuple[str, str]]()  # (file, source) of links
        self._examples: dict[str, tuple[int, str, int]] = {}  # file → first row, its origin, rows
        self._firms: dict[str, str] = {}  # names of firms that the store had before
        self._met: dict[str, tuple[str, str, str, int]] = {}  # new one → name, id, file, row
        self._staging: Staging

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def read(self, writer: Writer, inputs: Inputs) -> None:
        """Check all rows of all inputs and stage what is right."""
        if problems := [*inputs.problems, *inputs.unmet(list(self._store.origins()))]:
            self._refuse(*problems)
            return
        self._begin(writer, {folder.name for folder in inputs.folders})
        for folder in inputs.folders:
            try:
                self._citations.header(folder.name, folder.file, folder.header)
            except InputError as error:
                self._refuse(*error.problems)
                return
            self._replaced[folder.name] = None
        self._declarers = declare(inputs, self._known, self._citations, self._banned)
        for work in inputs.tables(self._checker, self._citations,
                                  lambda error: self._refuse(*error.problems)):
            self._table(work)
        self.report.warnings += inputs.warnings

    def read_table(self, writer: Writer, table: Table, kind: Kind) -> None:
        """Check the rows of one table in hand and stage what is right."""
        self._begin(writer, set())
        try:
            self._table(template_work(table, kind, "add", self._ontology, self._checker,
                                      self._citations))
        except InputError as error:
            self._refuse(*error.problems)

    def _refuse(self, *problems: Problem) -> None:
        self.refused = True
        self.report.problems += problems

    def _begin(self, writer: Writer, replaced: set[str]) -> None:
        """Learn the names of the store, without those of origins that are being replaced."""
        self._staging = Staging(self._store, self._ontology, self._known, writer, self.report,
                                self._additive)
        named = [kind.name for kind in self._ontology.classes if self._known.naming(kind)]
        origins: Sequence[str | None] = [None]
        if replaced & set(self._store.origins()):
            origins = [name for name in self._store.origins() if name not in replaced]
        for origin in origins:
            for record in self._store.records(kinds=named, origin=origin):
                self._known.declare(self._ontology.kinds[record.kind], record.id, record.values)
        self._firms = dict(self._known.firms)

    # ── rows ────────────────────────────────────────────────────────────────────────────────────

    def _table(self, work: Work) -> None:
        number, rows = len(self._works), 0
        self._works.append(work)
        try:
            for row in work.rows():
                rows += 1
                self._row(work, row, number)
                if rows % _STEP == 0:
                    self._progress(work.table.file, rows, 0)
        except InputError as error:
            self._refuse(*error.problems)
            broken = sum(problem.row is not None for problem in error.problems)
            self.report.rows += broken
            self.report.rejected += broken
            return
        if rows < work.minimum:
            self._refuse(Problem(
                work.file, f"{work.table.file} 只有 {rows} 行，至少应有 {work.minimum} 行"))
        if not rows and work.replaces:
            self._refuse(Problem(work.table.file, "只有表头，没有数据", work.table.sheet))
        self._progress(work.table.file, rows, 0)

    def _row(self, work: Work, row: Row, number: int) -> None:
        rejected = Rejected(work.table, row)
        drafts = [] if row.faults else self._drafts(work, row, rejected)
        at = (number << 32) | row.number
        if not rejected.problems and (lost := self._staging.row(drafts, at)):
            self._contradicts(*lost, rejected)
        self.report.rows += 1
        if rejected.problems:
            self._reject(work, rejected)
            return
        if drafts and work.replaces and not self._additive and drafts[0][0].endswith(_EXAMPLE):
            first, name, count = self._examples.get(
                work.table.file, (row.number, drafts[0][0], 0))
            self._examples[work.table.file] = first, name, count + 1
        for origin, record, plan in drafts:
            if self._firms:
                self._meet(record, work.table.file, row.number)
            if work.replaces and not self._additive:
                kinds = self._replaced.setdefault(origin, set())
                if kinds is not None:
                    kinds.add(work.replaces)
            if record.ends and not (record.valid_from or record.observed
                                    or plan.kind.timeless):
                self._undated[work.table.file, record.source] += 1

    def _meet(self, record: Record, file: str, row: int) -> None:
        """Note the firms that the store did not know; with too many nobody would compare them."""
        for id, name in self._known.firm_names(record):
            if normalise(name) not in self._firms:
                self._met.setdefault(normalise(name), (name, id, file, row))
        if len(self._met) > _NAMES:
            self._firms = {}

    def _drafts(self, work: Work, row: Row, rejected: Rejected) -> list[Draft]:
        """What the row says, as records; faults go to `rejected`."""
        origin = source = ""
        try:
            origin, source = work.cite(row.cells)
        except Fault as fault:
            rejected.add(work.cited.get(fault.column, work.cited["source"]), fault)
        if work.replaces and origin in self._closed:  # it would be taken for all that it says
            rejected.add(work.cited["source"], Fault(
                f"「{origin}」是随附的来源，替它说话要 admin 的密钥；自己的资料请另写一个来源"))
        found = [(plan, draft(plan, cells, source, self._known, rejected))
                 for plan in work.plans for cells in plan.parts(row.cells)]
        return [(origin, record, plan) for plan, record in found if record]

    def _contradicts(self, plan: Plan, conflict: Conflict, rejected: Rejected) -> None:
        work = self._works[conflict.at >> 32]
        found = columns(plan.kind, self._ontology)
        field = next((f for f in found if f.name == conflict.field), None)
        label = field.label.zh if field else conflict.field
        where = f"{work.table.file} 第 {conflict.at & 0xFFFFFFFF} 行"
        old, new = (self._words(field, value) for value in (conflict.old, conflict.new))
        if old == new:  # two things of one name
            old, new = str(conflict.old), str(conflict.new)
        reason = f"与同一来源的 {where} 矛盾：「{label}」那里是「{old}」，这里是「{new}」"
        rejected.add(plan.places(conflict.field), Fault(reason), new, label)

    def _words(self, field: Field | None, value: Value) -> str:
        """A value as a person would write it: the name of a thing, the label of a choice."""
        if isinstance(value, tuple):
            return "、".join(self._words(field, part) for part in value)
        if isinstance(value, bool):
            return "是" if value else "否"
        text = str(value)
        if field and field.datatype == "choice":
            return next(c.label.zh for c in field.choices if c.name == text)
        return self._known.name(text) if field and field.datatype == "reference" else text

    def _reject(self, work: Work, rejected: Rejected) -> None:
        self.report.rejected += 1
        self.report.problems += rejected.problems
        if (work.key, rejected.row.number) in self._declarers:
            self.declarers_lost.add((work.key, rejected.row.number))
        if len(self.report.rejects) < _KEPT:
            self.report.rejects.append(rejected)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def finish(self, writer: Writer, keep_good: bool, allow_shrink: bool) -> bool:
        """Write the rest and retract what is no longer said; whether the load may be committed."""
        if not hasattr(self, "_staging"):
            return False
        self._staging.settle()
        if self.refused or (self.report.problems and not keep_good):
            return False
        for origin, record in self._citations.made(self._store):
            self._staging.own(origin, record)
        self._staging.name(self._replaced)
        self._warn()
        limit = self._ontology.thresholds["shrink"]
        for origin, kinds in sorted(self._replaced.items()):
            lost, total = writer.unseen(origin, kinds)
            if lost > limit * total and not allow_shrink:
                self._refuse(Problem(
                    origin, f"这个来源原有 {total} 条记录，这次少了 {lost} 条（"
                    f"{lost / total:.0%}），超过 {limit:.0%}：确实如此请加 --allow-shrink"))
            else:
                self.report.retracted += writer.retract_unseen(origin, kinds)
        return not self.refused

    def _warn(self) -> None:
        counts = Counter[str]()
        for (file, source), count in self._undated.items():
            if not self._citations.dated(source):
                counts[file] += count
        self.report.warnings += [
            f"{file}：{count} 条联系没有日期（有效期起、观察日期或来源日期），只显示，不计入判定"
            for file, count in counts.items()] if len(counts) <= _FILES else [
            f"{len(counts)} 个文件里共 {counts.total()} 条联系没有日期"
            "（有效期起、观察日期或来源日期），只显示，不计入判定："
            + "、".join(f"{file} {count}" for file, count in counts.items())]
        self.report.warnings += [
            f"{file}：第 {row} 行{f'等 {count} 行' if count > 1 else ''}是模板的例子，也当成一行；"
            f'不要它就删掉这一行（已经写入的，再 xianglian retract "{origin}"）'
            for file, (row, origin, count) in self._examples.items()]
        for new, old, how in alike(self._met, self._firms):
            name, id, file, row = self._met[new]
            if not (any(self._store.records(ids=[id])) or any(self._store.neighbours([id]))):
                self.report.warnings.append(
                    f"{file} 第 {row} 行：新企业「{name}」和已有的「{old}」{how}，没有合并；"
                    "如果是同一家，请改成同一个名称")
        for label, texts in self._known.guessed.items():
            some = "、".join(sorted(texts)[:5])
            self.report.warnings.append(
                f"{len(texts)} 个名称看不出是哪一种，按“{label}”记（{some}）；"
                f"要指明请写成“种类:名称”")

"""All Cypher of the project.

Five labels are ours alone and invisible to who reads the graph:

    XianglianStore   one node: what this database is, `head` = record time of the last load
    XianglianLock    one node: who may write (see graph/lease.py)
    XianglianLoad    one a load: the content hash and the last row after it
    XianglianTally   one a load, origin and moment of learning: rows that came or went, and the
                     sum of their digests
    Row              one a stored row; a live one is also a Record

A row counts at a moment T iff it was learned by then and not retracted by then.  Everybody reads
at `head`, so what a load stages is seen by nobody before `head` moves.
"""

from collections.abc import Collection, Iterable

from graph.projection import Label

__all__ = [
    "ADD_LOAD", "ADD_ROWS", "ADD_TALLIES", "ANYTHING", "ANY_RECORD", "APPLICATION",
    "AWAIT_INDEXES", "CAME", "CAME_SINCE", "CLAIM", "CLEAR_RECORDS", "CLEAR_TIES", "COLUMNS",
    "DRAWN", "DROP_CAME", "DROP_LOADS", "DROP_ROWS", "DROP_TALLIES", "EVERY", "GROUP", "HELLO",
    "HISTORY_OF", "HOLDER", "INDEXED", "INDEXES", "LEFT", "LOAD_SEQ", "MADE", "MARK_STORE",
    "MENTIONED", "MOVE_HEAD", "NEIGHBOURS", "NEW_STORE", "ODD", "OLDER_ABOUT",
    "PAGE", "RELEASE", "RENEW", "ROWS_ABOUT", "ROWS_BETWEEN", "SEQS", "STAMP", "STATE", "TAKE",
    "TALLIES", "TOLD", "UNMARK", "UNSTAMP", "UNSTAMP_AFTER", "WENT", "WENT_GROUP", "WENT_SINCE",
    "add_relations", "aliases", "clear_label", "clear_type", "count", "drop_nodes",
    "drop_relations", "ensure_nodes", "makes", "mark", "matching", "mentions", "merge_nodes",
    "names", "quoted", "readable", "referring", "rows", "some_rows", "touching",
]

APPLICATION = "xianglian"
_LIVE = "r.learned <= $at AND (r.retracted IS NULL OR r.retracted > $at)"
_ORDER = "r.kind, r.about, r.source, coalesce(r.valid_from, '')"

# The database ------------------------------------------------------------------------------------

HELLO = "RETURN 1"
ANYTHING = "MATCH (n) RETURN 1 LIMIT 1"
STATE = """MATCH (s:XianglianStore {key: 'store'}) WITH s, s.head AS head
    OPTIONAL MATCH (l:XianglianLoad {at: head})
    RETURN s.application AS application, s.schema AS schema, s.uid AS uid, head,
        s.projected AS projected, s.model AS model, l.content AS content, l.seq AS seq"""
NEW_STORE = """MERGE (s:XianglianStore {key: 'store'})
    ON CREATE SET s.application = $application, s.schema = $schema, s.uid = $uid, s.head = 0,
        s.projected = 0, s.model = ''
    MERGE (l:XianglianLock {key: 'lock'})
    ON CREATE SET l.until = 0, l.batch = 0"""
LEFT = """MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > $seq RETURN 1 LIMIT 1
    UNION MATCH (r:Row) USING INDEX r:Row(retracted) WHERE r.retracted > $head RETURN 1 LIMIT 1
    UNION MATCH (t:XianglianTally) WHERE t.at > $head RETURN 1 LIMIT 1"""
LOAD_SEQ = "MATCH (l:XianglianLoad {at: $at}) RETURN l.seq"
# A database that was imported from files has neither indexes nor constraints.
SCHEMA, BARE = 1, 0
INDEXED = f"""MATCH (s:XianglianStore {{key: 'store'}}) WHERE s.schema = {BARE}
    SET s.schema = {SCHEMA}, s.uid = randomUUID()"""
MARK_STORE = "MATCH (s:XianglianStore {key: 'store'}) SET s += $marks"

INDEXES = (
    "CREATE CONSTRAINT xianglian_store IF NOT EXISTS "
    "FOR (n:XianglianStore) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT xianglian_lock IF NOT EXISTS FOR (n:XianglianLock) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT xianglian_load IF NOT EXISTS FOR (n:XianglianLoad) REQUIRE n.at IS UNIQUE",
    "CREATE CONSTRAINT xianglian_row IF NOT EXISTS FOR (n:Row) REQUIRE n.seq IS UNIQUE",
    "CREATE INDEX xianglian_tally IF NOT EXISTS FOR (n:XianglianTally) ON (n.at)",
    "CREATE INDEX xianglian_row_about IF NOT EXISTS FOR (n:Row) ON (n.about)",
    "CREATE INDEX xianglian_row_kind IF NOT EXISTS "
    "FOR (n:Row) ON (n.kind, n.about, n.source)",
    "CREATE INDEX xianglian_row_source IF NOT EXISTS FOR (n:Row) ON (n.source)",
    "CREATE INDEX xianglian_row_origin IF NOT EXISTS FOR (n:Row) ON (n.origin)",
    "CREATE INDEX xianglian_row_head IF NOT EXISTS FOR (n:Row) ON (n.head)",
    "CREATE INDEX xianglian_row_tail IF NOT EXISTS FOR (n:Row) ON (n.tail)",
    "CREATE INDEX xianglian_row_odd IF NOT EXISTS FOR (n:Row) ON (n.odd)",
    "CREATE INDEX xianglian_row_retracted IF NOT EXISTS FOR (n:Row) ON (n.retracted)",
)
AWAIT_INDEXES = "CALL db.awaitIndexes(86400)"


# The lock ----------------------------------------------------------------------------------------

HOLDER = """MATCH (l:XianglianLock {key: 'lock'})
    RETURN l.token IS NOT NULL AND l.until >= timestamp() AS held, l.holder AS holder,
        l.since AS since"""
# The first SET takes the node's write lock; only then is the token read.
TAKE = """MATCH (l:XianglianLock {key: 'lock'}) SET l.tried = $token
    WITH l WHERE l.token IS NULL OR l.until < timestamp() OR l.token = $token
    SET l.token = $token, l.holder = $holder, l.since = $since, l.batch = 0,
        l.until = timestamp() + $lease
    RETURN l.token AS token"""
CLAIM = """MATCH (l:XianglianLock {key: 'lock'}) SET l.tried = $token
    WITH l, l.batch AS batch WHERE l.token = $token
    SET l.batch = $batch, l.until = timestamp() + $lease
    RETURN batch"""
RENEW = """MATCH (l:XianglianLock {key: 'lock'}) SET l.tried = $token
    WITH l WHERE l.token = $token SET l.until = timestamp() + $lease
    RETURN l.token AS token"""
RELEASE = """MATCH (l:XianglianLock {key: 'lock'}) SET l.tried = $token
    WITH l WHERE l.token = $token SET l.until = 0 REMOVE l.token, l.holder, l.since"""

# Reading -----------------------------------------------------------------------------------------

TALLIES = """MATCH (s:XianglianStore {key: 'store'}) WITH s.head AS head
    MATCH (t:XianglianTally) WHERE t.at <= head
    RETURN t.origin AS origin, t.learned AS learned, t.retracted AS retracted, t.n AS n,
        t.total AS total, t.low AS low, t.high AS high"""
CAME_SINCE = """MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > 0 AND r.seq <= $seq
    WITH r ORDER BY r.seq DESC LIMIT $n RETURN DISTINCT r.about"""
WENT_SINCE = """MATCH (r:Row) USING INDEX r:Row(retracted)
    WHERE r.retracted > $moment AND r.retracted <= $at RETURN DISTINCT r.about"""
COLUMNS = f"""MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > $low AND r.seq <= $high AND {_LIVE}
    RETURN collect(properties(r))"""
NEIGHBOURS = f"""MATCH (r:Row) WHERE (r.head IN $ids OR r.tail IN $ids) AND {_LIVE}
    RETURN properties(r)"""
EVERY = """MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > 0 AND r.seq <= $seq
    RETURN properties(r)"""


def matching(columns: Iterable[str]) -> str:
    """Rows `r` by the columns that are given as parameters; the first one finds them."""
    given = list(columns)
    index = "kind, about, source" if given[0] == "kind" else given[0]
    where = [f"r.{column} IN ${column}" for column in given]
    if given[0] == "kind":
        where += ["r.about IS NOT NULL", "r.source IS NOT NULL"]
    return f"MATCH (r:Row) USING INDEX r:Row({index}) WHERE {' AND '.join(where)}"


def count(columns: Iterable[str]) -> str:
    """How many rows have one of some values in the first of these columns."""
    return f"{matching(list(columns)[:1])} RETURN count(*)"


def some_rows(columns: Iterable[str]) -> str:
    """Live rows by these columns, in any order."""
    return f"{matching(columns)} AND {_LIVE} RETURN properties(r)"


def rows(columns: Iterable[str] = (), one_kind: bool = False, moved: bool = False) -> str:
    """Live rows in their order, along the index; those of one kind, and with these columns.

    Only the index sorts texts by their code points: ORDER BY compares UTF-16 where it has to sort.
    moved: the rows of one origin with given record times, instead of those that are live.
    """
    where = [_ORDERED_KIND if one_kind else _ORDERED, *(f"r.{one} IN ${one}" for one in columns)]
    where.append(_GROUP if moved else _LIVE)
    return (f"MATCH (r:Row) USING INDEX r:Row(kind, about, source) WHERE {' AND '.join(where)} "
            f"WITH r ORDER BY {_ORDER} RETURN properties(r)")


_REST = "r.about IS NOT NULL AND r.source IS NOT NULL"
_ORDERED, _ORDERED_KIND = f"r.kind >= '' AND {_REST}", f"r.kind IN $kind AND {_REST}"
# A row that goes after $at is still there.
_GROUP = ("r.origin = $origin AND r.learned = $learned AND "
          "CASE WHEN r.retracted <= $at THEN r.retracted ELSE 0 END = $retracted")
GROUP = f"""MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq >= $low AND r.seq <= $high AND {_GROUP}
    RETURN properties(r)"""
WENT_GROUP = f"""MATCH (r:Row) USING INDEX r:Row(retracted) WHERE r.retracted = $retracted
    AND {_GROUP} RETURN properties(r)"""
HISTORY_OF = """MATCH (r:Row) USING INDEX r:Row(about) WHERE r.about IN $about AND r.learned <= $at
    RETURN properties(r)"""


# Writing -----------------------------------------------------------------------------------------

TOLD = """UNWIND $about AS about MATCH (r:Row) USING INDEX r:Row(about)
    WHERE r.about = about AND (r.retracted IS NULL OR r.retracted = $now)
    RETURN collect([r.seq, r.id, r.origin, r.digest, r.learned, r.retracted])"""
SEQS = "UNWIND $seqs AS seq MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq = seq "
ADD_ROWS = "UNWIND $rows AS row CREATE (r:Row) SET r = row"
DROP_ROWS = SEQS + "DETACH DELETE r"
STAMP = SEQS + "SET r.retracted = $now"
UNSTAMP = SEQS + "REMOVE r.retracted"
ADD_TALLIES = "UNWIND $tallies AS tally CREATE (t:XianglianTally) SET t = tally"
ADD_LOAD = "CREATE (l:XianglianLoad) SET l = $load"
MOVE_HEAD = "MATCH (s:XianglianStore {key: 'store'}) SET s.head = $now"

DROP_CAME = """MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > $seq WITH r LIMIT $limit
    DETACH DELETE r RETURN count(*) AS n"""
UNSTAMP_AFTER = """MATCH (r:Row) USING INDEX r:Row(retracted) WHERE r.retracted > $head
    WITH r LIMIT $limit REMOVE r.retracted RETURN count(*) AS n"""
DROP_TALLIES = "MATCH (t:XianglianTally) WHERE t.at > $head DELETE t"
DROP_LOADS = "MATCH (l:XianglianLoad) WHERE l.at > $head DELETE l"


# The readable graph ------------------------------------------------------------------------------

CAME = f"""MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq > $seq AND {_LIVE}
    WITH r ORDER BY r.kind, r.about RETURN properties(r)"""
WENT = """MATCH (r:Row) USING INDEX r:Row(retracted)
    WHERE r.retracted > $before AND r.retracted <= $at AND r.learned <= $before
    RETURN properties(r)"""
ROWS_ABOUT = f"""UNWIND $about AS about MATCH (r:Row) USING INDEX r:Row(about)
    WHERE r.about = about AND {_LIVE} RETURN collect(properties(r))"""
OLDER_ABOUT = f"""UNWIND $about AS about MATCH (r:Row) USING INDEX r:Row(about)
    WHERE r.about = about AND {_LIVE} AND r.learned <= $before RETURN collect(properties(r))"""
ODD = "MATCH (r:Row) USING INDEX r:Row(odd) WHERE r.odd = true RETURN 1 LIMIT 1"
ROWS_BETWEEN = f"""UNWIND $pairs AS pair MATCH (r:Row) USING INDEX r:Row(head)
    WHERE r.head = pair[0] AND r.tail = pair[1] AND r.kind = pair[2] AND {_LIVE}
    RETURN collect(properties(r))"""
MENTIONED = " UNION ".join(
    f"UNWIND $ids AS id MATCH (r:Row) USING INDEX r:Row({column}) "
    f"WHERE r.{column} = id AND {_LIVE} RETURN DISTINCT id"
    for column in ("head", "tail", "source"))
PAGE = f"""MATCH (r:Row) USING INDEX r:Row(kind, about, source)
    WHERE r.kind = $kind AND r.about >= $about AND r.source IS NOT NULL AND {_LIVE}
    WITH r ORDER BY r.kind, r.about LIMIT $limit RETURN collect(properties(r))"""
DRAWN = """SHOW INDEXES YIELD name, entityType, labelsOrTypes WHERE name STARTS WITH 'xianglian_id_'
    RETURN entityType, labelsOrTypes[0]"""
ANY_RECORD = "MATCH (r:Record) RETURN 1 LIMIT 1"
MADE = "SHOW INDEXES YIELD name"
UNMARK = SEQS + """OPTIONAL MATCH (r)-[e:FROM|ABOUT]->() DELETE e
    WITH DISTINCT r REMOVE r:Record:记录"""


def quoted(name: str) -> str:
    """A name of any characters as Cypher writes it; \\u0060 would end it as ` does."""
    return "`" + name.replace("\\", "\\u005C").replace("`", "``") + "`"


def readable(classes: Iterable[tuple[str, Collection[str]]], types: Iterable[str]) -> list[str]:
    """Constraints and indexes for classes (label, name fields) and relationship types."""
    known = list(classes)
    found = [f"CREATE CONSTRAINT {quoted(f'xianglian_id_{label}')} IF NOT EXISTS "
             f"FOR (n:{quoted(label)}) REQUIRE n.id IS UNIQUE" for label, _ in known]
    found += [f"CREATE INDEX {quoted(f'xianglian_id_{name}')} IF NOT EXISTS "
              f"FOR ()-[e:{quoted(name)}]-() ON (e.id)" for name in types]
    found.append("CREATE INDEX xianglian_record IF NOT EXISTS FOR (n:Record) ON (n.id)")
    labels = "|".join(quoted(label) for label, names in known if names)
    names = sorted({f"n.{quoted(name)}" for _, names in known for name in names})
    found += ["DROP INDEX xianglian_names IF EXISTS",
              f"CREATE FULLTEXT INDEX xianglian_names FOR (n:{labels}) ON EACH "
              f"[{', '.join(names)}] OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'cjk'}}}}"]
    return found


def makes(statement: str) -> str:
    """The name of the constraint or index that a statement makes where it is not there yet."""
    name, then, _ = statement.removeprefix("CREATE ").partition(" IF NOT EXISTS")
    return name.partition(" ")[2].strip("`") if then else ""


def aliases(label: Label) -> str:
    """Things with several ids."""
    return f"MATCH (n:{quoted(label[0])}) WHERE n.ids IS NOT NULL RETURN n.id, n.ids"


def names(fields: Iterable[str]) -> str:
    """What live rows of a class call their things: number, about, then the fields."""
    told = "".join(f", r.{quoted(name)}" for name in fields)
    return f"{matching(['kind'])} AND {_LIVE} RETURN r.seq, r.about{told}"


def mentions(column: str) -> str:
    """Ids of a class that live rows name in a column."""
    return (f"MATCH (r:Row) USING INDEX r:Row({column}) WHERE r.{column} STARTS WITH $prefix "
            f"AND {_LIVE} RETURN collect(DISTINCT r.{column})")


def referring(name: str, multiple: bool) -> str:
    """Live rows, not newer than $before, of a kind whose field refers to one of some ids."""
    field = f"r.{quoted(name)}"
    test = f"any(one IN {field} WHERE one IN $ids)" if multiple else f"{field} IN $ids"
    return (f"{matching(['kind'])} AND {test} AND {_LIVE} AND r.learned <= $before "
            "RETURN properties(r)")


def touching(column: str) -> str:
    """Live rows, not newer than $before, with one of some ids in a column."""
    return f"{matching([column])} AND {_LIVE} AND r.learned <= $before RETURN properties(r)"


def merge_nodes(label: Label) -> str:
    return (f"UNWIND $nodes AS node MERGE (n:{quoted(label[0])} {{id: node.id}}) "
            f"SET n = node SET n:{quoted(label[1])}")


def ensure_nodes(label: Label) -> str:
    """Nodes that are left alone where they are there."""
    return (f"UNWIND $nodes AS node MERGE (n:{quoted(label[0])} {{id: node.id}}) "
            f"ON CREATE SET n = node, n:{quoted(label[1])}")


def drop_nodes(label: Label) -> str:
    return f"UNWIND $ids AS id MATCH (n:{quoted(label[0])} {{id: id}}) DETACH DELETE n"


def drop_relations(name: str) -> str:
    type = quoted(name)
    return (f"UNWIND $ids AS id MATCH ()-[e:{type}]->() USING INDEX e:{type}(id) "
            "WHERE e.id = id DELETE e")


def add_relations(name: str, head: Label, tail: Label) -> str:
    return (f"UNWIND $links AS link MATCH (a:{quoted(head[0])} {{id: link.head}}) "
            f"MATCH (b:{quoted(tail[0])} {{id: link.tail}}) "
            f"CREATE (a)-[e:{quoted(name)}]->(b) SET e = link.said")


def mark(source: Label, about: Label | None, *, fresh: bool) -> str:
    """Rows that become readable records, with what they come from and what they are about.

    fresh: none of them is one yet.
    """
    tie = "CREATE" if fresh else "MERGE"
    told = (f"MATCH (t:{quoted(about[0])} {{id: row.about}}) " if about else "")
    also = f" {tie} (r)-[:ABOUT]->(t)" if about else ""
    return (f"UNWIND $rows AS row MATCH (r:Row) USING INDEX r:Row(seq) WHERE r.seq = row.seq "
            f"MATCH (q:{quoted(source[0])} {{id: row.source}}) {told}"
            f"SET r:Record:记录 {tie} (r)-[:FROM]->(q){also}")


def clear_type(name: str) -> str:
    return f"MATCH ()-[e:{quoted(name)}]->() WITH e LIMIT $limit DELETE e RETURN count(*)"


def clear_label(label: str) -> str:
    return f"MATCH (n:{quoted(label)}) WITH n LIMIT $limit DETACH DELETE n RETURN count(*)"


CLEAR_TIES = tuple(
    f"MATCH (:Row)-[e:{name}]->() WITH e LIMIT $limit DELETE e RETURN count(*)"
    for name in ("FROM", "ABOUT"))
CLEAR_RECORDS = "MATCH (r:Record) WITH r LIMIT $limit REMOVE r:Record:记录 RETURN count(*)"

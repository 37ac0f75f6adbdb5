"""The books of the disk tier, read by another SQLite: do counts, totals and files agree?

Whether a file holds the bytes of its name is for those to see who are served from it: one that is out of
date or on its way out may hold others.

	account(store)		of a larder that has ended: a copy is read, the original is left alone
	agreement(store)	of one that runs and writes nothing

Both return what is wrong, as lines. The tables: src/store/disk/schema.c.
"""

import shutil
import sqlite3
import tempfile
from pathlib import Path

COUNTED = """
	SELECT artifacts.id, artifacts.refs, count(entries.id) FROM artifacts
	LEFT JOIN entries ON entries.artifact = artifacts.id
	GROUP BY artifacts.id HAVING artifacts.refs <> count(entries.id)"""
DANGLING = """
	SELECT entries.id, entries.artifact FROM entries WHERE entries.artifact IS NOT NULL
	AND entries.artifact NOT IN (SELECT id FROM artifacts)"""
UNPAIRED = """
	SELECT id FROM entries WHERE id NOT IN (SELECT id FROM records)
	UNION ALL SELECT id FROM records WHERE id NOT IN (SELECT id FROM entries)
	UNION ALL SELECT entry FROM tags WHERE entry NOT IN (SELECT id FROM entries)
	UNION ALL SELECT entries.id FROM entries JOIN records USING (id)
		WHERE entries.artifact IS NOT records.artifact"""
SUMS = {
    "entries": "SELECT count(*) FROM entries",
    "inline_bytes": "SELECT ifnull(sum(bytes), 0) FROM entries",
    "artifacts": "SELECT count(*) FROM artifacts",
    "artifact_bytes": "SELECT ifnull(sum(size), 0) FROM artifacts",
    "body_bytes": "SELECT ifnull(sum(body_bytes), 0) FROM entries",
}


def account(store, exact=False):
    """exact: it ended in order, so files are those of the rows and no more."""
    if not store.database.exists():
        return ["there is no database"]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, store.database.name)
        shutil.copyfile(store.database, copy)
        if store.log.exists():
            shutil.copyfile(store.log, copy.with_name(copy.name + "-wal"))
        database = sqlite3.connect(copy)
        try:
            return books(database) + files(database, store, exact)
        except sqlite3.Error as fault:
            return [f"SQLite says: {fault}"]
        finally:
            database.close()


def agreement(store):
    try:
        database = sqlite3.connect(f"file:{store.database}?mode=ro", uri=True, timeout=5)
    except sqlite3.Error as fault:
        return [f"SQLite says: {fault}"]
    try:
        database.execute("BEGIN")
        return books(database) + files(database, store, True)
    except sqlite3.Error as fault:
        return [f"SQLite says: {fault}"]
    finally:
        database.close()


def books(database):
    """The database for itself."""
    (check,) = database.execute("PRAGMA integrity_check").fetchone()
    wrong = [] if check == "ok" else [f"integrity: {check}"]
    for ident, refs, count in database.execute(COUNTED):
        wrong.append(f"artifact {ident} has {refs} references, {count} entries refer to it")
    wrong += [f"entry {ident} refers to artifact {artifact}, which has no row"
        for ident, artifact in database.execute(DANGLING)]
    wrong += [f"entry {ident} is not whole" for (ident,) in database.execute(UNPAIRED)]
    return wrong + totals(database)


def totals(database):
    wrong = []
    for name, sum_of in SUMS.items():
        (told,) = database.execute(f"SELECT {name} FROM totals").fetchone()
        (true,) = database.execute(sum_of).fetchone()
        if told != true:
            wrong.append(f"totals say {told} for {name}, the rows {true}")
    return wrong


def files(database, store, exact):
    """Each row's file is there; exact: no other is."""
    rows = {digest.hex(): size for digest, size in database.execute("SELECT digest, size FROM artifacts")}
    there = store.files()
    wrong = [f"no file of {name}" for name in rows.keys() - there.keys()]
    if exact:
        wrong += [f"no row of {name}" for name in there.keys() - rows.keys()]
    for name in rows.keys() & there.keys():
        size = length(there[name])
        if size != rows[name]:
            wrong.append(f"{name} has {size} bytes, its row says {rows[name]}")
    return wrong


def length(path):
    """-1 where it has gone meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1

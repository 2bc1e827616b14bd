"""Prints and pairs of near copies as rows of SQLite tables, the same in the catalog and in the staging file.

An index written before there were prints has no such tables; they are made by the next commit.
"""

from __future__ import annotations

import sqlite3

import numpy as np

from index.copies import Kept, Trace
from index.near import CONTEXTS, Print

PRINTS_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS prints (content_hash TEXT PRIMARY KEY, signature BLOB NOT NULL, "
    "sketch BLOB NOT NULL, sentences BLOB NOT NULL, contexts BLOB NOT NULL, counts BLOB NOT NULL, "
    "facts BLOB NOT NULL, vector BLOB NOT NULL, shingles BLOB NOT NULL)"
)
"""The longest stands last: SQLite reads the columns before it without touching its pages."""
PAIRS_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS near_pairs (a TEXT NOT NULL, b TEXT NOT NULL, kind TEXT NOT NULL, "
    "PRIMARY KEY (a, b)) WITHOUT ROWID"
)
TRACE_FIELDS = "content_hash, signature, sketch, sentences, contexts"
PRINT_FIELDS = f"{TRACE_FIELDS}, counts, facts, vector, shingles"


def print_values(kept: Kept) -> tuple[object, ...]:
    """A kept print as a row in the order of `PRINT_FIELDS`."""
    trace, made = kept.trace, kept.print
    arrays = (trace.signature, trace.sketch, trace.sentences, trace.contexts, made.counts, made.facts,
              kept.vector.astype(np.float16), made.shingles)  # fmt: skip
    return (trace.content_hash, *(np.ascontiguousarray(array).tobytes() for array in arrays))


def trace_of(row: sqlite3.Row) -> Trace:
    """The trace that a row of `TRACE_FIELDS` stands for."""
    return Trace(
        row["content_hash"],
        np.frombuffer(row["signature"], np.uint32),
        np.frombuffer(row["sketch"], np.uint64),
        np.frombuffer(row["sentences"], np.uint64),
        np.frombuffer(row["contexts"], np.uint32).reshape(-1, CONTEXTS),
    )


def kept_of(row: sqlite3.Row) -> Kept:
    """What a row of `PRINT_FIELDS` stands for."""
    trace = trace_of(row)
    made = Print(
        np.frombuffer(row["shingles"], np.uint32),
        np.frombuffer(row["counts"], np.uint32),
        trace.sentences,
        trace.contexts,
        np.frombuffer(row["facts"], np.uint32),
    )
    return Kept(trace, made, np.frombuffer(row["vector"], np.float16).astype(np.float32))

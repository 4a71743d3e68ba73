#!/usr/bin/env python3
"""Writes the .slt files beside it: the statements of source/*.sql with the answers of PostgreSQL 15.

Usage: generate.py PSQL_ARGUMENT...   (for example -h SOCKET_DIRECTORY -U postgres; the cluster's collation must be C)

A source file holds one statement a line. A query whose text has no ORDER BY is compared with its rows sorted.
Lines named in differences.md (`- file: statement`) are left out, until the difference is gone.
"""
import os, pathlib, re, subprocess, sys

here = pathlib.Path(__file__).parent
left_out = set(re.findall(r"^- \w+: `(.*)`", (here / "differences.md").read_text(), re.M))


def run(database, sql):
    """(sqlstate or None, columns, rows); every statement in a session of its own."""
    args = ["psql", *sys.argv[1:], "-X", "-q", "-d", database, "-A", "-v", "VERBOSITY=sqlstate", "-v", "ON_ERROR_STOP=1"]
    args += ["-F", "\x1f", "-R", "\x1e", "-P", "null=NULL", "-P", "footer=off", "-c", sql]
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode:
        return re.search(r"ERROR:\s+(\w{5})", done.stderr).group(1), 0, []
    out = done.stdout.removesuffix("\n")
    if not out:
        return None, 0, []
    head, *rows = out.split("\x1e")
    return None, head.count("\x1f") + 1, [[v or "(empty)" for v in r.split("\x1f")] for r in rows]


for source in sorted((here / "source").glob("*.sql")):
    database = "slt_" + source.stem
    run("postgres", f"DROP DATABASE IF EXISTS {database}")
    run("postgres", f"CREATE DATABASE {database}")
    text = f"# Written by generate.py from source/{source.name}: the answers are PostgreSQL 15's.\n"
    for line in source.read_text().splitlines():
        if not line.strip():
            continue
        # What changes tables is run in PostgreSQL even when it is left out here, or all that follows would differ.
        statement = line.rstrip().removesuffix(";")
        state, columns, rows = run(database, statement)
        if statement in left_out:
            continue
        if state:
            text += f"\nstatement error ({state})\n{statement}\n"
        elif columns:
            ordered = "ORDER BY" in statement and "_agg(" not in statement
            body = rows if ordered else sorted(rows)
            shown = "".join("\t".join(r) + "\n" for r in body)
            text += f"\nquery {'T' * columns}{'' if ordered else ' rowsort'}\n{statement}\n----\n{shown}"
        else:
            text += f"\nstatement ok\n{statement}\n"
    (here / (source.stem + ".slt")).write_text(text)

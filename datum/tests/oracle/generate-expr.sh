#!/usr/bin/env bash
# Writes expr.txt from expr.sql with a private PostgreSQL 15 as oracle; needs its binaries and, as root, the user postgres.
# A line of the result: expression TAB type TAB output, or expression TAB ERROR TAB sqlstate; NULL prints as \N, and newline,
# tab and backslash in an output as \n, \t and \\.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
dir=$(mktemp -d)
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
[ "$(id -u)" != 0 ] || chown postgres "$dir"
trap 'as "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop || true; rm -rf "$dir"' EXIT
as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --lc-collate=C --lc-ctype=C.UTF-8 >/dev/null
as "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -s start -o "-k $dir -h '' -c fsync=off -c timezone=UTC -c datestyle=ISO,MDY"
psql() { "$bin/psql" -h "$dir" -U postgres -X -q -v ON_ERROR_STOP=1 "$@"; }
psql <<'SQL'
CREATE FUNCTION answer(e text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r text;
BEGIN
  EXECUTE 'SELECT pg_typeof(x)::text || E''\t'' || CASE WHEN x IS NULL AND num_nulls(x) = 1 THEN ''\N'' ELSE '
    || 'replace(replace(replace(format(''%s'', x), ''\'', ''\\''), E''\n'', ''\n''), E''\t'', ''\t'') END '
    || 'FROM (SELECT (' || e || ') AS x) s' INTO r;
  RETURN r;
EXCEPTION WHEN OTHERS THEN RETURN 'ERROR' || E'\t' || SQLSTATE;
END $$;
CREATE TABLE expressions (n bigint GENERATED ALWAYS AS IDENTITY, e text);
SQL
sed 's/\\/\\\\/g' "$here/expr.sql" | psql -c "COPY expressions (e) FROM STDIN"
psql -At -c "SELECT e || E'\t' || answer(e) FROM expressions ORDER BY n" >"$here/expr.txt"
wc -l "$here/expr.txt"

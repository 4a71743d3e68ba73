#!/usr/bin/env bash
# Real programs against a demo of its own: psql, pgbench; a clean restart and a kill -9 in between.
# Uses free ports and a temporary directory; ends only what it started.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
demo=
cleanup() {
  [ -n "$demo" ] && kill -9 "$demo" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
passed=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
fail() { echo "FAIL $1"; tail -n 30 "$work/demo.log"; exit 1; }

start() {
  : >"$work/demo.log"
  bin/meridian demo --data-dir "$work/data" --listen-sql 127.0.0.1:0 --listen-http 127.0.0.1:0 >"$work/demo.log" 2>&1 &
  demo=$!
  for _ in $(seq 1 300); do
    grep -q "Ctrl-C stops" "$work/demo.log" && break
    kill -0 "$demo" 2>/dev/null || fail "the demo ended while it started"
    sleep 0.2
  done
  mapfile -t urls < <(grep -o "postgresql://[^']*" "$work/demo.log")
  [ "${#urls[@]}" = 3 ] || fail "three lines to paste, one for each region"
  url=${urls[0]}
}
stop_with() { kill "-$1" "$demo"; wait "$demo" 2>/dev/null || true; demo=; }
sql() { psql "$1" -X -A -t -q -v ON_ERROR_STOP=1 -c "$2"; }
is() { # NAME EXPECTED ACTUAL
  [ "$2" = "$3" ] && ok "$1" || fail "$1: wanted '$2', got '$3'"
}

start
ok "a demo starts on an empty directory"
bin/meridian demo --data-dir "$work/data" --listen-sql 127.0.0.1:0 --listen-http 127.0.0.1:0 >"$work/second.log" 2>&1 && fail "a second demo on the directory was not refused"
grep -q "is in use by another demo" "$work/second.log" && ok "a second demo on the directory is refused by name" || fail "refusal without a name"
is "the sample is there, seen from another region" "Frankenstein" "$(sql "${urls[1]}" 'select title from books where id = 1')"
sql "$url" "create table kept (id int primary key, v text not null unique); insert into kept values (1, 'a'), (2, 'b')"
is "rows are read by key" "b" "$(sql "${urls[2]}" 'select v from kept where id = 2')"
is "joins, grouping and sorting" "Mary Shelley:2 Jules Verne:2" "$(sql "$url" "select string_agg(n || ':' || c, ' ' order by i) from (select a.id i, a.name n, count(*) c from authors a join books b on b.author_id = a.id group by 1, 2 having count(*) > 1) x")"
is "window functions" "9.90 22.40 23.50" "$(sql "$url" "select string_agg(s::text, ' ') from (select sum(price) over (order by id rows between 1 preceding and current row) s from books order by id limit 3) x")"
psql "$url" -X -v ON_ERROR_STOP=1 -c '\dt+' -c '\d books' -c '\di' -c '\l' -c '\du' >"$work/psql.log" 2>&1 && grep -q '"books_pkey" PRIMARY KEY, btree (id)' "$work/psql.log" && ok "psql's meta-commands" || { cat "$work/psql.log"; fail "psql's meta-commands"; }
is "meridian_catalog shows nine cells" "9" "$(sql "$url" 'select count(*) from meridian_catalog.cells where state = $$live$$')"
code=$(psql "$url" -X -q -v VERBOSITY=sqlstate -c "insert into kept values (3, 'a')" 2>&1 | grep -o '[0-9A-Z]\{5\}$' || true)
is "a duplicate is 23505" "23505" "$code"
is "a transaction rolls back to a savepoint" "2" "$(sql "$url" "begin; update kept set v = 'x' where id = 1; savepoint s; delete from kept where id = 2; rollback to s; commit" >/dev/null; sql "$url" 'select id from kept where id = 2')"

pgbench -i -q -s 1 "$url" >"$work/pgbench.log" 2>&1 && ok "pgbench -i -s 1 with primary keys" || { cat "$work/pgbench.log"; fail "pgbench -i"; }
for mode in simple extended prepared; do
  pgbench -n -c 4 -j 2 -T 3 -M "$mode" "$url" >"$work/pgbench.log" 2>&1 || { cat "$work/pgbench.log"; fail "pgbench -M $mode"; }
  grep -q "number of failed transactions: 0 (" "$work/pgbench.log" || { cat "$work/pgbench.log"; fail "pgbench -M $mode had failed transactions"; }
  ok "pgbench -M $mode: $(grep -o 'tps = [0-9.]*' "$work/pgbench.log")"
done
sums="select (select sum(bbalance) from pgbench_branches) = d and (select sum(tbalance) from pgbench_tellers) = d and (select sum(abalance) from pgbench_accounts) = d from (select sum(delta) d from pgbench_history) h"
is "balances equal the history" "t" "$(sql "$url" "$sums")"

stop_with INT
start
is "everything is there after a clean restart" "x" "$(sql "$url" 'select v from kept where id = 1')"
sql "$url" "insert into kept values (9, 'acknowledged')"
stop_with KILL
start
is "what was acknowledged is there after kill -9" "acknowledged" "$(sql "$url" 'select v from kept where id = 9')"
is "balances equal the history after kill -9" "t" "$(sql "$url" "$sums")"
stop_with INT
echo "programs: $passed passed, 0 failed"

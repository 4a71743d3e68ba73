#!/usr/bin/env bash
# Asks a real PostgreSQL 15 what each case of cases/*.cases gives, and writes the answers to *.txt beside this script.
# The script starts a server of its own on a unix socket in a temporary directory and removes it again.
#
# Usage: generate.sh            (PGBIN: where initdb and pg_ctl are; run as root it becomes the user postgres)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${PGBIN:-/usr/lib/postgresql/15/bin}
dir=$(mktemp -d); chmod 755 "$dir"
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$dir" "$@"; else "$@"; fi; }
[ "$(id -u)" = 0 ] && chown postgres "$dir"
stop() { as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"; }
trap stop EXIT
as "$bin/initdb" -D "$dir/data" -A trust --no-sync --locale=C -E UTF8 -U postgres >/dev/null
as "$bin/pg_ctl" -w -D "$dir/data" -l "$dir/log" -o "-c listen_addresses='' -k $dir -c fsync=off -c timezone=UTC" start >/dev/null

functions="
set client_min_messages = error;
-- The result's text, or ! and the SQLSTATE and message.
create function pg_temp.try(sql text) returns text language plpgsql as \$\$
declare r text;
begin
  execute sql into r;
  return coalesce(r, 'NULL');
exception when others then
  return '!' || sqlstate || ' ' || sqlerrm;
end \$\$;
create function pg_temp.try_io(type text, input text) returns text language plpgsql as \$\$
declare send text; r text;
begin
  r := pg_temp.try(format('select format(''%%s'', %L::%s)', input, type));
  if r like '!%' then return r; end if;
  select replace(replace(typsend::text, '\"', ''), 'pg_catalog.', '') into send from pg_type where oid = regexp_replace(type, '\(.*\)', '')::regtype;
  return r || E'\t' || pg_temp.try(format('select encode(pg_catalog.%I(%L::%s), ''hex'')', send, input, type));
end \$\$;
create function pg_temp.try_assign(source text, target text, input text) returns text language plpgsql as \$\$
begin
  execute format('create temp table assigned (c %s)', target);
  execute format('insert into assigned select %L::%s', input, source);
  return pg_temp.try('select format(''%s'', c) from assigned') || (select '' from (select pg_temp.drop_assigned()) x);
exception when others then
  return '!' || sqlstate || ' ' || sqlerrm;
end \$\$;
create function pg_temp.drop_assigned() returns void language plpgsql as \$\$ begin execute 'drop table assigned'; end \$\$;
"
ask() { # name: SQL on standard input -> name.txt
  { echo "# Written by generate.sh from cases/$1.cases; PostgreSQL 15's own answers."; { echo "$functions"; cat; } |
      as "$bin/psql" -h "$dir" -U postgres -d postgres -qAtX -v ON_ERROR_STOP=1; } >"$here/$1.txt"
}
quote() { sed "s/'/''/g" <<<"$1"; }
# @ name=value changes a setting for the cases that follow; # comments.
settings() { echo "set ${1#@ };"; echo "select '$(quote "$1")';"; }

while IFS= read -r line; do
  case "$line" in
    '#'* | '') ;;
    @*) settings "$line" ;;
    *) IFS=$'\t' read -r type input <<<"$line"
       echo "select '$(quote "$type")' || E'\t' || '$(quote "$input")' || E'\t' || pg_temp.try_io('$(quote "$type")', '$(quote "$input")');" ;;
  esac
done <"$here/cases/io.cases" | ask io

while IFS= read -r line; do
  case "$line" in
    '#'* | '') ;;
    @*) settings "$line" ;;
    *) IFS=$'\t' read -r source target input <<<"$line"
       s=$(quote "$source") t=$(quote "$target") i=$(quote "$input")
       echo "select '$s' || E'\t' || '$t' || E'\t' || '$i' || E'\t' || pg_temp.try(format('select format(''%%s'', (%L::%s)::%s)', '$i', '$s', '$t'))
             || E'\t' || pg_temp.try_assign('$s', '$t', '$i');" ;;
  esac
done <"$here/cases/cast.cases" | ask cast

# name, number of arguments, SQL with \$1 and \$2; every function is asked about every value or pair of values.
{
  values=$(grep -v '^#' "$here/cases/numeric.cases" | grep -v '^fn' | paste -sd' ')
  while IFS=$'\t' read -r _ name arity sql; do
    for a in $values; do
      if [ "$arity" = 1 ]; then
        q=${sql//\$1/\'$a\'::numeric}
        echo "select '$name' || E'\t' || '$a' || E'\t\t' || pg_temp.try('select ($(quote "$q"))::text');"
      else
        for b in $values; do
          q=${sql//\$1/\'$a\'::numeric}; q=${q//\$2/\'$b\'::numeric}
          echo "select '$name' || E'\t' || '$a' || E'\t' || '$b' || E'\t' || pg_temp.try('select ($(quote "$q"))::text');"
        done
      fi
    done
  done < <(grep '^fn' "$here/cases/numeric.cases")
} | ask numeric

# name and arguments of a building block, and the SQL that it stands for.
while IFS= read -r line; do
  case "$line" in
    '#'* | '') ;;
    @*) settings "$line" ;;
    *) IFS=$'\t' read -r call sql <<<"$line"
       echo "select '$(quote "$call")' || E'\t' || pg_temp.try('select ($(quote "$sql"))::text');" ;;
  esac
done <"$here/cases/datetime.cases" | ask datetime

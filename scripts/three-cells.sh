#!/usr/bin/env bash
# Three cells and a router as processes of their own, on loopback.
#   three-cells.sh start DIR   makes certificates and the cluster at the first call, starts what does not run, prints URLs and process ids
#   three-cells.sh stop DIR    stops the router, then the cells, and waits for them
# BASE_PORT (26300): cells listen on BASE_PORT+1..3, their metrics on BASE_PORT+11..13, SQL on BASE_PORT+21..23 (embedded routers),
# the router's SQL on BASE_PORT+20 and its metrics on BASE_PORT+10.
set -euo pipefail

usage() { echo "usage: $0 start|stop DIR" >&2; exit 2; }
[ $# -eq 2 ] || usage
dir=$2
base=${BASE_PORT:-26300}
bin=${MERIDIAN:-$(dirname "$0")/../bin/meridian}
password_file=$dir/password
cells="127.0.0.1:$((base + 1)),127.0.0.1:$((base + 2)),127.0.0.1:$((base + 3))"

# running NAME: prints the process id if it runs and is ours.
running() {
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "$dir/certs" && echo "$pid"
}

# launch NAME ARGS...: starts a process unless it runs.
launch() {
  local name=$1
  shift
  running "$name" >/dev/null && return
  nohup "$bin" "$@" >>"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

# until_ready NAME PORT WANT: waits, at most a minute, until /readyz answers with the text.
until_ready() {
  for _ in $(seq 1 300); do
    curl -s "http://127.0.0.1:$2/readyz" 2>/dev/null | grep -q "$3" && return
    running "$1" >/dev/null || break
    sleep 0.2
  done
  echo "$1 does not come up; the end of $dir/$1.log:" >&2
  tail -5 "$dir/$1.log" >&2
  exit 1
}

start() {
  command -v curl >/dev/null || { echo "install curl: apt-get install curl" >&2; exit 1; }
  [ -x "$bin" ] || { echo "$bin is missing: make bin/meridian" >&2; exit 1; }
  mkdir -p "$dir/certs"
  [ -e "$dir/certs/ca/ca.crt" ] || "$bin" certs ca --dir "$dir/certs/ca"
  local name role
  for name in cell1 cell2 cell3 router admin; do
    role=${name%[0-9]}
    [ -e "$dir/certs/$name/node.crt" ] || "$bin" certs node --ca "$dir/certs/ca" --dir "$dir/certs/$name" --role "$role"
  done
  local i
  for i in 1 2 3; do
    launch "cell$i" cell --store "$dir/cell$i" --region local --zone "zone-$i" --join "$cells" --certs "$dir/certs/cell$i" \
      --listen "127.0.0.1:$((base + i))" --listen-http "127.0.0.1:$((base + 10 + i))" --listen-sql "127.0.0.1:$((base + 20 + i))"
  done
  if [ ! -e "$dir/initialized" ]; then
    for i in 1 2 3; do until_ready "cell$i" $((base + 10 + i)) "ready"; done
    [ -e "$password_file" ] || (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' 'xy' >"$password_file")
    "$bin" init --join "$cells" --certs "$dir/certs/admin" --password-file "$password_file"
    touch "$dir/initialized"
  fi
  launch router router --join "$cells" --certs "$dir/certs/router" --listen-sql "127.0.0.1:$((base + 20))" \
    --listen-http "127.0.0.1:$((base + 10))" --spill-dir "$dir/router-spill"
  for i in 1 2 3; do until_ready "cell$i" $((base + 10 + i)) "^ready"; done
  until_ready router $((base + 10)) "^ready"
  for name in cell1 cell2 cell3 router; do echo "$name process $(running "$name")"; done
  local password
  password=$(cat "$password_file")
  echo "router postgresql://root:$password@127.0.0.1:$((base + 20))/app?sslmode=require"
  for i in 1 2 3; do echo "cell$i postgresql://root:$password@127.0.0.1:$((base + 20 + i))/app?sslmode=require"; done
}

stop() {
  local name pid
  for name in router cell1 cell2 cell3; do
    pid=$(running "$name") || continue
    kill -TERM "$pid"
    # A router lets transactions finish for 10 s.
    for _ in $(seq 1 150); do
      running "$name" >/dev/null || break
      sleep 0.2
    done
    running "$name" >/dev/null && { echo "$name (process $pid) does not stop; see $dir/$name.log" >&2; exit 1; }
    rm -f "$dir/$name.pid"
  done
}

case $1 in
start) start ;;
stop) stop ;;
*) usage ;;
esac

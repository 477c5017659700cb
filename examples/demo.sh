#!/bin/sh
# From a CSV file to a served prediction, step by step; thrum must be on PATH. Run by ./dev demo.
set -eu
data=$(cd "$(dirname "$0")/data" && pwd)
folder=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" || true; fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$folder"
cp "$data/breast_cancer.csv" .

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }

step "1. Look at the data: 569 tumours, 30 measurements, the diagnosis"
show thrum data inspect breast_cancer.csv --target diagnosis

step "2. Keep a quarter of the rows aside"
show thrum data split breast_cancer.csv --train train.csv --test test.csv --fraction 0.25 --seed 5

step "3. Train, on every core"
show thrum train logistic-regression train.csv --target diagnosis -o tumour.thrum

step "4. How good is it on rows it has not seen?"
show thrum evaluate tumour.thrum test.csv --min accuracy=0.9

step "5. Serve it, with two worker processes"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '\033[2m$ thrum serve tumour.thrum -w 2 -b 127.0.0.1:%s &\033[0m\n' "$port"
thrum serve tumour.thrum -w 2 -b "127.0.0.1:$port" &
server=$!
tries=100
until curl -fs -o health.json "127.0.0.1:$port/v2/health/ready"; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ] || ! kill -0 "$server"; then
    echo "demo: the server does not answer" >&2
    exit 1
  fi
  sleep 0.1
done

step "6. Ask for the first tumour of the test rows"
python3 - >request.json <<'PYTHON'
import csv, json
row = next(csv.DictReader(open("test.csv")))
print(json.dumps({"instances": [{name: float(value) for name, value in row.items() if name != "diagnosis"}]}))
PYTHON
show curl -fsS "127.0.0.1:$port/predict" -d @request.json
printf '\n(the diagnosis was: %s)\n' "$(sed -n '2s/.*,//p' test.csv)"

step "7. Stop the server: SIGTERM answers what is in flight, then ends"
kill "$server"
wait "$server"
server=
step "That was all: one binary, from the CSV file to the answer."

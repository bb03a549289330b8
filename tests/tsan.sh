#!/usr/bin/env bash
# Integration tests with programs built for the thread sanitizer: tsan.sh FOLDER-OF-PROGRAMS FOLDER-FOR-REPORTS.
# Most processes end by SIGKILL and can't say by their status that they raced: any report at all is a failure.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf "$2" && mkdir -p "$2"
TSAN_OPTIONS="log_path=$2/report suppressions=$PWD/tsan.supp" ONGGI_BIN="$1" PYTHONPATH=integration \
  /usr/bin/python3 -m unittest -v test_restart test_emptied_master test_replicas_behind test_write_acks test_failover
[[ -z "$(ls "$2")" ]] || { cat "$2"/*; exit 1; }

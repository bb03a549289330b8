# The fuzzing part of ./onggi (sourced by it): builds the libFuzzer targets and runs them, each on a copy of its corpus
# that grows under build/fuzz. A finding is a file under build/fuzz/findings; docs/fuzzing.md says what to do with it.

FUZZ_PACKAGES=(clang-14 libclang-rt-14-dev)
FUZZ_BIN="$ROOT/build/fuzz/bin"

fuzz_targets() { (cd "$ROOT/tests/fuzz/targets" && for file in *.cpp; do printf '%s\n' "${file%.cpp}"; done); }

# fuzz_target NAME SECONDS: libFuzzer's own words; fails with what it found.
fuzz_target() {
  local grown="$ROOT/build/fuzz/corpus/$1" findings="$ROOT/build/fuzz/findings"
  mkdir -p "$grown" "$findings"
  "$FUZZ_BIN/fuzz-$1" -max_total_time="$2" ${ONGGI_FUZZ_SEED:+-seed="$ONGGI_FUZZ_SEED"} -max_len=4096 -timeout=20 -rss_limit_mb=2048 -entropic=0 -print_final_stats=1 \
    -artifact_prefix="$findings/$1-" "$grown" "$ROOT/tests/fuzz/corpus/$1"
}

# What of the grown corpus reaches new code takes the place of the repository's, which stays small; regressions stay.
fuzz_keep() {
  local target="$1" kept="$ROOT/tests/fuzz/corpus/$1" fresh file
  fresh="$(mktemp -d)"
  "$FUZZ_BIN/fuzz-$target" -set_cover_merge=1 -use_counters=0 -merge_control_file="$fresh.control" "$fresh" "$ROOT/build/fuzz/corpus/$target" "$kept" \
    >"$ROOT/build/fuzz/keep-$target.log" 2>&1 || fail "the corpus of $target can't be merged (build/fuzz/keep-$target.log)"
  for file in "$kept"/*; do [[ "$(basename "$file")" == regression-* ]] || rm -f "$file"; done
  cp -n "$fresh"/* "$kept"/
  rm -r "$fresh" "$fresh.control"
  say "$target: $(ls "$kept" | wc -l) files"
}

fuzz() {
  local seconds=60 keep=no targets=() target findings=0
  while (($#)); do
    case "$1" in
      --seconds) (($# >= 2)) && [[ "$2" =~ ^[1-9][0-9]*$ ]] || fail "--seconds needs a number"; seconds="$2"; shift 2 ;;
      --keep) keep=yes; shift ;;
      -*) fail "fuzz knows no '$1': ./onggi fuzz [TARGET...] [--seconds N] [--keep]" ;;
      *) [[ -f "$ROOT/tests/fuzz/targets/$1.cpp" ]] || fail "no target '$1' ($(fuzz_targets | tr '\n' ' '))"
        targets+=("$1"); shift ;;
    esac
  done
  ((${#targets[@]})) || mapfile -t targets < <(fuzz_targets)
  install_packages "${FUZZ_PACKAGES[@]}"
  build fuzz
  for target in "${targets[@]}"; do
    local log="$ROOT/build/fuzz/$target.log" ok=yes
    fuzz_target "$target" "$seconds" >"$log" 2>&1 || ok=no
    if [[ $ok == yes ]]; then
      printf '%-16s %s\n' "$target" "$(sed -n 's/.*DONE *\(cov: [0-9]*\).*exec.s: \([0-9]*\).*/\1, \2 a second/p' "$log"), $(sed -n 's/^stat::number_of_executed_units: //p' "$log") inputs"
      [[ $keep == no ]] || fuzz_keep "$target"
    else
      findings=$((findings + 1))
      printf '%-16s FOUND SOMETHING (%s)\n' "$target" "$log"
      grep -E '^fuzz: |ERROR: |runtime error|SUMMARY|Test unit written' "$log" || tail -n 20 "$log"
    fi
  done
  ((findings == 0)) || fail "$findings of ${#targets[@]} targets found something"
}

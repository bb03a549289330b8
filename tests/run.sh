# The tests' part of ./onggi (sourced by it): every step's output goes to a file, a failed step's is shown, and the last
# line counts cases: doctest's, unittest's, and one for each other step. The whole is meant to take less than 40 minutes
# on two cores.

# What is left out when time is short is said; nothing that was begun is cut off before the hard limit.
TEST_DEADLINE_S="${ONGGI_TEST_SECONDS:-2280}"
HARD_LIMIT_S=4800
PASSED=0 FAILED=0 SKIPPED=0 FAILED_STEPS=() LEFT_OUT=()

LINT_PACKAGES=(clang-format-14 clang-tidy-14)
TEST_PACKAGES=(python3 python3-redis redis-server redis-tools redis-sentinel iproute2 nftables)

test_parts() { echo "unit, scenarios, simulation, integration, chaos, fuzz, asan, tsan, code, lint"; }

sources() { find "$ROOT"/{common,storage,node,sentinel,cli,chaos,tests,bench} -name '*.cpp' -o -name '*.h' | sort; }

format_sources() {
  install_packages clang-format-14
  sources | tr '\n' '\0' | xargs -0 clang-format-14 -i
}

# What there was no time for is told at once, and in the end.
leave_out() {
  say "no time left for $1: skipped (./onggi test $1)"
  LEFT_OUT+=("$1")
}

# Adds the cases that a log speaks of; a step that speaks of none is one case.
count_cases() {
  local log="$1" ok="$2" passed failed skipped
  read -r passed failed skipped < <(awk '
    /test cases:/ && /passed/ { line = $0; gsub(/\033\[[0-9;]*m/, "", line); split(line, part, "|")
      split(part[2], p, " "); split(part[3], f, " "); passed += p[1]; failed += f[1] }
    /^Ran [0-9]+ tests? in/ { ran = $2 }
    /^(OK|FAILED) \(/ { # unittest: (failures=1, errors=2, skipped=3)
      line = $0; gsub(/[()]/, " ", line); count = split(line, part, /[ ,]+/)
      for (i = 1; i <= count; i++) { split(part[i], n, "="); if (n[1] ~ /^(failures|errors)$/) bad += n[2]; if (n[1] == "skipped") left += n[2] } }
    END { print passed + ran - bad - left, failed + bad, left + 0 }' "$log")
  if [[ $ok == yes ]]; then
    ((passed > 0)) || passed=1
  elif ((failed == 0)); then
    failed=1
  fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}

# step NAME COMMAND...: runs it within what is left of the time; shows its output if it fails.
step() {
  local name="$1" log="$ROOT/build/test-logs/${1//[^a-zA-Z0-9]/-}.log" start=$SECONDS ok=yes left
  shift
  mkdir -p "$(dirname "$log")"
  left=$((HARD_LIMIT_S - SECONDS))
  ((left > 5)) || left=5
  printf '%-44s ' "$name"
  timeout --signal=INT --kill-after=20 "$left" "$@" >"$log" 2>&1 </dev/null || ok=no
  count_cases "$log" "$ok"
  if [[ $ok == yes ]]; then
    printf 'ok      %4d s\n' $((SECONDS - start))
  else
    printf 'FAILED  %4d s   (%s)\n' $((SECONDS - start)) "$log"
    FAILED_STEPS+=("$name")
    # ctest -V starts each line with the test's number: show what belongs to the failed ones, else the end.
    local numbers
    numbers="$(awk '/\*\*\*(Failed|Timeout|Exception)/ { for (i = 1; i <= NF; i++) if ($i ~ /^#[0-9]+:$/) print substr($i, 2) }' "$log")"
    if [[ -n "$numbers" ]]; then
      awk -v numbers="$numbers" 'BEGIN { split(numbers, n, "\n"); for (i in n) wanted[n[i]] = 1 } wanted[$1]' "$log" | tail -n 150
    else
      tail -n 60 "$log"
    fi
  fi
}

built() { build "$1" >"$ROOT/build/build-$1.log" 2>&1 || { tail -n 40 "$ROOT/build/build-$1.log"; return 1; }; }

# Builds a preset as a step of its own; later steps of that preset are skipped if it fails.
step_build() {
  mkdir -p "$ROOT/build/test-logs"
  if [[ -t 1 ]]; then
    (build "$1") && PASSED=$((PASSED + 1)) && return 0
    FAILED=$((FAILED + 1)) FAILED_STEPS+=("build $1")
    return 1
  fi
  local before=$FAILED
  step "build $1" "$ROOT/onggi" build "$1"
  ((FAILED == before))
}

ctest_step() {  # NAME PRESET CTEST-ARGUMENTS...
  step "$1" ctest --test-dir "$ROOT/build/$2" -V -j2 --timeout 900 --no-tests=error "${@:3}"
}

step_integration() {
  [[ -d "$ROOT/tests/integration" ]] || return 0
  local modules="$ROOT/build/node_modules"
  if grep -rqs ioredis "$ROOT/tests/integration" && command -v npm >/dev/null && [[ ! -d "$modules/ioredis" ]]; then
    # Beside the build, never in the sources. Without it the tests that need ioredis say that they are skipped.
    npm install --prefix "$ROOT/build" --no-save --no-audit --no-fund ioredis@5 >"$ROOT/build/npm.log" 2>&1 ||
      say "npm could not fetch ioredis (build/npm.log): its tests are skipped"
  fi
  step integration env NODE_PATH="$modules" ONGGI_BIN="$BIN" PYTHONPATH="$ROOT/tests/integration" \
    /usr/bin/python3 -m unittest discover -s "$ROOT/tests/integration" -v
}

# The checkers' own tests, and one short run on hosts of namespaces (where they may be had). ./onggi chaos has the long ones.
step_chaos() {
  step chaos env NODE_PATH="$ROOT/build/node_modules" ONGGI_BIN="$BIN" \
    /usr/bin/python3 -m unittest discover -s "$ROOT/chaos/tests" -t "$ROOT" -v
}

step_lint() {
  if ((TEST_DEADLINE_S - SECONDS < 300)) && [[ ${1:-} == optional ]]; then
    leave_out lint
    return 0
  fi
  local files
  mapfile -t files < <(sources)
  step "clang-format" clang-format-14 --dry-run --Werror "${files[@]}"
  step "clang-tidy" /usr/bin/python3 "$ROOT/tests/code/tidy.py" "$ROOT" release
}

step_code() {
  step "the code itself: self-test" /usr/bin/python3 "$ROOT/tests/code/check.py" --self-test
  step "the code itself: sizes, includes, edges" /usr/bin/python3 "$ROOT/tests/code/check.py" "$ROOT"
  step "the documents: every directive" /usr/bin/python3 "$ROOT/tests/code/directives.py" "$ROOT"
}

sanitizer() {  # a sanitizer's build and the units under it, if there is time for it
  if ((TEST_DEADLINE_S - SECONDS < 240)); then
    leave_out "$1"
    return 0
  fi
  step_build "$1" && ctest_step "unit under $1" "$1" -E '^(code|differential|compatibility)'
}

# Threads are in the programs' edges alone: the network's tests run under tsan, and the programs themselves through
# restarts, full copies, failovers. A report of any process fails the step.
tsan() {
  if ((TEST_DEADLINE_S - SECONDS < 400)); then
    leave_out tsan
    return 0
  fi
  step "build tsan" bash -c "'$ROOT/onggi' build tsan onggi-node onggi-sentinel test-common" || return 0
  local bin="$ROOT/build/tsan/bin"
  [[ -x "$bin/onggi-node" && -x "$bin/test-common" ]] || return 0
  step "test-common under tsan" "$bin/test-common"
  step "programs under tsan" bash "$ROOT/tests/tsan.sh" "$bin" "$ROOT/build/tsan/reports"
}

# Each fuzz target for a few seconds, from its corpus on (docs/fuzzing.md); the corpus itself is replayed by ctest.
step_fuzz() {
  local target seconds="${ONGGI_FUZZ_SECONDS:-6}"
  if ((TEST_DEADLINE_S - SECONDS < 600)) && [[ ${1:-} == optional ]]; then
    leave_out fuzz
    return 0
  fi
  step_build fuzz || return 0
  for target in $(fuzz_targets); do
    # From one seed: what the suite finds it finds again. ./onggi fuzz goes new ways each time.
    step "fuzz $target, $seconds s" env ONGGI_FUZZ_SEED=1 "$ROOT/onggi" fuzz "$target" --seconds "$seconds"
  done
}

run_everything() {
  if step_build release; then
    ctest_step "unit, scenarios, simulation (release)" release -E '^code'
    step_integration
    step_chaos
  fi
  step_code
  sanitizer asan
  tsan
  step_fuzz optional
  step_lint optional
}

# A word that names no part: ctest's names first, else the test cases that hold it.
run_matching() {
  step_build release || return 0
  if ctest --test-dir "$ROOT/build/release" -N -R "$1" 2>/dev/null | grep -q 'Total Tests: [1-9]'; then
    ctest_step "$1" release -R "$1"
  else
    local program
    for program in "$BIN"/test-*; do
      "$program" -ltc -tc="*$1*" 2>/dev/null | grep -q 'unskipped test cases passing the current filters: 0' && continue
      step "$(basename "$program") *$1*" "$program" -tc="*$1*"
    done
    ((PASSED + FAILED > 1)) || fail "no test is called '$1'"
  fi
}

run_tests() {
  local part="${1:-everything}"
  (($# <= 1)) && [[ "$part" != -* ]] || fail "test takes one word: a part ($(test_parts)), or what to look for in the tests' names"
  install_packages "${BUILD_PACKAGES[@]}"
  [[ ! "$part" =~ ^(everything|lint)$ ]] || install_packages "${LINT_PACKAGES[@]}"
  [[ "$part" =~ ^(simulation|fuzz|asan|code|lint)$ ]] || want_packages "${TEST_PACKAGES[@]}"
  mkdir -p "$ROOT/build/test-logs"
  case "$part" in
    everything) run_everything ;;
    unit) step_build release && ctest_step unit release -E simulation ;;
    scenarios) run_matching scenario ;;
    simulation) step_build release && ctest_step simulation release -R simulation ;;
    integration) step_build release && step_integration ;;
    chaos) step_build release && step_chaos ;;
    fuzz) step_fuzz ;;
    asan) sanitizer asan ;;
    tsan) tsan ;;
    code) step_code ;;
    lint) build release >/dev/null; step_code; step_lint ;;
    *) run_matching "$part" ;;
  esac || true
  say ""
  ((FAILED == 0)) || say "failed: $(printf '%s; ' "${FAILED_STEPS[@]}")"
  ((SKIPPED == 0)) || say "skipped: $SKIPPED cases that this machine can't run (build/test-logs says why)"
  ((${#LEFT_OUT[@]} == 0)) || say "left out, no time: ${LEFT_OUT[*]}"
  say "in $((SECONDS / 60)) min $((SECONDS % 60)) s:"
  say "$PASSED passed, $FAILED failed"
  ((FAILED == 0))
}

#!/usr/bin/env bash
# Do the hunters work? Each rule of common/defects.h is switched off in turn, and the simulator must notice within a
# number of seeds (from 1 up). Prints a table; exits 1 if one that was caught before is not.
#
#   defects.sh ONGGI_SIM [SEEDS]     ONGGI_SIM: of a build with `cmake --preset defects`
set -euo pipefail

sim="$1" seeds="${2:-200}" missed=0
caught=(no-lease no-lease-wait lease-after-vote vote-not-stored promise-not-stored fence-of-one offset-only stale-acks
  resumes-as-master start-not-synced unsure-counts stream-unpromised learners-count members-unheld lease-unpublished
  planned-unvoted pause-is-fence no-wait-at-start refused-is-proof leader-resumes two-choices down-if-gone
  promote-any-run token-of-any-epoch pause-without-end ack-before-match ack-unwritten tier-apart)
printf '%-20s %-7s %s\n' 'rule switched off' seed 'what the simulator says'
for defect in "${caught[@]}"; do
  if output="$(ONGGI_DEFECT="$defect" "$sim" --seeds "$seeds" --until-failure --must-fail --jobs 1 2>&1)"; then
    failure="$(grep -m1 -E '^seed [0-9]+ fails: ' <<<"$output")"
    printf '%-20s %-7s %s\n' "$defect" "$(cut -d' ' -f2 <<<"$failure")" "${failure#*fails: }"
  else
    printf '%-20s %-7s %s\n' "$defect" - "not within $seeds seeds"
    missed=1
  fi
done
exit "$missed"

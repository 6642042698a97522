#!/bin/sh
# A step of a build: the model is proved, a mapping database in C is checked, and reports are left behind.
#
#     sh docs/examples/ci.sh docs/examples/mapdb.c
#
# The status is that of the first command that failed. All commands run nevertheless, so that all reports are there.
# What may be set: DIALECT, PATTERN (which obligations; all of the model if empty), SECONDS_OF_CHECK, SEED, REPORTS (a
# folder), BASELINE (an earlier prove.json: what was proved there has to be proved still), CC, CFLAGS.
set -u
source=${1:?"usage: sh ci.sh FILE.c"}
dialect=${DIALECT:-canonical}
seconds=${SECONDS_OF_CHECK:-60}
reports=${REPORTS:-reports}
mkdir -p "$reports" || exit 2

status=0
run() {
    echo "+ $*"
    "$@"
    code=$?
    if [ "$status" -eq 0 ]; then status=$code; fi
    return "$code"
}

# 1. What is to hold of the dialect, proved; nothing may be worse than it was.
run musigma prove ${PATTERN:+"$PATTERN"} --dialect "$dialect" --quiet \
    --json "$reports/prove.json" --junit "$reports/prove.xml" --sarif "$reports/prove.sarif" \
    --markdown "$reports/prove.md" ${BASELINE:+--check-against "$BASELINE"}

# 2. The database, compared with the dialect. The header is installed with musigma.
header=$(python3 -P -c 'from importlib.resources import files; print(files("refinement") / "check")') || exit 2
# shellcheck disable=SC2086 # CFLAGS are words
run "${CC:-cc}" -O1 -g -shared -fPIC ${CFLAGS:-} -I "$header" -o "$reports/mapdb.so" "$source" &&
    run musigma check "$reports/mapdb.so" --dialect "$dialect" --seconds "$seconds" --seed "${SEED:-1}" \
        --json "$reports/check.json" --junit "$reports/check.xml" \
        --trace "$reports/trace.json" --pytest "$reports/test_finding.py"

echo "status $status, reports in $reports"
exit "$status"

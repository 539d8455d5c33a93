# Shared by the shell tests: a scratch folder, TAP lines, and the two programs under test.
set -u
root=$PWD
kvreel=$root/build/release/kvreel
kvreel_san=$root/build/san/kvreel
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0
ok() { count=$((count + 1)); echo "ok $count $1"; }
not_ok() { count=$((count + 1)); echo "not ok $count $1"; bad=1; }
check() { # description command...
    local what=$1
    shift
    if "$@"; then ok "$what"; else not_ok "$what"; fi
}
same() { # description file file
    if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1"; diff "$2" "$3" | head -20; fi
}
bad=0
finish() { echo "1..$count"; exit $bad; }

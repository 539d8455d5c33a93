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
# What a command prints and the code with which it exits; code leaves both outputs in $scratch/out and $scratch/err.
says() { # description pattern command...
    local what=$1 pattern=$2
    shift 2
    "$@" > "$scratch/said" 2>&1
    if grep -qE -- "$pattern" "$scratch/said"; then ok "$what"; else not_ok "$what"; sed 's/^/    /' "$scratch/said" | head -20; fi
}
code() { # description wanted command...
    local what=$1 want=$2
    shift 2
    "$@" > "$scratch/out" 2> "$scratch/err"
    local got=$?
    if [ $got = "$want" ]; then ok "$what"; else not_ok "$what: exit $got"; cat "$scratch/out" "$scratch/err" | sed 's/^/    /' | head -20; fi
}
bad=0
finish() { echo "1..$count"; exit $bad; }

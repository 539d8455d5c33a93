# Wrong scenes: each .cfg in tests/bad has the exact report beside it, and the exit code is 2.
. tests/shell/lib.bash
cd tests/bad || exit 1
for scene in *.cfg; do
    case $scene in *.inc.cfg) continue;; esac
    want=${scene%.cfg}.txt
    "$kvreel_san" check "$scene" >"$scratch/out" 2>"$scratch/err"
    code=$?
    [ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/err" "$want"
    if [ $code -ne 2 ]; then not_ok "$scene exits with 2, not $code"; cat "$scratch/err"; continue; fi
    same "$scene is reported as expected" "$want" "$scratch/err"
done
finish

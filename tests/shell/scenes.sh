# Every scene that comes with kvreel, in every style and shape, has nothing to stumble over.
. tests/shell/lib.bash
clean() { # description, then arguments of check
    local what=$1
    shift
    if "$kvreel" check --strict --quiet "$@" > "$scratch/out" 2>&1; then ok "$what"; else not_ok "$what"; head -5 "$scratch/out"; fi
}
for scene in scenes/*.cfg; do
    check "$scene checks, sanitized" "$kvreel_san" check "$scene" --size gif
    for style in $("$kvreel" list styles | cut -d' ' -f1); do
        for size in 1080p square portrait gif; do
            clean "$scene is fine in $style at $size" "$scene" -o x.mp4 --size "$size" --style "$style"
        done
    done
    clean "$scene is fine as it stands" "$scene"
    clean "$scene is fine with reduced motion" "$scene" --video.reduced_motion true
done
"$kvreel" new "$scratch/new.cfg" > /dev/null
clean "the starter scene is fine as it is" "$scratch/new.cfg"
check "the starter scene checks, sanitized" "$kvreel_san" check "$scratch/new.cfg" --size gif
check "the starter scene renders as it is" "$kvreel" render "$scratch/new.cfg" --fps 4 --size gif --quiet -o "$scratch/new.gif"
check "the starter scene is not overwritten" test 1 = "$("$kvreel" new "$scratch/new.cfg" >/dev/null 2>&1; echo $?)"
finish

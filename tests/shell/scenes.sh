# Every scene that comes with kvreel checks, and draws in both styles and all shapes.
. tests/shell/lib.bash
for scene in scenes/*.cfg; do
    check "$scene checks" "$kvreel_san" check "$scene"
    for size in 1080p square portrait gif; do
        check "$scene draws in $size" "$kvreel" still "$scene" --at 3 --size $size --style paper --quiet -o "$scratch/a.png"
    done
done
"$kvreel" new "$scratch/new.cfg" > /dev/null
check "the starter scene checks as it is" "$kvreel_san" check "$scratch/new.cfg"
check "the starter scene renders as it is" "$kvreel" render "$scratch/new.cfg" --fps 4 --size gif --quiet -o "$scratch/new.gif"
check "the starter scene is not overwritten" test 1 = "$("$kvreel" new "$scratch/new.cfg" >/dev/null 2>&1; echo $?)"
finish

# A stopped render leaves nothing; an equal output is left alone; a failing one says why.
. tests/shell/lib.bash
mkdir "$scratch/out"
"$kvreel" render scenes/walkthrough.cfg --quiet -o "$scratch/out/a.mp4" -o "$scratch/out/a.gif" &
pid=$!
sleep 2
kill -INT $pid
wait $pid
code=$?
check "Ctrl-C ends with 130, not $code" test $code = 130
check "nothing is left behind" test -z "$(ls -A "$scratch/out")"

small=(--size gif --fps 2 --quiet)
"$kvreel" render scenes/prefill.cfg "${small[@]}" -o "$scratch/a.gif"
before=$(stat -c %y "$scratch/a.gif")
sleep 0.1
"$kvreel" render scenes/prefill.cfg "${small[@]}" -o "$scratch/a.gif"
check "an equal output is left untouched" test "$before" = "$(stat -c %y "$scratch/a.gif")"

"$kvreel" render scenes/prefill.cfg "${small[@]}" -o "$scratch/none/a.gif" 2> "$scratch/err"
check "a missing folder is exit 1" test $? = 1
check "and is named" grep -q "none" "$scratch/err"
"$kvreel" render scenes/prefill.cfg "${small[@]}" -o "$scratch/a.xyz" 2> "$scratch/err"
check "an unknown suffix is exit 2" test $? = 2
check "and the known ones are listed" grep -q "\.mp4" "$scratch/err"
"$kvreel" render scenes/prefill.cfg --size 641x361 --fps 2 --quiet -o "$scratch/odd.mp4" 2> "$scratch/err"
check "an odd size for MP4 is refused" test $? != 0
check "with a reason" grep -qi "even" "$scratch/err"
check "and leaves no file" test ! -e "$scratch/odd.mp4"
if [ -w /dev/full ]; then
    "$kvreel" render scenes/prefill.cfg "${small[@]}" -o /dev/full/a.gif 2> "$scratch/err"
    check "a path that is no folder is exit 1" test $? = 1
fi
finish

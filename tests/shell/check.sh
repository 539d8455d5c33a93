# kvreel check as a user runs it: a finding in words, as JSON, as a picture, and as an error.
. tests/shell/lib.bash
cat > "$scratch/typed.cfg" <<'END'
video = { size = "gif"; fps = 10; };
chapters = ( {
    view = "memory";
    title = "Every chat fills the same memory";
    stops = ["64K", "full"];
    cues = ( { text = "Each GPU has 80 GiB of memory to fill."; }, { on = "full"; text = "One GPU {mem.fullness}."; hold = 2.0; } );
} );
END
"$kvreel_san" check "$scratch/typed.cfg" > "$scratch/out"
check "a finding alone is no error" test $? = 0
says "it names the line and the rule" 'typed.cfg:6: \[1 typed\] 0:00.0 to ' cat "$scratch/out"
says "it names the object and its box" '“Each GPU has 80 GiB of memory to fill.” \(caption\).*\(out/typed.mp4, at [0-9]+,[0-9]+ [0-9]+×[0-9]+\)' cat "$scratch/out"
says "each output is counted" '^out/typed.mp4, 640×360, midnight: 1 thing ' cat "$scratch/out"
"$kvreel_san" check "$scratch/typed.cfg" --strict > /dev/null
check "with --strict it is exit 2" test $? = 2
"$kvreel_san" check "$scratch/typed.cfg" --json > "$scratch/json"
says "--json has the same" '^\[\{"rule":"typed","file":".*/typed.cfg","line":6,"output":"out/typed.mp4","chapter":"Memory","from":0.000,.*"a":\{"name":"caption","text":"Each GPU' cat "$scratch/json"
"$kvreel_san" check "$scratch/typed.cfg" --picture "$scratch/marks.png" > /dev/null
check "--picture draws a PNG" test "$(head -c 4 "$scratch/marks.png" | tail -c 3)" = PNG
"$kvreel" still "$scratch/typed.cfg" --at 0 --quiet -o "$scratch/plain.png"
check "with more than the picture in it" test "$(cmp -s "$scratch/marks.png" "$scratch/plain.png"; echo $?)" = 1
"$kvreel_san" check "$scratch/typed.cfg" --picture "$scratch/marks.pdf" > /dev/null 2> "$scratch/err"
check "which can only be a PNG" test $? = 2
says "and is told so" '^--picture is .*it must be a .png file' cat "$scratch/err"

"$kvreel" render "$scratch/typed.cfg" --strict -o "$scratch/film.gif" > "$scratch/out" 2> "$scratch/err"
check "render --strict refuses" test $? = 2
says "and says why" '\[1 typed\]' cat "$scratch/err"
check "and draws nothing" test ! -e "$scratch/film.gif"
"$kvreel" render "$scratch/typed.cfg" -o "$scratch/film.gif" > "$scratch/out" 2> "$scratch/err"
check "render alone draws it" test -s "$scratch/film.gif"
says "and tells where to look" '^kvreel: A viewer would stumble over 1 thing in this film; `kvreel check .*typed.cfg` names it' cat "$scratch/err"
"$kvreel" render "$scratch/typed.cfg" --quiet -o "$scratch/film2.gif" > "$scratch/out" 2> "$scratch/err"
check "with --quiet it says nothing" test ! -s "$scratch/err"
check "and the bytes are the same" cmp -s "$scratch/film.gif" "$scratch/film2.gif"
finish

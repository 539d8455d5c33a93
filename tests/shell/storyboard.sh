# A film on paper: sheets of PNG, pages of PDF, the motion of a chapter.
. tests/shell/lib.bash
cat > "$scratch/long.cfg" <<'X'
title = "A long film";
video = { size = "640x360"; fps = 12; };
run = { prompt = "Mia has a red kite. Tom has"; steps = 2; };
chapters = (
    { view = "prefill"; title = "Prefill reads the whole prompt"; cues = ( { text = "{prompt.tokens} tokens."; }, { on = "scores"; text = "{pass.scores} scores."; hold = 0.5; } ); },
    { view = "memory"; title = "Chats fill memory"; stops = ["64K", "128K"]; pace = 4.0; cues = ( { on = "64K"; name = "half way"; text = "{mem.total}."; hold = 0.5; } ); }
);
X
fails() { # description code pattern command...
    local what=$1 want=$2 pattern=$3 got
    shift 3
    "$@" > "$scratch/out" 2>&1
    got=$?
    if [ $got = "$want" ] && grep -qE -- "$pattern" "$scratch/out"; then ok "$what"; else not_ok "$what: exit $got"; sed 's/^/    /' "$scratch/out" | head -5; fi
}
board() { local program=$1; shift; (cd "$scratch" && "$program" storyboard long.cfg "$@"); }
files() { find "$scratch" -name "$1" | wc -l; }

says "it is named after the scene" "^long-storyboard.png  1920×[0-9]+, 5 frames, sheet 1 of 1$" board "$kvreel_san"
check "and is there, alone" test "$(files '*.png')" = 1
says "a motion is named after its chapter" "^long-motion-Memory.png  1920×" board "$kvreel_san" --motion Memory
says "a chapter has a number too" "^x.png  1920×[0-9]+, [0-9]+ frames, sheet 1 of 1$" board "$kvreel" --motion 2 -o x.png
says "one move alone has fewer frames" "^y.png  1920×[0-9]+, ([0-9]|1[0-9]|2[0-4]) frames, sheet 1 of 1$" board "$kvreel" --motion "2/half way" -o y.png
says "what does not fit goes on in numbered files" "^z-2.png  1920×[0-9]+, [0-9]+ frames, sheet 2 of [0-9]+$" board "$kvreel" --motion prefill --columns 1 -o z.png
cat > "$scratch/one.cfg" <<'X'
chapters = ( { view = "memory"; stops = ["64K"]; } );
X
says "one frame is one frame" "/one.png  1920×[0-9]+, 1 frame, sheet 1 of 1$" "$kvreel" storyboard "$scratch/one.cfg" -o "$scratch/one.png" --size gif
check "which are there" test "$(files 'z*.png')" -ge 2
says "a PDF has pages" "^p.pdf  [0-9]+ pages$" board "$kvreel_san" --motion prefill -o p.pdf
check "and says so" grep -qaE "/Type /Pages" "$scratch/p.pdf"
board "$kvreel_san" --quiet --reduced-motion -o reduced.png
sed 's/fps = 12;/& reduced_motion = true;/' "$scratch/long.cfg" > "$scratch/reduced.cfg"
"$kvreel_san" storyboard "$scratch/reduced.cfg" --quiet -o "$scratch/said.png"
same "--reduced-motion is what the scene may say, too" "$scratch/said.png" "$scratch/reduced.png"
board "$kvreel_san" --quiet --motion Memory -o moving.png
board "$kvreel_san" --quiet --motion Memory --reduced-motion -o still.png
check "and it shows in the moves" test "$(cksum < "$scratch/moving.png")" != "$(cksum < "$scratch/still.png")"
for kind in png pdf; do
    board "$kvreel" --quiet -o "1.$kind"
    (cd "$scratch" && TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 "$kvreel_san" storyboard long.cfg --quiet -o "2.$kind")
    same "the sheet is the same as $kind from both builds and in another time zone" "$scratch/1.$kind" "$scratch/2.$kind"
done
fails "an unknown chapter is guessed" 2 "no chapter \"memry\"; did you mean \"Memory\"\? The chapters are: 1 Prefill, 2 Memory" board "$kvreel_san" --motion memry
fails "an unknown moment lists the right ones" 2 "no moment \"xyzzyx\", its moments are: transition, start, 64K" board "$kvreel_san" --motion memory/xyzzyx
fails "columns are a number" 2 "from 1 to 12" board "$kvreel_san" --columns many
fails "the suffix is .png or .pdf" 2 "a .png or .pdf file" board "$kvreel_san" -o x.gif
fails "a folder that is not there is an error" 1 "no folder none" board "$kvreel_san" --quiet -o none/x.png
check "nothing hidden is left" test "$(files '.*.part*')" = 0
finish

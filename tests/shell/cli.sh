# The command line: help that helps, lists, overrides, and answers to wrong words.
. tests/shell/lib.bash
says "no word shows the verbs" "render +Renders" "$kvreel_san"
code "and is fine" 0 "$kvreel_san" help
says "a mistyped verb is guessed" "did you mean render" "$kvreel_san" rendr
code "and is exit 2" 2 "$kvreel_san" rendr
says "a mistyped option is guessed" "did you mean --quiet" "$kvreel_san" render scenes/prefill.cfg --quite
says "each verb explains itself" "--at TIME" "$kvreel_san" still --help
says "a key is explained" "30000/1001" "$kvreel_san" help video.fps
says "a view lists its moments" "scores +[0-9.]+ s" "$kvreel_san" help prefill
says "a view lists its facts" "prompt.tokens +[0-9]+" "$kvreel_san" help prefill
says "a verb that is a view, too, explains the verb" "--role ROLE" "$kvreel_san" help heads
says "and the view's options" "roles +\\S" "$kvreel_san" help heads
says "and its moments" "zoom +[0-9.]+ s" "$kvreel_san" help heads
says "an unknown topic is guessed" "did you mean \"memory\"" "$kvreel_san" help memry
for list in models devices views styles outputs; do code "list $list" 0 "$kvreel_san" list $list; done
says "models show their cache" "llama-3.1-8b .*128 KiB" "$kvreel" list models
says "an override is checked like the file" "^--video.fps: .*sixty" "$kvreel_san" check scenes/prefill.cfg --video.fps sixty
says "an unknown key of an override is guessed" "did you mean \"fps\"" "$kvreel_san" check scenes/prefill.cfg --video.fsp 30
says "a moment can be named" "at [0-9.]+ s" "$kvreel" still scenes/prefill.cfg --at prefill/scores --size gif -o "$scratch/a.png"
says "a wrong moment lists the right ones" "moments of Prefill are: .*scores" "$kvreel_san" still scenes/prefill.cfg --at prefill/scroes -o "$scratch/b.png"
says "a missing scene is named" "none.cfg" "$kvreel_san" check none.cfg
code "and is exit 2" 2 "$kvreel_san" check none.cfg
"$kvreel" render scenes/prefill.cfg --json --size gif --fps 2 -o "$scratch/j.gif" > "$scratch/json"
check "--json prints one object a line" test "$(grep -cvE '^\{"event":"[a-z]+".*\}$' "$scratch/json")" = 0
says "--json tells of the output" '"event":"output","file":".*j.gif"' cat "$scratch/json"
"$kvreel_san" manual > "$scratch/man"
check "the manual names every verb" test "$(grep -c '^.SS "kvreel ' "$scratch/man")" = "$("$kvreel" help | grep -oE '^  (bench|check|heads|help|impact|import|list|manual|new|pages|render|serve|show|size|still|storyboard|trace|why) ' | sort -u | wc -l)"
check "the completion is valid bash" bash -n <("$kvreel_san" manual --completion)
sed 's/^name = .*/name = "odd";\nfont_words = "No Such Family";/' styles/midnight.cfg > "$scratch/odd.cfg"
echo 'video = { style = "odd.cfg"; }; chapters = ( { view = "memory"; } );' > "$scratch/font.cfg"
code "a missing font is exit 3" 3 "$kvreel_san" still "$scratch/font.cfg" --size gif -o "$scratch/f.png"
says "and is named" "No Such Family" "$kvreel_san" still "$scratch/font.cfg" --size gif -o "$scratch/f.png"
for file in a.png a.svg a.pdf; do
    code "a style's sheet as $file" 0 "$kvreel_san" list styles --picture --style print -o "$scratch/$file"
    "$kvreel" list styles --picture print -o "$scratch/again-$file" > /dev/null
    same "and twice the same" "$scratch/$file" "$scratch/again-$file"
done
printf 'name = "heir"; summary = "ours";\ninherit = "paper";\naccent = "#005566";\n' > "$scratch/heir.cfg"
(cd "$scratch" && "$kvreel" list styles --picture heir.cfg > heir.out)
check "a style of one's own gets a sheet named after it" test -s "$scratch/style-heir.png"
cp scenes/memory.cfg "$scratch/memory.cfg"
code "and films take it" 0 "$kvreel" still "$scratch/memory.cfg" --style heir.cfg --size gif -o "$scratch/h.png"
code "-o without --picture is exit 2" 2 "$kvreel_san" list styles -o "$scratch/x.png"
says "several sheets need several files" "name the one for" "$kvreel_san" list styles --picture -o "$scratch/x.png"
says "a sheet has one of three suffixes" "a .png, .svg or .pdf" "$kvreel_san" list styles --picture print -o "$scratch/x.gif"
says "only styles have sheets" "--picture draws styles" "$kvreel_san" list models --picture
says "an unknown style is guessed" "did you mean .midnight" "$kvreel_san" list styles --picture midnite
finish

# kvreel why: one moment told exactly, single facts, moments in a transition, JSON, and values that nobody knows.
. tests/shell/lib.bash

golden=tests/shell/why-memory.txt
"$kvreel_san" why scenes/memory.cfg --at 128K --size gif > "$scratch/memory"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/memory" $golden
same "a memory moment is told down to its sources" $golden "$scratch/memory"
"$kvreel" why scenes/memory.cfg --at 128K --size gif > "$scratch/again"
same "the other build tells the same" $golden "$scratch/again"
"$kvreel" why scenes/memory.cfg --at 128K --size gif --style paper > "$scratch/paper"
same "and another style" $golden "$scratch/paper"

says "a fact alone" '^1 number; 3 formulas computed again and agree; 3 leaves with a source\.$' "$kvreel_san" why scenes/decode.cfg --at "step 2 scores" step.scores_without
says "whether it is drawn or not" 'cache.kept +not on this picture +10' "$kvreel_san" why scenes/decode.cfg --at "step 2 scores" --size gif cache.kept
says "a column too narrow for its text ends with a space all the same" "in \"ledger mem.kv_sequence\" [0-9]" "$kvreel_san" why scenes/memory.cfg --at 128K mem.kv_sequence
code "an unknown fact is exit 2" 2 "$kvreel_san" why scenes/memory.cfg --at 128K mem.totl
check "prints nothing else" test ! -s "$scratch/out"
says "is guessed" 'did you mean "mem.total"' cat "$scratch/err"
says "and all facts are named" 'its facts are: .*mem.kv_per_token, ' cat "$scratch/err"
code "a third word is too much" 2 "$kvreel_san" why scenes/memory.cfg mem.total mem.weights
code "a wrong moment is exit 2" 2 "$kvreel_san" why scenes/memory.cfg --at 129K

cat > "$scratch/two.cfg" <<'END'
chapters = ( { view = "memory"; stops = ["8K"]; seconds = "10"; }, { view = "compare"; shape = "gpt2-124m"; transition = "0.8"; } );
END
cat > "$scratch/said.cfg" <<'END'
chapters = ( { view = "memory"; stops = ["8K", "64K"]; cues = ( { on = "8K"; text = "{mem.context} of context."; hold = 0.1; } ); } );
END
code "what a caption says is of its own moment" 0 "$kvreel_san" why "$scratch/said.cfg" --at 4.9 mem.context
says "which is told" '^8K +mem.context +in "caption" +8,192 tokens, said at 3.170 s$' cat "$scratch/out"
code "a moment in a transition is no mistake" 0 "$kvreel_san" why "$scratch/two.cfg" --at 10.3
says "it is left behind" '^At 10.300 s the chapter before is still leaving' cat "$scratch/out"
says "for its own chapter's first moment" 'chapter Cost, at 10.800 s$' cat "$scratch/out"

"$kvreel_san" why scenes/compare.cfg --at half --json > "$scratch/json"
check "JSON has a list of facts" grep -q '^{"scene":"scenes/compare.cfg","chapter":"Cost","at":.*,"facts":\[$' "$scratch/json"
says "its numbers have no more digits than they need" "\"at\":17\.999,\"asked\":17\.999," "$kvreel_san" why scenes/memory.cfg --at 17.999 --json
check "each on a line of its own" test "$(grep -c '^{"text":".*"id":"[a-z]' "$scratch/json")" = "$(grep -c '^{"text"' "$scratch/json")"
if command -v python3 > /dev/null; then
    check "and it parses" python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert len(d["facts"]) > 5 and all(f.get("from") or f.get("source") for f in d["facts"])' "$scratch/json"
else # brackets and quotes outside of escapes come in pairs
    text=$(sed 's/\\\\//g; s/\\"//g; s/"[^"]*"/S/g' "$scratch/json")
    check "and it parses" test "$(tr -cd '{[' <<< "$text" | wc -c)" = "$(tr -cd '}]' <<< "$text" | wc -c)"
fi

cat > "$scratch/unknown.cfg" <<'END'
chapters = (
    { view = "memory"; device = "h20"; sequences = 2; stops = ["8K"];
      cues = ( { text = "{device.name} has {device.cores} cores."; } ); }
);
END
code "an unknown number is told" 0 "$kvreel_san" why "$scratch/unknown.cfg" --at 8K
says "as n/a, with the reason" '^n/a +device.cores +in "caption" +n/a, said at 0.000 s$' cat "$scratch/out"
says "and the entry that lacks it" '^    n/a: nobody published it for device h20, cores: ' cat "$scratch/out"
says "which is no leaf with a source" "; [0-9]+ leaves with a source; 1 that nobody knows\.$" "$kvreel_san" why "$scratch/unknown.cfg" --at 8K
code "--strict refuses it" 2 "$kvreel_san" why "$scratch/unknown.cfg" --at 8K --strict
says "with the line of the chapter" 'unknown.cfg:2: device.cores is n/a in the chapter Memory: nobody published it' cat "$scratch/err"
code "what is known is fine" 0 "$kvreel_san" why scenes/memory.cfg --at 128K --strict
finish

# kvreel impact: two catalogs, the scenes that change, and the codes with which it ends.
. tests/shell/lib.bash

# new/: a larger H100, fewer KV heads, one device less. gone/: no H100. drawn/: an empty place less on its package.
for folder in new gone drawn tiny; do mkdir "$scratch/$folder" && cp data/models.cfg data/devices.cfg "$scratch/$folder"; done
entry() { # file id sed-command: changes lines of one entry
    sed -i "/^ *id  *= \"$2\"/,/^    }/$3" "$1"
}
without() { # file id: takes a whole entry out
    awk -v id="\"$2\";" '/^    \{/ { held = $0; keep = 1; inside = 1; next }
        inside { held = held "\n" $0; if ($1 == "id" && $3 == id) keep = 0; if (/^    \}/) { if (keep) print held; inside = 0 } next }
        { print }' "$1" > "$1.less" && mv "$1.less" "$1"
}
entry "$scratch/new/models.cfg" llama-3.1-8b 's/kv_heads .*/kv_heads = 4;/'
entry "$scratch/new/devices.cfg" h100-sxm 's/capacity .*/capacity = "94 GiB";/'
without "$scratch/new/devices.cfg" a10g
without "$scratch/gone/devices.cfg" h100-sxm
entry "$scratch/drawn/devices.cfg" h100-sxm 's/sites .*/sites = 5;/'
entry "$scratch/tiny/models.cfg" llama-3.1-8b 's/params_total .*/params_total = 8030261249L;/'

golden=tests/shell/impact.txt
code "a changed scene is exit 4" 4 "$kvreel_san" impact data "$scratch/new" scenes/memory.cfg scenes/prefill.cfg
cp "$scratch/out" "$scratch/report"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/report" $golden
same "the report says what changes where" $golden "$scratch/report"
"$kvreel" impact data "$scratch/new" scenes/memory.cfg scenes/prefill.cfg > "$scratch/again"
same "the other build says the same" $golden "$scratch/again"
check "in a terminal of 100 columns" test "$(LC_ALL=C.UTF-8 awk 'length > 100' "$scratch/report" | wc -l)" = 0
says "--all leaves nothing out" 'mem.full_at +[0-9]+K → [0-9]+K' "$kvreel" impact data "$scratch/new" scenes/memory.cfg --all
check "nor counts what is left" test "$("$kvreel" impact data "$scratch/new" scenes/memory.cfg --all | grep -c 'and .* more')" = 0

all=$(ls scenes/*.cfg | wc -l)
code "equal catalogs are exit 0" 0 "$kvreel_san" impact data . scenes
says "and change nothing" "^0 of $all scenes change, $all stay\.$" cat "$scratch/out"
says "without a scene kvreel's own are told" '^No scene was named: these are the scenes of .*scenes\.$' "$kvreel" impact data data

code "a scene whose device is gone breaks" 4 "$kvreel_san" impact data "$scratch/gone" scenes
says "with the mistake it has now" '^  scenes/memory.cfg:6: device "h100-sxm" is not in the catalog' cat "$scratch/out"
says "and is counted" "2 break, $((all - 2)) stay\.$" cat "$scratch/out"
code "the other way it is mended" 4 "$kvreel_san" impact "$scratch/gone" data scenes/memory.cfg
says "and can be rendered" '^  kvreel render scenes/memory.cfg$' cat "$scratch/out"

code "a picture may change without a number" 4 "$kvreel_san" impact data "$scratch/drawn" scenes/memory.cfg scenes/decode.cfg
says "which is found" '^scenes/memory.cfg: pictures, but no number that they show$' cat "$scratch/out"
says "what is too small to be seen is told apart" '1 number, [0-9]+ numbers below what is shown$' "$kvreel" impact data "$scratch/tiny" scenes/memory.cfg
says "with every digit on request" 'mem.weights +16,060,522,496 B → 16,060,522,498 B  .below what is shown.$' "$kvreel" impact data "$scratch/tiny" scenes/memory.cfg --all

check "--quiet prints names alone" test "$("$kvreel_san" impact data "$scratch/new" scenes --quiet | tr '\n' ' ')" = "scenes/memory.cfg scenes/walkthrough.cfg "
check "which broken scenes are not among" test -z "$("$kvreel" impact data "$scratch/gone" scenes --quiet 2> /dev/null)"
says "they are told beside them" 'scenes/memory.cfg:6: device' "$kvreel" impact data "$scratch/gone" scenes --quiet
says "one file is enough" '^    kv_heads  8 → 4$' "$kvreel" impact data/models.cfg "$scratch/new/models.cfg" scenes/memory.cfg

for folder in new gone drawn; do
    "$kvreel_san" impact data "$scratch/$folder" scenes --json > "$scratch/json"
    if command -v python3 > /dev/null; then
        check "JSON of $folder/ parses" python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert len(d["scenes"]) == int(sys.argv[3]) and d["entries"]
memory = next(s for s in d["scenes"] if s["scene"] == "scenes/memory.cfg")
assert memory["state"] == sys.argv[2] and (memory.get("mistakes") or memory["pictures"] or memory["chapters"][0]["changes"])' \
            "$scratch/json" "$(case $folder in new) echo changes ;; gone) echo breaks ;; drawn) echo redrawn ;; esac)" "$all"
    else # brackets outside of texts come in pairs
        text=$(sed 's/\\\\//g; s/\\"//g; s/"[^"]*"/S/g' "$scratch/json")
        check "JSON of $folder/ parses" test "$(tr -cd '{[' <<< "$text" | wc -c)" = "$(tr -cd '}]' <<< "$text" | wc -c)"
    fi
done

mkdir -p "$scratch/films/deep" && cp scenes/memory.cfg "$scratch/films/deep/one.cfg"
cp styles/paper.cfg data/devices.cfg "$scratch/films" && cp scenes/memory.cfg "$scratch/films/part.inc.cfg"
ln -s "$scratch/films" "$scratch/films/deep/round"
check "a folder is searched for scenes alone" test "$("$kvreel" impact data "$scratch/new" "$scratch/films" --quiet)" = "$scratch/films/deep/one.cfg"
code "a named file that is no scene is exit 2" 2 "$kvreel_san" impact data "$scratch/new" styles/paper.cfg
says "and told" 'paper.cfg: This file is no scene' cat "$scratch/err"
code "a folder without scenes is exit 2" 2 "$kvreel_san" impact data "$scratch/new" styles
code "a missing catalog is exit 2" 2 "$kvreel_san" impact data "$scratch/none" scenes
entry "$scratch/tiny/models.cfg" llama-3.1-8b "s/layers /layer /"
code "a catalog with a mistake is exit 2" 2 "$kvreel_san" impact data "$scratch/tiny" scenes
says "which is told with its line" "tiny/models.cfg:[0-9]+: .*; did you mean \"layers\"" cat "$scratch/err"
code "a folder that has none, too" 2 "$kvreel_san" impact data styles scenes
code "a scene that is wrong with both is exit 2" 2 "$kvreel_san" impact data "$scratch/new" tests/bad/keys.cfg scenes/memory.cfg
says "after the others were compared" '^1 of 2 scenes changes, 1 cannot be compared\.$' cat "$scratch/out"
# What no picture draws changes a film only where words say it.
mkdir "$scratch/fast" && cp data/models.cfg data/devices.cfg "$scratch/fast"
entry "$scratch/fast/devices.cfg" h100-sxm 's/bandwidth .*/bandwidth = "4000 GB\/s";/;s/link_bandwidth = "4000/link_bandwidth = "900/'
cat > "$scratch/said.cfg" <<'END'
chapters = ( { view = "memory"; stops = ["64K"]; cues = ( { on = "64K"; text = "One step takes {decode.time} at best."; hold = 2.0; } ); } );
END
code "a bandwidth that nobody tells of changes no film" 0 "$kvreel_san" impact data "$scratch/fast" scenes/memory.cfg
code "one whose step time is told is another film" 4 "$kvreel_san" impact data "$scratch/fast" "$scratch/said.cfg"
says "and the words are compared" 'One step takes [0-9.]+ ms at best' cat "$scratch/out"
code "one catalog is too few" 2 "$kvreel_san" impact data
finish

# kvreel trace: a run is kept, told and played; files of other programs are checked; what is wrong is said.
. tests/shell/lib.bash
model=data/models/seeded
t=$scratch/run.safetensors
code "a run is kept" 0 "$kvreel_san" trace $model --prompt "Ana has the" --steps 3 -o "$t"
check "and told in a line" grep -qE "run.safetensors  [0-9]+ layers? with [0-9]+ heads?, [0-9]+ tokens of prompt and 3 decode steps, [0-9.]+ [kM]B" "$scratch/out"
"$kvreel" trace seeded --prompt "Ana has the" --steps 3 -o "$scratch/again.safetensors" > /dev/null 2>&1
same "twice the same bytes, by folder or by name" "$t" "$scratch/again.safetensors"
code "compact leaves the squares out" 0 "$kvreel_san" trace seeded --prompt "Ana has the" --steps 3 --compact --quiet -o "$scratch/small.safetensors"
check "and says nothing when quiet" test ! -s "$scratch/out"
check "and is smaller" test "$(stat -c %s "$scratch/small.safetensors")" -lt "$(stat -c %s "$t")"
mkdir "$scratch/elsewhere"
(cd "$scratch/elsewhere" && "$kvreel" trace seeded --prompt "Ana" > told 2>&1)
check "without -o it goes to out/" test -s "$scratch/elsewhere/out/seeded.trace.safetensors"

code "what a trace holds" 0 "$kvreel_san" trace "$t"
cp "$scratch/out" "$scratch/shown"
for words in "model +seeded: .* layers?, .*vocabulary" "run +[0-9]+ tokens of prompt, 3 decode steps" "sampling +greedy" "counts +counted while the model ran" "TOKENS" "scores_raw, scores, weights .* of all heads"; do
    check "is told: $words" grep -qE "$words" "$scratch/shown"
done
check "with a line a pass" test "$(sed -n '/PASSES/,/TENSORS/p' "$scratch/shown" | grep -cE '^ +[0-9]+  .* %')" = 4
says "a compact one says why squares are not there" "not in the file: they follow from q and k" "$kvreel" trace "$scratch/small.safetensors"
"$kvreel" trace seeded --prompt "Ana has the" --steps 4 --temperature 1.5 --top-k 50 --top-p 0.8 --seed 9 -o "$scratch/s.safetensors" > /dev/null 2>&1
says "sampling is told" "temperature 1.5, top-k 50, top-p 0.8, seed 9" "$kvreel_san" trace "$scratch/s.safetensors"

# Import: what was written is a trace; rewritten it is the same.
code "a trace can be imported" 0 "$kvreel_san" trace --import "$t"
says "and is said to be one" "is a trace that scenes can play" "$kvreel" trace --import "$t"
code "and written again" 0 "$kvreel_san" trace --import "$t" -o "$scratch/copy.safetensors"
same "to the same bytes" "$t" "$scratch/copy.safetensors"
code "a model's weights are no trace" 2 "$kvreel_san" trace --import $model/model.safetensors
check "and that is said" grep -q "is no trace" "$scratch/err"
echo '{"model":{"name":"x","family":"gpt2","width":4,"inner":16},"n_prompt":1,"ids":[0,1]}' > "$scratch/about.json"
says "words apart from the tensors" "has no tensor \"q\"" "$kvreel_san" trace --import $model/model.safetensors --about "$scratch/about.json"
head -c 3000 "$t" > "$scratch/cut.safetensors"
says "a folder is called one" "is a folder; name a safetensors file" "$kvreel_san" trace --import "$scratch/elsewhere"
"$kvreel" trace seeded --prompt A --quiet -o "$scratch/one.safetensors"
says "one token is one" "[^0-9]1 token of prompt" "$kvreel_san" trace "$scratch/one.safetensors"
code "half a file" 2 "$kvreel_san" trace "$scratch/cut.safetensors"
code "no file" 2 "$kvreel_san" trace "$scratch/none.safetensors"
code "a folder that is not there is the world's fault" 1 "$kvreel_san" trace seeded --prompt Ana -o "$scratch/no/where.safetensors"

# A scene plays it.
mkdir -p "$scratch/scene"
cp "$t" "$scratch/scene/run.safetensors"
chapters='chapters = ( { view = "prefill"; }, { view = "decode"; }, { view = "compare"; } );'
echo "run = { model = \"seeded\"; prompt = \"Ana has the\"; steps = 3; }; $chapters" > "$scratch/scene/model.cfg"
echo "run = { trace = \"run.safetensors\"; }; $chapters" > "$scratch/scene/trace.cfg"
echo "run = { trace = \"../run.safetensors\"; }; $chapters" > "$scratch/scene/outside.cfg"
echo "run = { trace = \"run.safetensors\"; prompt = \"Ana\"; top_k = 3; }; $chapters" > "$scratch/scene/both.cfg"
echo "run = { trace = \"run.safetensors\"; head = \"reference\"; }; $chapters" > "$scratch/scene/role.cfg"
"$kvreel" render "$scratch/scene/model.cfg" --size gif --fps 2 --quiet -o "$scratch/model.hashes"
"$kvreel" render "$scratch/scene/trace.cfg" --size gif --fps 2 --quiet -o "$scratch/trace.hashes"
check "frames are drawn" test -s "$scratch/model.hashes"
same "the same from the trace as from the model" "$scratch/model.hashes" "$scratch/trace.hashes"
code "without the model" 0 "$kvreel_san" still "$scratch/scene/trace.cfg" --at decode --size gif -o "$scratch/a.png"
code "outside the scene's folder" 2 "$kvreel_san" check "$scratch/scene/outside.cfg"
check "is refused" grep -q "run.trace is \"../run.safetensors\", which lies outside" "$scratch/err"
code "unless allowed" 0 "$kvreel" still "$scratch/scene/outside.cfg" --allow "$scratch" --size gif -o "$scratch/b.png"
code "a trace and a prompt" 2 "$kvreel_san" check "$scratch/scene/both.cfg"
check "are one too many" grep -q "run.prompt and run.trace both stand here" "$scratch/err"
check "each is told" grep -q "run.top_k and run.trace both stand here" "$scratch/err"
says "roles that the trace does not know" "kvreel trace --heads" "$kvreel_san" check "$scratch/scene/role.cfg"
code "a head by number" 0 "$kvreel" still "$scratch/scene/trace.cfg" --run.layer 1 --run.head 2 --size gif -o "$scratch/c.png"

# Wrong words.
code "nothing to trace" 2 "$kvreel_san" trace
says "an unknown model" "There is no model \"nobody\"" "$kvreel_san" trace nobody --prompt x
says "no prompt" "What shall the model read" "$kvreel_san" trace seeded
says "a prompt that is too long" "has room for" "$kvreel_san" trace seeded --prompt Ana --steps 5000 -o "$scratch/x.safetensors"
says "a wrong number" "top_p|top-p" "$kvreel_san" trace seeded --prompt Ana --top-p 2 -o "$scratch/x.safetensors"
says "options of another use" "takes no --about" "$kvreel_san" trace seeded --prompt Ana --about x
says "the model has run" "takes no --prompt: the model has run already" "$kvreel_san" trace "$t" --prompt Ana
check "nothing is left behind" test -z "$(find "$scratch" -name '.*part*')"
finish

# Is it right? Folders of random models of both families, run by kvreel and by an independent forward pass in NumPy
# (tests/independent): every number of the trace, the tokens of the prompt, those that are drawn, and what is counted.
. tests/shell/lib.bash
python=/usr/bin/python3
here=tests/independent
export OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
prompt="Mia has the blue kite now, and Tom doesn't: it's 12 o'clock."

trace() { # kvreel folder out options...
    local program=$1 folder=$2 out=$3
    shift 3
    "$program" trace "$folder" --prompt "$prompt" --steps 6 "$@" -o "$out" --quiet > "$scratch/said" 2>&1
}
numbers() { # description folder trace
    if $python $here/compare.py "$2" "$3" > "$scratch/compared" 2>&1; then ok "$1"; else not_ok "$1"; cat "$scratch/said" "$scratch/compared"; fi
}

check "folders are written" $python $here/make_folder.py "$scratch/models"
for folder in "$scratch"/models/*; do
    name=$(basename "$folder")
    trace "$kvreel_san" "$folder" "$scratch/$name.safetensors"
    numbers "$name is computed alike" "$folder" "$scratch/$name.safetensors"
done
trace "$kvreel" "$scratch/models/llama-llama3" "$scratch/again.safetensors"
same "the other build computes the same bits" "$scratch/llama-llama3.safetensors" "$scratch/again.safetensors"

# Another seed draws other tokens, so these do not agree by luck.
drawn() { # name options...
    local name=$1
    shift
    trace "$kvreel_san" "$scratch/models/$name" "$scratch/drawn.safetensors" "$@"
    numbers "$name draws alike with $*" "$scratch/models/$name" "$scratch/drawn.safetensors"
}
drawn gpt2-f32 --temperature 1.5 --seed 3
drawn gpt2-f16 --temperature 0.7 --top-k 5 --seed 11
drawn llama-f32 --temperature 1.2 --top-p 0.6 --seed 4
drawn qwen2 --temperature 2 --top-k 40 --top-p 0.9 --seed 2026

counted() { # name
    local folder=$scratch/models/$1
    cat > "$scratch/count.cfg" <<SCENE
run = { model = "$folder"; prompt = "$prompt"; steps = 6; };
chapters = ( { view = "prefill"; }, { view = "compare"; read = "passes"; } );
SCENE
    "$kvreel_san" why "$scratch/count.cfg" --allow "$scratch/models" --at compare --json > "$scratch/why.json" 2> "$scratch/said"
    if $python $here/counts.py "$folder" "$scratch/$1.safetensors" "$scratch/why.json" > "$scratch/compared" 2>&1
    then ok "$1 counts alike"; else not_ok "$1 counts alike"; cat "$scratch/said" "$scratch/compared"; fi
}
for name in gpt2-f32 gpt2-f16 llama-grouped-f16 llama-head-dim qwen2; do counted $name; done

# What a film shows of a model that it was pointed at.
shown() { # name layer head
    local folder=$scratch/models/$1
    cat > "$scratch/shown.cfg" <<SCENE
run = { model = "$folder"; prompt = "Mia has it"; steps = 3; layer = $2; head = $3; };
chapters = ( { view = "decode"; } );
SCENE
    "$kvreel_san" why "$scratch/shown.cfg" --allow "$scratch/models" --at decode --json > "$scratch/why.json" 2> "$scratch/said"
    if $python $here/shown.py "$folder" "$scratch/why.json" "$2" "$3" "Mia has it" > "$scratch/compared" 2>&1
    then ok "a film of $1 shows its numbers"; else not_ok "a film of $1 shows its numbers"; cat "$scratch/said" "$scratch/compared"; fi
}
shown gpt2-f32 2 3
shown llama-grouped-f16 3 5

roles() { # description folder
    "$kvreel_san" heads "$2" --stories 12 --json > "$scratch/heads.json" 2> "$scratch/said"
    if $python $here/roles.py "$2" data/heads/stories.json "$scratch/heads.json" > "$scratch/compared" 2>&1
    then ok "$1"; else not_ok "$1"; cat "$scratch/said" "$scratch/compared"; fi
}
roles "heads are measured alike: tale" data/models/tale
roles "heads are measured alike: grouped queries" "$scratch/models/llama-grouped-f16"

# The other way round: a trace that NumPy wrote, from what docs/TRACE.md says.
for name in gpt2-bf16-sharded llama-head-dim; do
    $python $here/write_trace.py "$scratch/models/$name" "$scratch/foreign.safetensors" "$prompt"
    code "a trace of another program is read: $name" 0 "$kvreel_san" trace --import "$scratch/foreign.safetensors" -o "$scratch/imported.safetensors"
    numbers "and says what that program said" "$scratch/models/$name" "$scratch/imported.safetensors"
done

# A comparison that cannot fail proves nothing: one weight in its last place but two is seen.
cp -r "$scratch/models/llama-f32" "$scratch/models/damaged"
$python - "$scratch/models/damaged/model.safetensors" <<'CODE'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(-2, 2)
    high = file.read(1)[0]
    file.seek(-2, 2)
    file.write(bytes([high ^ 0x40]))
CODE
check "a damaged weight is seen" test "$($python $here/compare.py "$scratch/models/damaged" "$scratch/llama-f32.safetensors" | grep -c '^NOT logits')" = 1
finish

# kvreel serve and why serve: a run told, as text, JSON and CSV; the same from both builds; answers to wrong options.
. tests/shell/lib.bash

load=(--model llama-3.1-8b --device h100-sxm --requests 200 --rate 40 --prompt "500~0.8" --output 50..400)
golden=tests/shell/serve.txt
{
    "$kvreel_san" serve "${load[@]}"
    "$kvreel_san" serve "${load[@]}" --device rtx-4090 --prompt 2000 --ttft-limit 1 --tpot-limit "50 ms"
    "$kvreel_san" serve "${load[@]}" --batching static --max-sequences 16
    "$kvreel_san" serve "${load[@]}" --disaggregate true
    "$kvreel_san" serve "${load[@]}" --draft 4 --draft-model llama-3.2-1b
    "$kvreel_san" why serve "${load[@]}" serve.throughput
} > "$scratch/serve"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/serve" $golden
same "runs and where their numbers come from" $golden "$scratch/serve"

"$kvreel_san" serve "${load[@]}" --json --events "$scratch/events" --steps "$scratch/steps" > "$scratch/json"
"$kvreel" serve "${load[@]}" --json --events "$scratch/events2" --steps "$scratch/steps2" > "$scratch/json2"
same "both builds tell the same numbers" "$scratch/json" "$scratch/json2"
same "the same events" "$scratch/events" "$scratch/events2"
same "the same steps" "$scratch/steps" "$scratch/steps2"
check "every request arrives and is finished" test "$(grep -c ',arrived,' "$scratch/events") $(grep -c ',finished,' "$scratch/events")" = "200 200"
says "JSON has numbers with units" '"serve.ttft_p95":\{"unit":"seconds","value":0\.' cat "$scratch/json"
if command -v python3 > /dev/null; then check "and it parses" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$scratch/json"; fi
"$kvreel" serve "${load[@]}" --seed 8 --json > "$scratch/other"
check "another seed is another run" test "$(cmp -s "$scratch/json" "$scratch/other"; echo $?)" = 1

shared=(--shared 300 --groups 4)
says "what was found again is told" '^  prefix cache  +[1-9][0-9.]*% of prompt tokens were there$' "$kvreel" serve "${load[@]}" "${shared[@]}"
says "and what prompts share" 'prompts of 500~0.8 tokens, the first 300 alike within each of 4 groups, answers' "$kvreel" serve "${load[@]}" "${shared[@]}"
"$kvreel_san" serve "${load[@]}" "${shared[@]}" --json > "$scratch/shared"
"$kvreel" serve "${load[@]}" "${shared[@]}" --json > "$scratch/shared2"
same "both builds find the same" "$scratch/shared" "$scratch/shared2"
"$kvreel" serve "${load[@]}" "${shared[@]}" --prefix-cache false --json > "$scratch/off"
same "without the cache it is as if nothing were shared" "$scratch/json" "$scratch/off"
says "and that it is off is told" '^  prefix cache  +off$' "$kvreel" serve "${load[@]}" "${shared[@]}" --prefix-cache false

code "wrong options are exit 2" 2 "$kvreel_san" serve --model llama-3.1-9b --device h100 --prompt 5..2 --output "x" --rate 0
says "models are guessed" 'did you mean "llama-3.1-8b"' "$kvreel_san" serve --model llama-3.1-9b
says "lengths are explained" 'write tokens as 500, a range as 100..900, or a mean and a spread' "$kvreel_san" serve --output 5..2
"$kvreel_san" serve --requests 5 --prompt 1K --output 100..2Ki --json > "$scratch/k"
"$kvreel_san" serve --requests 5 --prompt 1024 --output 100..2048 --json > "$scratch/k2"
same "lengths take K and Ki as contexts do" "$scratch/k" "$scratch/k2"
says "bounds are told" '^--rate: ' "$kvreel_san" serve --rate 0
says "an option is guessed" 'did you mean --preemption' "$kvreel_san" serve --premption swap
code "weights that leave no room are exit 2" 2 "$kvreel_san" serve --model llama-3.1-70b --device rtx-4090
says "and a way out is named" '\-\-tensor' cat "$scratch/err"
code "devices that cannot share the heads are exit 2" 2 "$kvreel_san" serve --tensor 7
code "an unknown number is exit 2" 2 "$kvreel_san" why serve --requests 10 serve.ttft_p96
says "and is guessed" 'did you mean "serve.ttft_p9' cat "$scratch/err"
code "a file that cannot be written is exit 1" 1 "$kvreel_san" serve --requests 10 --events "$scratch/none/events"
finish

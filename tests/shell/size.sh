# kvreel size, show, list and why size: a sheet, tables, programs' forms, and answers to wrong options.
. tests/shell/lib.bash

golden=tests/shell/size.txt
{
    "$kvreel_san" size --model llama-3.1-8b --device h100-sxm --context 128Ki --batch 6 --block 16 --reserve 128Ki
    "$kvreel_san" size --model gemma-3-27b --context 32K --cache int4
    "$kvreel_san" size --model llama-3.1-8b --device h100-sxm --context 32K --batch 8
    "$kvreel_san" size --model deepseek-v3.2 --device h200 --tensor 8 --context 32K --batch 8
    "$kvreel_san" size --model llama-3.1-8b --device h100-sxm,rtx-4090 --context 4Ki..32Ki --batch 8
    "$kvreel_san" size --model "mistral-7b-*,llama-3.1-8b" --device h100-sxm --cache bf16,fp8
    "$kvreel_san" size --model llama-3.1-8b --device h100-sxm --csv
    "$kvreel_san" why size --model gemma-3-27b --context 32K mem.kv_sequence
} > "$scratch/size"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/size" $golden
same "sheets and tables" $golden "$scratch/size"

says "the sheet can be asked about" 'formulas computed again and agree' "$kvreel_san" why size --model llama-3.1-8b --device h100-sxm
says "what FlashAttention saves can be asked about" "formulas? computed again and agree" "$kvreel_san" why size --model gpt2-124m --device h100-sxm flash.saved
says "a number alone" '^128 KiB +mem.kv_per_token ' "$kvreel_san" why size --model llama-3.1-8b mem.kv_per_token
code "an unknown number is exit 2" 2 "$kvreel_san" why size --model llama-3.1-8b mem.kv_pertoken
says "and is guessed" 'did you mean "mem.kv_per_token"' cat "$scratch/err"
code "why tells of one case" 2 "$kvreel_san" why size --model llama-3.1-8b --context 4K,8K
code "no model is exit 2" 2 "$kvreel_san" size --context 4K
says "and an example is given" 'such as --model llama-3.1-8b' cat "$scratch/err"
code "an unknown model is exit 2" 2 "$kvreel_san" size --model llama-3.1-9b --device h100sxm --cache fp17 --context 8Q --batch 0 --block -1
check "all mistakes come at once" test "$(grep -c '^--\|^kvreel\|: ' "$scratch/err")" -ge 6
says "models are guessed" 'did you mean "llama-3.1-8b"' cat "$scratch/err"
says "devices are guessed" 'did you mean "h100-sxm"' cat "$scratch/err"
says "formats are guessed" 'did you mean "fp16"' cat "$scratch/err"
code "room that does not hold the context is exit 2" 2 "$kvreel_san" size --model llama-3.1-8b --context 8K --reserve 4K
code "too many cases are refused" 2 "$kvreel_san" size --model '*' --device '*' --context 1..1M
code "--json and --csv exclude each other" 2 "$kvreel_san" size --model llama-3.1-8b --json --csv
"$kvreel_san" size --model llama-3.1-8b,gpt2-124m --device h100-sxm --json > "$scratch/json"
says "JSON has bytes as numbers" '"mem.kv_per_token":\{"unit":"bytes","value":131072\}' cat "$scratch/json"
if command -v python3 > /dev/null; then
    check "and it parses" python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert [c["model"] for c in d] == ["llama-3.1-8b", "gpt2-124m"]' "$scratch/json"
fi

says "a link that nobody published is the reason" 'n/a +nobody published link_bandwidth for mi210' "$kvreel_san" size --model llama-3.1-8b --device mi210 --tensor 2
says "and its leaf says so" 'n/a: nobody published it for device mi210, link_bandwidth' "$kvreel_san" why size --model llama-3.1-8b --device mi210 --tensor 2 decode.time
says "sums over stages are not one device's" 'of cache, all stages together' "$kvreel_san" size --model llama-3.1-8b --device h100-sxm --pipeline 2
says "what chooses reads less" '4\.5 GiB of cache$' "$kvreel_san" size --model deepseek-v3.2 --device h200 --tensor 8 --context 128Ki --batch 4
says "show tells what is read" 'latent +61 +every token, 2,048 are read' "$kvreel_san" show deepseek-v3.2

says "experts have a format of their own" '^WEIGHTS +BF16, experts MXFP4$' "$kvreel_san" size --model gpt-oss-120b --device h100-sxm
says "so that it fits one device" '^  taken +76%' "$kvreel_san" size --model gpt-oss-120b --device h100-sxm
says "down to the experts' numbers" '= 1,804,459,584 × 2 B \+ 19,110,297,600 × 0\.53125 B' "$kvreel_san" why size --model gpt-oss-20b mem.weights
says "show has what is published" '^  published +12\.8 GiB ' "$kvreel_san" show gpt-oss-20b
says "others can be chosen" 'FP8 \(published as BF16, experts MXFP4\)' "$kvreel_san" size --model gpt-oss-20b --weights fp8
says "two formats are one word" ',fp8\+nvfp4,' "$kvreel_san" size --model gpt-oss-20b --weights fp8+nvfp4 --csv
cat > "$scratch/config.json" << 'END'
{ "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100,
  "max_position_embeddings": 2048 }
END
says "what nobody knows is said" 'BF16 \(how it is published is not known\)' "$kvreel_san" size --model "$scratch/config.json"
says "published can be said" '^MXFP4 +.*10\.3 GiB' "$kvreel_san" size --model gpt-oss-20b --weights published,mxfp4
code "caches have none of these" 2 "$kvreel_san" size --model gpt-oss-20b --cache mxfp4
code "half a word is no format" 2 "$kvreel_san" size --model gpt-oss-20b --weights bf16+

says "list takes words" '^llama-3.1-8b ' "$kvreel_san" list models llama 8b
check "and shows only what has them all" test "$("$kvreel" list models llama 8b | grep -cv llama)" = 2
says "a word that nothing has is said" 'None of them' "$kvreel_san" list devices abacus
says "show tells what layers keep" 'window +52 +the last 1,024 tokens +16 × \(128 \+ 128\)' "$kvreel_san" show gemma-3-27b
says "and of a device" '^  bandwidth +3350 GB/s' "$kvreel_san" show h100-sxm
code "an unknown name is exit 2" 2 "$kvreel_san" show h100sxm
says "and is guessed" 'did you mean "h100-sxm"' cat "$scratch/err"
code "no name is exit 2" 2 "$kvreel_san" show
finish

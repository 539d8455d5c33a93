# kvreel pages and why pages: strategies side by side, with figures worked out by hand, and answers to wrong options.
. tests/shell/lib.bash

golden=tests/shell/pages.txt
{
    "$kvreel_san" pages --lengths 213,97,330,150 --longest 512 --model llama-3.1-8b
    "$kvreel_san" pages --lengths 100..900 --sequences 1000 --block 64
    "$kvreel_san" why pages --lengths 213,97,330,150 --longest 512 reserve.paged.empty_share
} > "$scratch/pages"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/pages" $golden
same "strategies and where their numbers come from" $golden "$scratch/pages"
"$kvreel_san" pages --json > "$scratch/json"
"$kvreel" pages --json > "$scratch/json2"
same "both builds draw the same lengths" "$scratch/json" "$scratch/json2"
if command -v python3 > /dev/null; then check "JSON parses" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$scratch/json"; fi
says "one token to a block leaves nothing empty" 'in blocks, taken as needed +790 +0 +0.0%' "$kvreel_san" pages --lengths 213,97,330,150 --block 1
code "a sequence beyond the longest is exit 2" 2 "$kvreel_san" pages --lengths 3000,5
says "and is told" 'from 1 to 2048' cat "$scratch/err"
code "drawn ones, too" 2 "$kvreel_san" pages --lengths 5000
code "an unknown model is exit 2" 2 "$kvreel_san" pages --model lama
code "a word that is no number is exit 2" 2 "$kvreel_san" pages --lengths 1,x
code "an unknown number is exit 2" 2 "$kvreel_san" why pages reserve.payed.slots
says "and is guessed" 'did you mean "reserve.paged.slots"' cat "$scratch/err"
says "a model whose tokens do not always take the same has no bytes" '  n/a  ' "$kvreel_san" pages --model gemma-3-27b
finish

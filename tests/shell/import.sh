# kvreel import: entries on standard output and in catalogs, remarks, and files that are wrong.
. tests/shell/lib.bash
configs=tests/configs
mkdir -p "$scratch/Llama-3.1-8B"
cp $configs/llama-3.1-8b.json "$scratch/Llama-3.1-8B/config.json"

code "a folder is an entry" 0 "$kvreel_san" import "$scratch/Llama-3.1-8B"
check "without remarks" test ! -s "$scratch/err"
says "named after the folder" 'id += "llama-3.1-8b";' "$kvreel_san" import "$scratch/Llama-3.1-8B"
says "as on the screen" 'name += "Llama-3.1-8B";' "$kvreel_san" import "$scratch/Llama-3.1-8B"
says "with its parameters" 'params_total += 8030261248L;' "$kvreel_san" import "$scratch/Llama-3.1-8B/config.json"
says "and the file as its source" 'source += ".*/Llama-3.1-8B/config.json";' "$kvreel_san" import "$scratch/Llama-3.1-8B"
says "names can be given" 'id += "mine";' "$kvreel_san" import $configs/gpt2-124m.json --id mine --name "Mine \"2\"" --source "a letter"
check "quotes too" grep -q 'name  *= "Mine \\"2\\"";' "$scratch/said"
check "sources too" grep -q 'source  *= "a letter";' "$scratch/said"
says "remarks are sentences with the file" "^$configs/gpt2-124m.json: \"dtype\" is not there" "$kvreel_san" import $configs/gpt2-124m.json
code "and do not fail" 0 "$kvreel_san" import $configs/deepseek-v4-flash.json
check "each on a line of standard error" test "$(grep -c "^$configs/deepseek-v4-flash.json: " "$scratch/err")" = "$(wc -l < "$scratch/err")"

# What is printed can be pasted: a catalog around it reads, and so does the program that uses it.
for f in "$configs"/*.json; do "$kvreel" import "$f"; done > "$scratch/all" 2> "$scratch/remarks"
mkdir -p "$scratch/home/data"
cp -r styles "$scratch/home/"
cp data/devices.cfg "$scratch/home/data/"
{ echo "models = ("; sed '$ s|,$||' "$scratch/all"; echo ");"; } > "$scratch/home/data/models.cfg"
code "all entries make a catalog" 0 "$kvreel_san" list models --home "$scratch/home"
check "with a line for each" test "$(wc -l < "$scratch/out")" -ge "$(ls $configs/*.json | wc -l)"

# -o: starts a catalog, adds to it, leaves everything else alone.
catalog=$scratch/models.cfg
code "a catalog is started" 0 "$kvreel_san" import $configs/llama-3.1-8b.json -o "$catalog"
code "a model is added" 0 "$kvreel_san" import $configs/qwen3-8b.json -o "$catalog"
code "a third" 0 "$kvreel_san" import $configs/jamba-1.5-mini.json -o "$catalog"
check "all stand" test "$(grep -cE '^        id +=' "$catalog")" = 3
cp "$catalog" "$scratch/before"
code "a twin is refused" 2 "$kvreel_san" import $configs/qwen3-8b.json -o "$catalog"
check "with a way out" grep -q -- '--replace' "$scratch/err"
same "and nothing changed" "$scratch/before" "$catalog"
code "unless it replaces" 0 "$kvreel_san" import $configs/mixtral-8x7b.json --id qwen3-8b -o "$catalog" --replace
check "in its place" test "$(grep -E '^        id +=' "$catalog" | sed -n 2p | tr -d ' ')" = 'id="qwen3-8b";'
check "with the new numbers" grep -q 'params_total *= 46702792704L;' "$catalog"
code "and back" 0 "$kvreel_san" import $configs/qwen3-8b.json -o "$catalog" --replace
same "to the same bytes" "$scratch/before" "$catalog"

cat > "$scratch/own.cfg" << 'END'
# Ours. ) } models = ( not here
let = { x = "models = ("; }; // nor ( here
models = (
    { id = "a"; name = "A )"; layers = 2; /* } */ attention = "mha"; }, # the first
    # { a comment }
    { id = "b"; name = "B"; layers = 3; attention = "mha"; } // the last ( one
    /* behind it */
);
END
cp "$scratch/own.cfg" "$scratch/kept.cfg"
code "a catalog with comments" 0 "$kvreel_san" import $configs/qwen3-8b.json -o "$scratch/own.cfg"
diff "$scratch/kept.cfg" "$scratch/own.cfg" | grep '^<' > "$scratch/lost"
check "loses no line but for a comma" test "$(cat "$scratch/lost")" = '<     { id = "b"; name = "B"; layers = 3; attention = "mha"; } // the last ( one'
check "the comma stands before the comment" grep -q '"mha"; }, // the last ( one' "$scratch/own.cfg"
cp "$scratch/kept.cfg" "$scratch/own.cfg"
code "one of them is replaced" 0 "$kvreel_san" import $configs/qwen3-8b.json --id a -o "$scratch/own.cfg" --replace
check "its comment stays" grep -q '^    }, # the first' "$scratch/own.cfg"
check "the other stays" grep -q '{ id = "b"; name = "B"' "$scratch/own.cfg"
printf 'models = ();\n' > "$scratch/empty.cfg"
code "an empty list" 0 "$kvreel_san" import $configs/qwen3-8b.json -o "$scratch/empty.cfg"
printf '# nothing yet' > "$scratch/none.cfg"
code "a file without a list" 0 "$kvreel_san" import $configs/qwen3-8b.json -o "$scratch/none.cfg"
cp data/models.cfg "$scratch/home/data/models.cfg"
code "the catalog that ships" 0 "$kvreel_san" import $configs/qwen3-8b.json --id new-one -o "$scratch/home/data/models.cfg"
says "and the program knows it" "^new-one " "$kvreel" list models --home "$scratch/home"
check "nothing is lost" test "$(diff data/models.cfg "$scratch/home/data/models.cfg" | grep -c '^<')" -le 1

printf 'models = ( { id = "a" ' > "$scratch/broken.cfg"
cp "$scratch/broken.cfg" "$scratch/broken"
code "a broken catalog is told" 2 "$kvreel_san" import $configs/qwen3-8b.json -o "$scratch/broken.cfg"
same "and left alone" "$scratch/broken" "$scratch/broken.cfg"
code "a folder that is not there is the world's fault" 1 "$kvreel_san" import $configs/qwen3-8b.json -o "$scratch/no/where.cfg"

# Wrong files and wrong words.
code "no file" 2 "$kvreel_san" import "$scratch/none.json"
code "an empty file" 2 "$kvreel_san" import /dev/null
printf '' > "$scratch/empty.json"
says "that has nothing" "does not hold a JSON object" "$kvreel_san" import "$scratch/empty.json"
printf '{"a":1}' > "$scratch/other.json"
code "another JSON" 2 "$kvreel_san" import "$scratch/other.json"
check "prints nothing" test ! -s "$scratch/out"
says "and is told why" "describes no language model" "$kvreel_san" import "$scratch/other.json"
head -c 5000000 /dev/zero > "$scratch/huge.json"
says "a huge one" "more than 4 MiB" "$kvreel_san" import "$scratch/huge.json"
code "a folder without one" 2 "$kvreel_san" import "$scratch/home"
code "no word" 2 "$kvreel_san" import
says "two words" "one word too many" "$kvreel_san" import a b
says "--replace alone" "add -o" "$kvreel_san" import $configs/qwen3-8b.json --replace
finish

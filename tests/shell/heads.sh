# kvreel heads: tables of a model with random weights on the tests' stories, forms for programs, and answers to wrong words.
. tests/shell/lib.bash

golden=tests/shell/heads.txt
home=$scratch/home
mkdir -p "$home/data/heads"
ln -s "$root/styles" "$home/styles"
ln -s "$root/data/models" "$home/data/models"
cp tests/heads/stories.json "$home/data/heads/"
{
    "$kvreel_san" heads seeded --home "$home"
    echo
    "$kvreel_san" heads seeded --home "$home" --role reference --stories 3
} > "$scratch/heads"
[ "${KVREEL_GOLDEN:-}" = write ] && cp "$scratch/heads" $golden
same "every head, and the heads of a role" $golden "$scratch/heads"
check "in 80 columns" test "$(wc -L < "$scratch/heads")" -le 80
"$kvreel" heads data/models/seeded --home "$home" > "$scratch/folder"
"$kvreel_san" heads seeded --home "$home" > "$scratch/name"
same "a folder is the model, and both builds agree" "$scratch/folder" "$scratch/name"
"$kvreel" heads seeded --home "$home" --json > "$scratch/json"
taskset -c 0 "$kvreel" heads seeded --home "$home" --json > "$scratch/one"
same "one processor measures the same digits" "$scratch/json" "$scratch/one"
says "JSON tells the cases" '\{"name":"reference","cases":[0-9]+,"chance":0\.[0-9]+,"scores":\[0\.' cat "$scratch/json"
"$kvreel" heads seeded --home "$home" --csv > "$scratch/csv"
says "CSV has a head a line" '^2,1,0\.[0-9]+,' cat "$scratch/csv"
check "and a heading" test "$(head -1 "$scratch/csv")" = "layer,head,previous,first,same,induction,reference,syntax,distant,called"
check "and no more" test "$(wc -l < "$scratch/csv")" = 5
code "an unknown role is exit 2" 2 "$kvreel_san" heads seeded --home "$home" --role refrence
says "and is guessed" 'no role "refrence"; did you mean "reference"; roles are previous, first, same' cat "$scratch/err"
code "an unknown model is exit 2" 2 "$kvreel_san" heads seedde --home "$home"
says "and is guessed" 'no model "seedde"; did you mean "seeded"' cat "$scratch/err"
code "a folder that is no model is exit 2" 2 "$kvreel_san" heads "$home/data" --home "$home"
says "and its file is named" 'config.json' cat "$scratch/err"
code "no model is exit 2" 2 "$kvreel_san" heads --home "$home"
code "two models are exit 2" 2 "$kvreel_san" heads seeded tale --home "$home"
code "half a story is exit 2" 2 "$kvreel_san" heads seeded --home "$home" --stories 0.5
code "two forms are exit 2" 2 "$kvreel_san" heads seeded --home "$home" --csv --json
echo '{"stories":[{"text":"Hi.","references":[[0,9,[]]],"verbs":[]}]}' > "$home/data/heads/stories.json"
code "a mark that does not hold is exit 2" 2 "$kvreel_san" heads seeded --home "$home"
says "and the story is named" 'stories.json: story 1: a mark must be two numbers' cat "$scratch/err"
rm "$home/data/heads/stories.json"
says "stories that are not there are named" 'stories by which heads are measured cannot be read: .*stories.json' "$kvreel_san" heads seeded --home "$home"

says "help tells the roles" 'reference +from the token before a word' "$kvreel_san" heads --help
says "a scene may name a role" 'Accepts +a whole number from 0 to 1000, or one of previous, first' "$kvreel_san" help run.head
finish

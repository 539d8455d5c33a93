# The same scene gives the same files: whatever the threads, the folder, the time zone, the locale and the environment.
. tests/shell/lib.bash
cat > "$scratch/short.cfg" <<'X'
title = "Same bytes";
video = { size = "640x360"; fps = 20; };
run = { prompt = "Mia has a red kite. Tom has"; steps = 2; };
chapters = (
    { view = "prefill"; title = "Prefill reads the whole prompt"; hold = 0.2; pace = 2.0; },
    { view = "decode"; title = "Decode computes only the new token"; hold = 0.2; pace = 2.0; },
    { view = "memory"; title = "Chats fill memory"; hold = 0.2; pace = 4.0; }
);
X
first=$scratch/first second=$scratch/second
mkdir -p "$first" "$second" "$scratch/elsewhere"
files() { for f in a.mp4 a.gif a.apng a.hashes; do printf -- '-o\n%s/%s\n' "$1" $f; done; }
mapfile -t one < <(files "$first")
mapfile -t two < <(files "$second")
"$kvreel" render "$scratch/short.cfg" -j 1 --quiet "${one[@]}" || not_ok "render with one thread"
(
    cd "$scratch/elsewhere" || exit 1
    TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 LANG=ja_JP.UTF-8 HOME=/nonexistent FREETYPE_PROPERTIES=truetype:interpreter-version=35 \
        HB_SHAPER_LIST=fallback PANGO_LANGUAGE=ja FONTCONFIG_FILE=/dev/null \
        "$kvreel" render ../short.cfg -j 3 --quiet "${two[@]}"
) || not_ok "render with three threads elsewhere"
for f in a.mp4 a.gif a.apng a.hashes; do
    check "$f exists" test -s "$first/$f"
    same "$f is the same from one thread and from three, in another folder, time zone, locale and environment" "$first/$f" "$second/$f"
done
# The sanitized build is another compiler output of the same program.
"$kvreel_san" render "$scratch/short.cfg" -j 2 --quiet --fps 4 -o "$scratch/san.hashes" || not_ok "render with sanitizers"
"$kvreel" render "$scratch/short.cfg" -j 2 --quiet --fps 4 -o "$scratch/plain.hashes" || not_ok "render without"
same "pixels do not depend on the compiler's options" "$scratch/plain.hashes" "$scratch/san.hashes"
for kind in png svg pdf; do
    "$kvreel" still "$scratch/short.cfg" --at decode --size 720p --quiet -o "$scratch/1.$kind"
    TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 "$kvreel" still "$scratch/short.cfg" --at decode --size 720p --quiet -o "$scratch/2.$kind"
    same "a still as $kind is the same twice" "$scratch/1.$kind" "$scratch/2.$kind"
done
check "the text of SVG is text" grep -q ">Decode computes only the new token<" "$scratch/1.svg"
finish

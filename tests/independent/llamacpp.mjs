// Logits of llama.cpp for every position of a text: node llamacpp.mjs MODEL.gguf OUT.json ID...
// Needs `npm install node-llama-cpp`; see README.md, "A second opinion".
import { writeFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";

const [model_path, out, ...ids] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath: model_path, gpuLayers: 0 });
const context = await model.createContext({
    contextSize: 64, flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
});
const sequence = context.getSequence();
const asked = ids.map((id) => [Number(id), { generateNext: { logits: true } }]);
const answers = await sequence.controlledEvaluate(asked);
const rows = answers.map((answer) => {
    const row = [];
    for (const [id, logit] of answer.next.logits) row[id] = logit;
    return row;
});
writeFileSync(out, JSON.stringify(rows));
process.exit(0);

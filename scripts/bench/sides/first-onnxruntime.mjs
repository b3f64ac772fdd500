// The same with onnxruntime-node: `node first-onnxruntime.mjs FOLDER MODEL.onnx THREADS`
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { InferenceSession, Tensor } = createRequire(join(process.argv[2], 'x.cjs'))('onnxruntime-node');

const session = await InferenceSession.create(process.argv[3], {
  intraOpNumThreads: Number(process.argv[4]),
});
const images = new Tensor('float32', new Float32Array(3 * 224 * 224), [1, 3, 224, 224]);
const { logits } = await session.run({ images });
console.log([...logits.data.slice(0, 5)]);
process.exit(0);

// onnxruntime-node as a side of the inference benchmark: `node onnxruntime.mjs FOLDER`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serve } from './server.mjs';

const { InferenceSession, Tensor } = createRequire(join(process.argv[2], 'x.cjs'))('onnxruntime-node');

await serve(async ({ onnx, threads }) => {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: threads });
  return async (data, count) => {
    const { logits } = await session.run({ images: new Tensor('float32', data, [count, 3, 224, 224]) });
    return logits.data;
  };
});

// What `npm run bench` compares, and how each side is started.
import { join } from 'node:path';
import { root } from '../../lib/bootstrap.mjs';
import { Side } from './side.mjs';

/** The side that the others are compared with. */
export const REFERENCE = 'onnxruntime-node';

export const script = (name) => join(root, 'scripts/bench/sides', name);
const engine = (name, options) => ({ name, node: 'engine.mjs', options });
const python = (name, mode) => ({ name, python: 'pytorch_inference.py', args: [mode] });

/** All sides, with their options. */
export const sidesOf = (backendsOf, peers) => [
  engine('engine float32', { precision: 'float32' }),
  engine('engine float32 without Winograd', { precision: 'float32', winograd: false }),
  ...(backendsOf('float32').includes('avx512')
    ? [engine('engine float32 avx2', { precision: 'float32', backend: 'avx2' })]
    : []),
  engine('engine float32 libtorch', { precision: 'float32', backend: 'libtorch' }),
  engine('engine bfloat16', { precision: 'bfloat16' }),
  ...(backendsOf('bfloat16').includes('amx')
    ? [engine('engine bfloat16 avx512', { precision: 'bfloat16', backend: 'avx512' })]
    : []),
  ...(backendsOf('int8').length > 0 ? [engine('engine int8', { precision: 'int8' })] : []),
  ...(backendsOf('int8').length > 1
    ? [engine('engine int8 avx512', { precision: 'int8', backend: 'avx512' })]
    : []),
  { name: 'model channels-last', node: 'model.mjs' },
  { name: REFERENCE, node: 'onnxruntime.mjs', args: [peers] },
  python('PyTorch eager', 'eager'),
  python('PyTorch channels-last', 'channels-last'),
  python('PyTorch compile', 'compile'),
  python('PyTorch compile bfloat16', 'compile-bfloat16'),
];

/** Starts each side and loads its model. */
export async function startSides(sides, python, { files, onnx, threads, plans }) {
  for (const one of sides) {
    const [file, args] = one.node
      ? [process.execPath, [script(one.node), ...(one.args ?? [])]]
      : [python, [script(one.python), ...one.args]];
    one.side = new Side(file, args);
    const plan = plans[one.options?.precision];
    await one.side.ask('load', { ...files, onnx, threads, plan, options: one.options });
  }
}

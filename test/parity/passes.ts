import type { Tensor } from '../../src/index.js';
import { float32, type NamedTensors, under } from '../support/bits.js';
import type { Parity } from './harness.js';
import { build, type ModelOptions, snakeCase } from './options.js';

export interface Pass {
  train: boolean;
  batch: number;
  /** Of the generator that draws the dropout masks. */
  seed: number;
}

// Training passes come first and in between, so that evaluation reads running statistics that have moved.
export const allBatches: Pass[] = [
  { train: true, batch: 7, seed: 11 },
  { train: false, batch: 1, seed: 12 },
  { train: true, batch: 32, seed: 13 },
  { train: false, batch: 7, seed: 14 },
  { train: true, batch: 1, seed: 15 },
  { train: false, batch: 32, seed: 16 },
];
export const smallBatches = allBatches.filter((pass) => pass.batch < 32);

export function heads([main, aux1, aux2]: [Tensor, Tensor | null, Tensor | null]): NamedTensors {
  return { main, ...(aux1 === null ? {} : { aux1 }), ...(aux2 === null ? {} : { aux2 }) };
}

/** Logits of passes one after another through one model, and its state afterwards. */
export async function comparePasses(
  parity: Parity,
  name: string,
  options: ModelOptions,
  passes: Pass[],
): Promise<void> {
  const seed = 21;
  const model = parity.own(build(options, seed));
  const { tensors } = await parity.ask('forward', {
    seed,
    options: snakeCase(options),
    passes,
    input_seed: 22,
  });
  const checks: [string, NamedTensors, NamedTensors][] = [];
  for (const [index, { train, batch, seed }] of passes.entries()) {
    const { images: _, ...theirs } = under(String(index), tensors);
    if (train) model.train();
    else model.eval();
    model.manualSeed(seed);
    const ours = heads(await model.forward(float32(`${index}.images`, tensors)));
    checks.push([`${train ? 'train' : 'eval'} mode, batch ${batch}`, ours, theirs]);
  }
  checks.push(['state afterwards', await model.stateDict(), under('state', tensors)]);
  parity.expectAllBitEqual(`forward, ${name}`, checks);
}

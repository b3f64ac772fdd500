/** One step of the usual run; the options of training are in training.long.test.ts. */
import { Parity } from './harness.js';
import { compareRuns, sgd } from './runs.js';

const parity = Parity.use();

test('one step has PyTorch’s losses, gradient of every parameter, BatchNorm buffers and new weights', async () => {
  await compareRuns(parity, '1 step', { ...sgd, steps: 1 });
});

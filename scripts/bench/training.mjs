// `npm run bench:training`: what training costs, step by step and as a whole. The sections are in lib/training-sections.mjs.

import { bootstrap } from '../lib/bootstrap.mjs';
import { readBenchFlags } from './lib/flags.mjs';

const HELP = `npm run bench:training -- [options]

In one run, turn by turn where two things are compared, in fp32 and in bf16:
  - a training step of 32 images compared with Python PyTorch at its best (channels-last, fused SGD, autocast)
  - the loader alone, compared with what the trainer needs
  - a whole run of googlenet train with dashboard, logs and checkpoints, compared with the step alone; delay of its event loop
  - where the time of a step goes
Takes five minutes on two cores. Nothing else should run meanwhile.

  --threads N   compute threads of both sides (default: all cores)
  --repeat N    factor for the number of runs (default 1)
  --device D    cpu or cuda (default cpu)
  --output F    where the raw figures go as JSON lines (default .googlenet/bench-training.jsonl)
`;

const flags = readBenchFlags(HELP, 'bench-training.jsonl');
await bootstrap([]);
const { benchTraining } = await import('./lib/training-sections.mjs');
await benchTraining(flags);

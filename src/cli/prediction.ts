import { type Classification, loadImages, topK } from '../classifier.js';
import { usableCpus } from '../core/cpu-quota.js';
import { loadModel } from '../models/load.js';
import type { Device } from '../module.js';
import { setNumThreads } from '../runtime.js';
import type { Tensor } from '../tensor.js';
import type { Terminal } from '../terminal.js';
import type { PredictSettings } from './commands/predict.js';
import { transformInputs } from './transform-input.js';
import { describeFile } from './weights-file.js';

/** The best classes of each head; null for auxiliary heads that nobody asked for, or that the model does not have. */
export interface Heads {
  main: Classification[];
  aux1: Classification[] | null;
  aux2: Classification[] | null;
}

export interface Prediction extends Heads {
  image: string;
}

/** Pictures that are loaded and computed together. More would hardly be faster, take ten megabytes each, and be answered later. */
const BATCH = Math.max(2, usableCpus());

/** Picture by picture, in the order given; the first unreadable one ends it. */
export async function* predict(
  terminal: Terminal,
  weights: string,
  images: readonly string[],
  settings: PredictSettings,
): AsyncGenerator<Prediction, void, void> {
  const { maxPixels, autoOrient } = settings;
  const file = await describeFile(weights);
  const [own] = transformInputs(terminal, [file], settings.transformInput);
  // What is not shown need not be computed.
  const heads = file.model.auxLogits && !settings.auxHeads ? { auxLogits: false } : {};
  if (settings.threads !== null) setNumThreads(settings.threads);
  const model = await loadModel(weights, {
    device: settings.device as Device,
    ...own,
    ...heads,
  });
  try {
    for (let start = 0; start < images.length; start += BATCH) {
      const paths = images.slice(start, start + BATCH);
      const [main, aux1, aux2] = await model.forward(await loadImages(paths, { maxPixels, autoOrient }));
      const best = (tensor: Tensor, i: number) => topK(row(tensor, i), settings.topK, model.classes);
      for (const [i, image] of paths.entries()) {
        yield {
          image,
          main: best(main, i),
          aux1: aux1 && best(aux1, i),
          aux2: aux2 && best(aux2, i),
        };
      }
    }
  } finally {
    model.dispose();
  }
}

const row = ({ data, shape: [, width = 0] }: Tensor, i: number) => data.subarray(i * width, (i + 1) * width);

import type { Device } from '../../core/device.js';
import type { ModelDescription } from '../../models/description.js';
import { GoogLeNet, type GoogLeNetOptions, loadGoogLeNet } from '../../models/googlenet.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { loadXception, Xception, type XceptionOptions } from '../../models/xception.js';
import { backends, useDeterministicAlgorithms } from '../../native/backends.js';
import { prepareDevice, setNumThreads } from '../../native/runtime.js';
import type { TrainingSettings } from '../../run/settings.js';
import type { PreparedRun } from './prepare.js';

/** The model of a run as it begins; resuming from a checkpoint is the trainer's work. */
export async function buildModel({
  run,
  checkpoint,
  weights,
}: Pick<PreparedRun, 'run' | 'checkpoint' | 'weights'>): Promise<ImageClassifier> {
  const { settings, classes } = run;
  const { architecture, auxLogits, initWeights, dropout, dropoutAux, channelsLast, seed, resetClassifier } =
    settings;
  const { transformInput } = settings;
  if (settings.threads !== null) setNumThreads(settings.threads);
  applyBackends(settings);
  await prepareDevice(settings.device as Device);
  const common = {
    ...{ classes, channelsLast, seed, initWeights, device: settings.device as Device },
    ...(dropout !== null && { dropout }),
  };
  const heads = {
    auxLogits,
    ...(dropoutAux !== null && { dropoutAux }),
    ...(transformInput !== null && { transformInput }),
  };
  if (checkpoint !== null) return asDescribed(checkpoint.model, { ...common, ...heads });
  if (architecture === 'xception') {
    if (weights !== null) return loadXception(weights.file, { ...common, resetClassifier });
    return new Xception({ ...common, numClasses: classes.length });
  }
  if (weights !== null) return loadGoogLeNet(weights.file, { ...common, ...heads, resetClassifier });
  return new GoogLeNet({ variant: architecture, ...common, ...heads, numClasses: classes.length });
}

/** What differs from libtorch's own choice is set before the first work. */
function applyBackends(settings: TrainingSettings): void {
  const { cudnnBenchmark, cudnnDeterministic, cudnnAllowTf32, matmulAllowTf32 } = settings;
  backends.cudnn.benchmark = cudnnBenchmark;
  backends.cudnn.deterministic = cudnnDeterministic;
  backends.cudnn.allowTf32 = cudnnAllowTf32;
  backends.cuda.matmul.allowTf32 = matmulAllowTf32;
  useDeterministicAlgorithms(settings.deterministicAlgorithms, { warnOnly: true });
}

/** The model of a checkpoint, without its weights: what no setting says may come from the file that the run started from. */
function asDescribed(
  { architecture, ...described }: ModelDescription,
  { auxLogits: _, dropoutAux, ...common }: GoogLeNetOptions,
): ImageClassifier {
  if (architecture !== 'xception') {
    const heads = dropoutAux === undefined ? {} : { dropoutAux };
    return new GoogLeNet({ ...heads, ...common, ...described } as GoogLeNetOptions);
  }
  const { auxLogits: __, ...options } = described;
  return new Xception({ ...common, ...options } as XceptionOptions);
}

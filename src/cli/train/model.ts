import { cpus } from 'node:os';
import type { Device } from '../../core/device.js';
import { type InputSizes, XCEPTION_SIZES } from '../../inference/input-size.js';
import type { ModelDescription } from '../../models/description.js';
import { GoogLeNet, type GoogLeNetOptions } from '../../models/googlenet.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { variantNamed } from '../../models/variants/index.js';
import { Xception, type XceptionOptions } from '../../models/xception.js';
import { backends, useDeterministicAlgorithms } from '../../native/backends.js';
import { getNumThreads, libtorch, prepareDevice, setNumThreads } from '../../native/runtime.js';
import { readCheckpoint } from '../../train/checkpoint.js';
import type { ArchitectureName } from '../architectures.js';
import { packageVersion } from '../version.js';
import type { Plan } from './plan.js';
import { writeRun } from './run-folder.js';
import type { TrainSettings } from './settings.js';

/** The model of a run as it begins; going on from a checkpoint is the trainer's work. */
export async function buildModel({ run, checkpoint }: Plan): Promise<ImageClassifier> {
  const { settings, classes, weights } = run;
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
  if (checkpoint !== null)
    return asDescribed((await readCheckpoint(checkpoint.path)).model, { ...common, ...heads });
  if (architecture === 'xception') {
    if (weights !== null) return Xception.load(weights, { ...common, resetClassifier });
    return new Xception({ ...common, numClasses: classes.length });
  }
  if (weights !== null) return GoogLeNet.load(weights, { ...common, ...heads, resetClassifier });
  return new GoogLeNet({ variant: architecture, ...common, ...heads, numClasses: classes.length });
}

/** What differs from libtorch's own choice is set before the first work. */
function applyBackends(settings: TrainSettings): void {
  const { cudnnBenchmark, cudnnDeterministic, cudnnAllowTf32, matmulAllowTf32 } = settings;
  backends.cudnn.benchmark = cudnnBenchmark;
  backends.cudnn.deterministic = cudnnDeterministic;
  backends.cudnn.allowTf32 = cudnnAllowTf32;
  backends.cuda.matmul.allowTf32 = matmulAllowTf32;
  useDeterministicAlgorithms(settings.deterministicAlgorithms, { warnOnly: true });
}

/** The model of a checkpoint, its numbers left out: what the settings do not say may come from the file that the run began with. */
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

/** Sides of images that an architecture takes. */
export const inputSizesOfArchitecture = (architecture: ArchitectureName): InputSizes =>
  variantNamed(architecture)?.inputSizes ?? XCEPTION_SIZES;

/** The plan with `device` and `threads` as they turned out to be, so that a resumed run computes in the same way. */
export function placePlan(plan: Plan, { device }: ImageClassifier): Plan {
  const settings = { ...plan.run.settings, device, threads: getNumThreads() };
  return { ...plan, run: { ...plan.run, settings } };
}

/** Writes settings.json. @returns what the run runs on. */
export async function recordRun({ dir, run }: Plan): Promise<Record<string, string>> {
  const { version, cpuCapability, devices } = libtorch();
  const { device } = run.settings;
  const gpu = devices.find((found) => found.device === device);
  const environment = {
    googlenet: packageVersion(),
    node: process.versions.node,
    libtorch: version,
    cpuCapability,
    platform: `${process.platform} ${process.arch}`,
    processor: gpu?.name ?? cpus()[0]?.model ?? 'unknown',
  };
  await writeRun(dir, { ...run, environment });
  return environment;
}

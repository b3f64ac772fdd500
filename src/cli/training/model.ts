import { cpus } from 'node:os';
import { GoogLeNet } from '../../models/googlenet.js';
import type { Device } from '../../module.js';
import { getNumThreads, libtorch, setNumThreads } from '../../runtime.js';
import { packageVersion } from '../version.js';
import type { Plan } from './plan.js';
import { writeRun } from './run-folder.js';

/** The model of a run as it begins; going on from a checkpoint is the trainer's work. */
export async function buildModel({ run, checkpoint }: Plan): Promise<GoogLeNet> {
  const { settings, classes, weights } = run;
  const { auxLogits, initWeights, dropout, dropoutAux, channelsLast, seed } = settings;
  if (settings.threads !== null) setNumThreads(settings.threads);
  const common = { classes, dropout, dropoutAux, channelsLast, seed, device: settings.device as Device };
  if (weights !== null && checkpoint === null) return GoogLeNet.load(weights, common);
  return new GoogLeNet({ ...common, numClasses: classes.length, auxLogits, initWeights });
}

/** The plan with `device` and `threads` as they turned out to be, so that a resumed run computes in the same way. */
export function placePlan(plan: Plan, { device }: GoogLeNet): Plan {
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

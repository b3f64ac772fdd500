import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { libtorch } from '../native/runtime.js';
import { PACKAGE_ROOT } from '../setup/installed/paths.js';

/** What a run runs on, for settings.json and its readers. */
export function environment(device: string): Record<string, string> {
  const { version, cpuCapability, devices } = libtorch();
  const gpu = devices.find((found) => found.device === device);
  return {
    googlenet: String(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')).version),
    node: process.versions.node,
    libtorch: version,
    cpuCapability,
    platform: `${process.platform} ${process.arch}`,
    processor: gpu?.name ?? cpus()[0]?.model ?? 'unknown',
  };
}

import type { GoogLeNetError } from '../../src/core/errors.js';
import type { TensorSpan } from '../../src/core/tensor.js';
import type { Contents } from '../../src/formats/format.js';
import { SAFETENSORS } from '../../src/formats/safetensors.js';
import { type OpenOptions, type WeightsFile, withWeightsFile } from '../../src/formats/weights-file.js';
import { findCheckpoint } from '../../src/train/find-checkpoint.js';

/** What a file of weights says it has; its values are not read. */
export const describeWeights = (path: string): Promise<Pick<Contents, 'tensors' | 'foreign' | 'metadata'>> =>
  withWeightsFile(path, async ({ tensors, foreign, metadata }) => ({ tensors, foreign, metadata }));

/** Opens a file of weights and checks every byte of it. */
export const withVerifiedWeights = <T>(
  path: string,
  use: (file: WeightsFile) => Promise<T>,
  options?: OpenOptions,
): Promise<T> =>
  withWeightsFile(
    path,
    async (file) => {
      await file.verify();
      return use(file);
    },
    options,
  );

export interface SafetensorsHeader extends Pick<Contents, 'foreign' | 'metadata'> {
  tensors: TensorSpan[];
}

export const readSafetensorsHeader = (path: string): Promise<SafetensorsHeader> =>
  withWeightsFile(
    path,
    async ({ tensors, foreign, metadata }) => ({
      tensors: tensors.map(({ fd: _, ...span }) => span),
      foreign,
      metadata,
    }),
    { format: SAFETENSORS },
  );

/** The path of the newest whole checkpoint. */
export async function newestCheckpoint(
  dir: string,
  onDamaged: (path: string, error: GoogLeNetError) => void = () => undefined,
): Promise<string | null> {
  const checkpoint = await findCheckpoint(dir, onDamaged);
  await checkpoint?.close();
  return checkpoint?.path ?? null;
}

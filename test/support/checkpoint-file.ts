import { writeFileAtomic } from '../../src/core/files/atomic-file.js';
import { CHECKSUM_PLACEHOLDER, writeChecksum } from '../../src/formats/checksum.js';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { toMetadata } from '../../src/models/stored-architecture.js';
import type { CheckpointInfo } from '../../src/train/checkpoint-policy.js';
import { readTrainerConfig } from '../../src/train/config.js';
import { initialState } from '../../src/train/train-state.js';

/** Writes a file with all that a checkpoint says of itself, but of a model that is one tensor of some kilobytes and one that tells its variant. */
export async function writeCheckpointFile(path: string, about: CheckpointInfo, kilobytes = 1): Promise<void> {
  const { step, epoch, isEpochEnd, score } = about;
  const content = {
    checkpoint: 3,
    trainer: readTrainerConfig({}),
    state: { ...initialState, epoch, step: isEpochEnd ? 0 : 1, globalStep: step },
    score,
    generator: 'AAAA',
    hasMomentum: true,
    hasEma: false,
  };
  const tensors = [
    { name: 'model.fc.weight', dtype: 'F32' as const, shape: [2, 128 * kilobytes] },
    { name: 'model.partA.0.weight', dtype: 'F32' as const, shape: [1] },
  ];
  const { header, dataBytes } = planSafetensors(tensors, { ...CHECKSUM_PLACEHOLDER, ...toMetadata(content) });
  const data = new Uint8Array(dataBytes).fill(step);
  await writeChecksum(header, data);
  await writeFileAtomic(path, [header, data]);
}

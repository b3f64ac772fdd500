import { execFile } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EpochMetrics, Metric, RunRecord } from '../../src/run/records/records.js';
import { type ResumePoint, RunLog, readRunRecords } from '../../src/run/records/run-log.js';
import { TensorBoardLog } from '../../src/run/tensorboard/tensorboard.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { findPython } from '../support/python.js';
import { runRecords } from '../support/runs.js';
import { describeWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Scalars = Record<string, [step: number, wallTime: number, value: number][]>;

const SCRIPT = join(PACKAGE_ROOT, 'scripts/parity/tensorboard_scalars.py');
const reason = process.env.GOOGLENET_NO_TENSORBOARD ?? '';

async function tensorboard(folder: string): Promise<Scalars> {
  const { stdout } = await promisify(execFile)(await findPython(), [SCRIPT, folder], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/** What metrics.jsonl says, under the tags that the documentation promises. */
async function expected(folder: string): Promise<Scalars> {
  const scalars: Scalars = {};
  for (const record of await readRunRecords(folder)) {
    for (const [tag, value] of tagged(record)) {
      if (value === null) continue;
      scalars[tag] ??= [];
      scalars[tag].push([record.step, record.time, Math.fround(value)]);
    }
  }
  return scalars;
}

function tagged(record: RunRecord): [string, Metric][] {
  if (record.type === 'step') {
    return [
      ['train/loss', record.loss],
      ['train/main_loss', record.mainLoss],
      ['train/aux1_loss', record.aux1Loss],
      ['train/aux2_loss', record.aux2Loss],
      ['train/top1', record.top1],
      ['train/aux1_top1', record.aux1Top1],
      ['train/aux2_top1', record.aux2Top1],
      ['train/grad_norm', record.gradNorm],
      ['train/lr', record.lr],
      ['train/images_per_second', record.imagesPerSecond],
    ];
  }
  return [
    ...scores('epoch/train_', record.train),
    ...(record.validation ? scores('epoch/validation_', record.validation) : []),
    ['epoch/lr', record.lr],
    ['epoch/images_per_second', record.imagesPerSecond],
    ['epoch/seconds', record.seconds],
    ['epoch/skipped', record.skipped],
  ];
}

const scores = (prefix: string, of: EpochMetrics): [string, Metric][] => [
  [`${prefix}loss`, of.loss],
  [`${prefix}main_loss`, of.mainLoss],
  [`${prefix}aux1_loss`, of.aux1Loss],
  [`${prefix}aux2_loss`, of.aux2Loss],
  [`${prefix}top1`, of.top1],
  [`${prefix}top5`, of.top5],
  [`${prefix}aux1_top1`, of.aux1Top1],
  [`${prefix}aux2_top1`, of.aux2Top1],
];

/** A stretch of training, as a process would write it. */
async function write(folder: string, records: readonly RunRecord[], resume: ResumePoint | null = null) {
  const log = await RunLog.open(folder, { resume });
  const events = await TensorBoardLog.open(folder);
  for (const record of records) {
    await log.append(record);
    await events.append(record);
  }
  await log.close();
  await events.close();
}

const eventFiles = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.includes('tfevents'));

describeWhere(reason === '', reason)('TensorBoard reads', () => {
  const at = temporaryFolder();

  test.each([
    ['with auxiliary heads and validation', runRecords({ epochs: 3, stepsPerEpoch: 40, more: 7, aux: true })],
    ['without either', runRecords({ epochs: 2, stepsPerEpoch: 5, validation: false })],
    ['of one step', runRecords({ epochs: 0, stepsPerEpoch: 5, more: 1 })],
    ['that measures gradients, with a loss that is none', odd()],
  ])('a run %s as metrics.jsonl has it', async (_, records) => {
    await write(at(), records);
    const found = await tensorboard(at());
    expect(found).toEqual(await expected(at()));
    expect(Object.keys(found)).toContain('train/loss');
  });

  test('a run that was cut back to its checkpoint and went on, once', async () => {
    const records = runRecords({ epochs: 4, stepsPerEpoch: 10 });
    await write(at(), records.slice(0, 25));
    const [first] = await eventFiles(at());
    // Epoch 2 begins after the record of epoch 1; steps 21 to 23 are lost.
    await write(at(), records.slice(22), { step: 20, epoch: 2 });
    const found = await tensorboard(at());
    expect(found).toEqual(await expected(at()));
    expect(found['train/loss']).toHaveLength(40);
    const files = await eventFiles(at());
    expect(files).toHaveLength(1);
    expect(files).not.toContain(first);
  });

  test('the newer file alone, where a kill came before the older one was removed', async () => {
    const records = runRecords({ epochs: 2, stepsPerEpoch: 10 });
    await write(at(), records);
    const [name = ''] = await eventFiles(at());
    await copyFile(at(name), at('older'));
    await write(at(), [], { step: 10, epoch: 1 });
    await copyFile(at('older'), at(name));
    expect(await eventFiles(at())).toHaveLength(2);
    expect(await tensorboard(at())).toEqual(await expected(at()));
  });
});

/** The least and the largest of what can be measured, and steps beyond 32 bits. */
function odd(): RunRecord[] {
  return runRecords({ epochs: 2, stepsPerEpoch: 5, aux: true }).map((record) =>
    record.type === 'epoch'
      ? {
          ...record,
          step: record.step + 2 ** 40,
          validation: record.validation && { ...record.validation, loss: null },
        }
      : {
          ...record,
          step: record.step + 2 ** 40,
          loss: record.step === 3 ? null : 1e-42,
          gradNorm: 3.4e38 / record.step,
          lr: 0.1 * 0.96 ** record.step,
          time: record.time + 1 / 3,
        },
  );
}

/** Small files of torch.save that ask for much: each is refused, or read with work in proportion to its bytes. */
import { writeFile } from 'node:fs/promises';
import { GoogLeNetError } from '../../src/core/errors.js';
import { TorchGlobals } from '../../src/formats/pth/torch-globals.js';
import { unpickle } from '../../src/formats/pth/unpickler.js';
import { collidingIntegers } from '../support/colliding-integers.js';
import { errorWith } from '../support/errors.js';
import { dict, int32, longText, pickleOf, pthOf, tensor, text } from '../support/pickle-code.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeWeights } from '../support/weights-files.js';

const at = temporaryFolder();

async function describeCode(code: string) {
  await writeFile(at('file.pth'), await pthOf(code));
  return describeWeights(at('file.pth'));
}

const invalidFile = (what: string, code: 'INVALID_WEIGHTS' | string = 'INVALID_WEIGHTS') =>
  new GoogLeNetError(code as 'INVALID_WEIGHTS', what);
const globals = new TorchGlobals(invalidFile);

const ORDERED_DICT = 'ccollections\nOrderedDict\n';
const FROM_TYPE = 'ctorch._tensor\n_rebuild_from_type_v2\n';
/** A list of pairs, all of them the same one, that the memo has as 0. */
const manyPairs = (count: number): string => `]q\x00(NN\x86q\x01${'h\x01'.repeat(count)}e`;

test.each([
  ['by an OrderedDict', `${ORDERED_DICT}h\x00\x85R`],
  ['through a rebuild function', `${FROM_TYPE}(${ORDERED_DICT}Nh\x00\x85}tR`],
])('A list that is copied over and over, %s, is refused', async (_, copy) => {
  await expect(describeCode(manyPairs(10_000) + copy.repeat(50))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'over and over'),
  );
});

test('An OrderedDict made of a list of pairs, as Python 2 wrote it, is read', async () => {
  const code = `${ORDERED_DICT}](](${text('w')}${tensor()}ee\x85R`;
  expect((await describeCode(code)).tensors).toMatchObject([{ name: 'w' }]);
});

test.each([1, 30_000])('Rebuild functions %i deep in one another are refused', async (depth) => {
  // (rebuild, None, (rebuild, None, (), None), None)
  const args = `${'(h\x00N'.repeat(depth + 1)})${'Nt'.repeat(depth + 1)}`;
  await expect(describeCode(`${FROM_TYPE}q\x00${args}R`)).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'makes no tensor'),
  );
});

test('A tensor with attributes is read as the tensor', async () => {
  const inner = tensor().split('(').slice(0, 1)[0] ?? '';
  const args = tensor().slice(inner.length, -1);
  const code = dict(text('w'), `${FROM_TYPE}(${inner}N${args}}tR`);
  expect((await describeCode(code)).tensors).toMatchObject([{ name: 'w', shape: [2] }]);
});

test.each([
  ['lists', `${']'.repeat(60_000)}${'a'.repeat(59_999)}`],
  ['tuples', `N${'\x85'.repeat(60_000)}`],
  ['dicts', `${'}N'.repeat(60_000)}N${'s'.repeat(60_000)}`],
])('Values 60,000 deep in %s end in no RangeError', async (_, code) => {
  await expect(describeCode(code)).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
});

/** Of this process, in milliseconds: other processes do not change it. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test.each([
  ['keys of a dict', (keys: number[]) => dict(...keys.flatMap((key) => [int32(key), 'N']))],
  ['indices of the memo', (keys: number[]) => `N${keys.map((key) => int32(key).replace('J', 'r')).join('')}`],
])('%s that all have one hash take no longer than others', async (_, code) => {
  const bytes = pickleOf(code(collidingIntegers(16_000)));
  // In one hash table they take half a second and more.
  const cpu = await cpuOf(() => unpickle(bytes, { globals, invalidFile }).catch(() => undefined));
  expect(cpu).toBeLessThan(400);
});

test('The event loop goes on by the work of instructions, not by their number', async () => {
  const bytes = pickleOf(
    `]${`(${'N'.repeat(30_000)}e`.repeat(5)}${`${longText('x'.repeat(400_000))}a`.repeat(5)}`,
  );
  const many = pickleOf(longText('x'.repeat(400_000)).repeat(8));
  for (const [pickle, least] of [
    [bytes, 5],
    [many, 2],
  ] as const) {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await unpickle(pickle, { globals, invalidFile });
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(least);
  }
});

test('A signal that aborts while a pickle is read ends it', async () => {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const { signal } = controller;
  const reading = unpickle(pickleOf(`]${'Na'.repeat(100_000)}`), { globals, invalidFile, signal });
  await expect(reading).rejects.toMatchObject(errorWith('ABORTED'));
});

test.each([
  ['the name of a function', `${longText('m'.repeat(1e6))}${longText('n'.repeat(1e6))}\x93`],
  ['keys', dict(longText('k'.repeat(1e6)), 'N')],
  ['a storage that is missing', dict(text('w'), tensor().replace(text('0'), longText('9'.repeat(1e6))))],
  ['a tensor outside its storage', dict(longText('w'.repeat(1e6)), tensor().replace('K\x02tQ', 'K\x03tQ'))],
  [
    'sizes',
    dict(text('w'), tensor('K\x00', `(${'J\xff\xff\xff\x7f'.repeat(64)}t`, `(${'K\x01'.repeat(64)}t`)),
  ],
])('A message about %s stays short, whatever the file says', async (_, code) => {
  const error: Error = await describeCode(code).then(
    () => new Error('it was read'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(GoogLeNetError);
  expect(error.message.length).toBeLessThan(700);
});

test('More tensors than any model has are refused', async () => {
  const many = Array.from({ length: 10_001 }, (_, i) => `${text(`w${i}`)}h\x00`);
  await expect(describeCode(`${tensor()}q\x00${dict(...many)}`)).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', '10001'),
  );
});

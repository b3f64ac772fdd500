import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { commandLineArguments } from '../../src/cli/arguments.js';
import { compareCodePoints } from '../../src/core/code-points.js';
import { GoogLeNetError } from '../../src/core/errors.js';
import { writeFileAtomic } from '../../src/core/files/atomic-file.js';
import { fsPath, nameOfBytes, withVisibleBytes } from '../../src/core/files/file-names.js';
import { makeFolder } from '../../src/core/files/make-folder.js';
import { readRegularText } from '../../src/core/files/regular-file.js';
import { printable } from '../../src/core/printable.js';
import { IdxDataset } from '../../src/data/idx-dataset.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { errorWith } from '../support/errors.js';
import { idxFile } from '../support/idx.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeWeights } from '../support/weights-files.js';

const at = temporaryFolder();
const latin1 = (text: string) => Buffer.from(text, 'latin1');

test.each([
  // As os.fsdecode gives them in Python.
  ['caf\xe9', 'caf\udce9'],
  ['caf\xc3\xa9', 'café'],
  ['\xc3', '\udcc3'],
  ['\xf0\x9f\x98', '\udcf0\udc9f\udc98'],
  ['\xf0\x9f\x98\x80', '\u{1f600}'],
  ['\xed\xb2\x80', '\udced\udcb2\udc80'],
  ['\xc0\xaf', '\udcc0\udcaf'],
  ['\xef\xbb\xbfa', '\ufeffa'],
])('the bytes of %j are the text that Python has for them', (bytes, text) => {
  expect(nameOfBytes(latin1(bytes))).toBe(text);
  expect(Buffer.from(fsPath(text) as string)).toEqual(latin1(bytes));
});

test('any bytes come back', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(bytes, (given) => {
      const name = nameOfBytes(Buffer.from(given));
      expect(Buffer.from(fsPath(name) as string)).toEqual(Buffer.from(given));
    }),
  );
});

test('such bytes are shown as escapes, and characters of two units as they are', () => {
  expect(withVisibleBytes('caf\udce9 \u{1f600}')).toBe('caf\\xe9 \u{1f600}');
  expect(printable('caf\udce9\x1b')).toBe('caf\\xe9\\u001b');
  expect(new GoogLeNetError('FILE_NOT_FOUND', 'no caf\udce9').message).toBe('no caf\\xe9');
});

test('such names sort by their code points, before characters above U+DCFF', () => {
  const sorted = ['z', 'é', '\ud7ff', '\udc80', '\udcff', '\ue000', '\uffee', '\u{1f600}', '\u{1f601}'];
  expect([...sorted].reverse().sort(compareCodePoints)).toEqual(sorted);
});

test('arguments of the command line that are not UTF-8 are read from the kernel', () => {
  const program = `
    const { commandLineArguments } = require(${JSON.stringify(join(PACKAGE_ROOT, 'src/cli/arguments.ts'))});
    console.log(JSON.stringify(commandLineArguments(process.argv.slice(1))));
  `;
  const register = join(PACKAGE_ROOT, 'test/support/register.cjs');
  const shell = 'exec "$0" -r "$1" -e "$2" -- plain "$(printf \'caf\\351.png\')" é';
  const printed = execFileSync('sh', ['-c', shell, process.execPath, register, program], {
    encoding: 'utf8',
  });
  expect(JSON.parse(printed)).toEqual(['plain', 'caf\udce9.png', 'é']);
  expect(commandLineArguments(['a\ufffd'], '/nowhere')).toEqual(['a\ufffd']);
});

test('nothing is written under such a name, and the error says so', async () => {
  const expected = errorWith('INVALID_ARGUMENT', 'caf\\xe9', 'not UTF-8');
  await expect(writeFileAtomic(at('caf\udce9'), [])).rejects.toMatchObject(expected);
  await expect(makeFolder(at('caf\udce9/run'))).rejects.toMatchObject(expected);
  expect(await readdir(at())).toEqual([]);
});

test('files of text, idx files and weights are read under such names', async () => {
  const folder = Buffer.concat([Buffer.from(at('')), latin1('/caf\xe9')]);
  await mkdir(folder);
  const inside = (name: string) => Buffer.concat([folder, Buffer.from(`/${name}`)]);
  await writeFile(inside('notes.txt'), 'text');
  await writeFile(inside('t10k-images-idx3-ubyte'), idxFile([1, 2, 2], Uint8Array.of(1, 2, 3, 4)));
  await writeFile(inside('t10k-labels-idx1-ubyte'), idxFile([1], [3]));
  await writeFile(inside('model.safetensors'), latin1('\x02\0\0\0\0\0\0\0{}'));
  expect(await readRegularText(at('caf\udce9/notes.txt'))).toBe('text');
  expect((await IdxDataset.open(at('caf\udce9'), { split: 'test' })).label(0)).toBe(3);
  expect((await describeWeights(at('caf\udce9/model.safetensors'))).tensors).toEqual([]);
});

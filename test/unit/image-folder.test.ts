import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

/** Files that begin like images: what a folder lists does not depend on the rest. */
async function touch(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  }
}

const open = (dir: string, extensions?: readonly string[]) =>
  ImageFolder.open(dir, extensions ? { extensions } : {});
const listed = (folder: ImageFolder) =>
  folder.samples.map(({ path, label }) => [path.slice(at().length + 1), label]);

describe('The order', () => {
  test('of classes and images is by code point, as Python sorts', async () => {
    await touch(
      'b/1.png',
      'B/1.png',
      'a10/1.png',
      'a9/1.png',
      'é/1.png',
      'z\u{1F600}/1.png',
      'z\uFFEE/1.png',
    );
    await touch('b/10.png', 'b/2.png', 'b/A.png');
    const folder = await open(at());
    expect(folder.classes).toEqual(['B', 'a10', 'a9', 'b', 'z\uFFEE', 'z\u{1F600}', 'é']);
    expect(listed(folder).filter(([, label]) => label === 3)).toEqual(
      ['b/1.png', 'b/10.png', 'b/2.png', 'b/A.png'].map((path) => [path, 3]),
    );
  });

  test('within nested folders is that of their paths, as torchvision walks them', async () => {
    await touch('cat/z.png', 'cat/sub/b.png', 'cat/sub/deep/a.png', 'cat/sub-2/a.png', 'cat/.hidden/a.png');
    expect(listed(await open(at())).map(([path]) => path)).toEqual([
      'cat/z.png',
      'cat/.hidden/a.png',
      'cat/sub/b.png',
      'cat/sub-2/a.png',
      'cat/sub/deep/a.png',
    ]);
  });
});

test('Positions give labels, names and images', async () => {
  await touch('cat/1.png', 'dog/1.png');
  const folder = await open(at());
  expect(folder.length).toBe(2);
  expect([folder.label(0), folder.label(1)]).toEqual([0, 1]);
  expect(folder.name(1)).toBe(at('dog/1.png'));
  await expect(folder.image(1)).rejects.toMatchObject(errorWith('INVALID_IMAGE', at('dog/1.png')));
  expect(() => folder.label(2)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', 'index')));
  await expect(folder.image(-1)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'index'));
});

describe('Files', () => {
  test('are images by their extension, in any case; others are left out', async () => {
    await touch('cat/a.PNG', 'cat/b.JpEg', 'cat/notes.txt', 'cat/png', 'cat/Thumbs.db', 'README.md');
    expect(listed(await open(at()))).toEqual([
      ['cat/a.PNG', 0],
      ['cat/b.JpEg', 0],
    ]);
  });

  test('may have extensions of the caller’s', async () => {
    await touch('cat/a.avif', 'cat/b.png');
    expect(listed(await open(at(), ['.AVIF']))).toEqual([['cat/a.avif', 0]]);
  });

  test('and folders may be links; a dangling link is reported when it is read', async () => {
    await touch('cat/a.png', 'elsewhere/b.png');
    await mkdir(at('data'));
    await symlink(at('cat'), at('data/cat'));
    await symlink(at('elsewhere'), at('cat/more'));
    await symlink(at('nowhere'), at('cat/lost.png'));
    const folder = await open(at('data'));
    expect(listed(folder).map(([path]) => path)).toEqual([
      'data/cat/a.png',
      'data/cat/lost.png',
      'data/cat/more/b.png',
    ]);
    await expect(folder.image(1)).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'lost.png'));
  });
});

describe('Files that cannot be decoded', () => {
  const CONTENTS: [string, string, string][] = [
    ['cat/1.jpg', 'BM\x36', 'a BMP image'],
    ['cat/2.png', '', 'an empty file'],
    ['cat/3.ppm', 'P6\n1 1\n255\n', 'a PPM'],
    ['dog/4.png', 'version https://git-lfs.github.com/spec/v1', 'git-lfs'],
    ['dog/5.jpeg', '\0\0\0\x18ftypheic\0\0\0\0', 'a HEIC image'],
    ['dog/6.jpeg', 'nonsense', 'of an unknown format'],
  ];
  beforeEach(async () => {
    await touch('cat/good.png', 'dog/good.png', ...CONTENTS.map(([path]) => path));
    for (const [path, content] of CONTENTS) await writeFile(at(path), Buffer.from(content, 'latin1'));
  });

  test('are all counted and the first of them named when the folder is opened', async () => {
    const named = CONTENTS.slice(0, 5).flatMap(([path, , what]) => [at(path), what]);
    const expected = errorWith('INVALID_DATASET', '6 of 8 files', ...named, 'and 1 more', 'JPEG, PNG, WebP');
    await expect(open(at())).rejects.toMatchObject(expected);
  });

  test('are errors of those who decode them, without that check', async () => {
    const folder = await ImageFolder.open(at(), { checkFormats: false });
    expect(folder.length).toBe(8);
    for (const [index, { path }] of folder.samples.entries()) {
      const what = CONTENTS.find(([name]) => at(name) === path)?.[2] ?? '';
      await expect(folder.image(index)).rejects.toMatchObject(
        errorWith('INVALID_IMAGE', path, what === 'an empty file' ? 'empty' : what),
      );
    }
  });
});

describe('Names that are not UTF-8', () => {
  const bytes = (path: string) => Buffer.concat([Buffer.from(at()), Buffer.from(`/${path}`, 'latin1')]);

  test('are listed, sorted as in Python, and read', async () => {
    await mkdir(bytes('caf\xe9'));
    await mkdir(at('cafe'));
    const image = await sharp({ create: { width: 2, height: 3, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    for (const name of ['\xff.png', '\xc3\xa9.png', 'a.png'])
      await writeFile(bytes(`caf\xe9/${name}`), image);
    await touch('cafe/1.png');
    const folder = await open(at());
    expect(folder.classes).toEqual(['cafe', 'caf\udce9']);
    const names = ['a.png', 'é.png', '\udcff.png'].map((name) => at(`caf\udce9/${name}`));
    expect(folder.samples.slice(1).map(({ path }) => path)).toEqual(names);
    for (const index of [1, 2, 3]) expect(await folder.image(index)).toMatchObject({ width: 2, height: 3 });
    expect(await decodeImage(names[2] ?? '')).toMatchObject({ width: 2, height: 3 });
    const elsewhere = decodeImage(at('\udcfe.png'));
    await expect(elsewhere).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', '\\xfe.png'));
  });
});

describe('A folder is refused', () => {
  test('when it does not exist or is a file', async () => {
    await expect(open(at('none'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', at('none')));
    await touch('file');
    await expect(open(at('file'))).rejects.toMatchObject(errorWith('FILE_ERROR', at('file')));
  });

  test('when it has no classes', async () => {
    await touch('1.png', '2.png');
    await expect(open(at())).rejects.toMatchObject(errorWith('INVALID_DATASET', at(), 'no class folders'));
  });

  test('when classes have no images, all of which are named', async () => {
    await touch('cat/a.png', 'dog/notes.txt');
    await mkdir(at('eel/sub'), { recursive: true });
    await expect(open(at())).rejects.toMatchObject(errorWith('INVALID_DATASET', 'dog, eel', '.jpg'));
  });

  test('when a link leads back to a folder above it', async () => {
    await touch('cat/sub/a.png');
    await symlink(at('cat'), at('cat/sub/loop'));
    await expect(open(at())).rejects.toMatchObject(errorWith('INVALID_DATASET', at('cat/sub/loop')));
    await symlink(at(), at('dog'));
    await expect(open(at())).rejects.toMatchObject(errorWith('INVALID_DATASET'));
  });

  test('when two links lead to themselves in a circle, by the reader of the file', async () => {
    await touch('cat/a.png');
    await symlink(at('cat/y.png'), at('cat/x.png'));
    await symlink(at('cat/x.png'), at('cat/y.png'));
    const folder = await open(at());
    expect(folder.length).toBe(3);
    await expect(folder.image(1)).rejects.toMatchObject(errorWith('FILE_ERROR', 'x.png'));
  });

  test('with options that make no sense', async () => {
    await expect(open('')).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'dir'));
    for (const extensions of [[], ['png'], [''], ['.'], 'png', [1]]) {
      await expect(open(at(), extensions as string[])).rejects.toMatchObject(
        errorWith('INVALID_ARGUMENT', 'extensions'),
      );
    }
    const misspelt = ImageFolder.open(at(), { extension: ['.png'] } as object);
    await expect(misspelt).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'extension'));
  });
});

test('A named pipe among the images is not waited for, and whoever reads it is told', async () => {
  await mkdir(at('cat'));
  execFileSync('mkfifo', [at('cat/a.png')]);
  const folder = await ImageFolder.open(at());
  await expect(folder.image(0)).rejects.toMatchObject(errorWith('FILE_ERROR', at('cat/a.png')));
});

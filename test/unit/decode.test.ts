import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import { errorWith } from '../support/errors.js';
import { GRAY, GRAY_ALPHA, PALETTE, png, RGB, RGBA } from '../support/png.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const bytes = (...values: number[]) => Uint8Array.from(values);

/** 18 × 11, 4:2:0, EXIF orientation 6, written by Pillow; the hash is that of Pillow's own RGB bytes. */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcg' +
    'LikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT09PT09PT09PT09PT0//wAARCAALABIDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABQYA/8QAIRAAAQQCAAcAAAAAAAAAAAAAAQAC' +
    'AwUREwQhNFJxkaH/xAAWAQEBAQAAAAAAAAAAAAAAAAAEAgb/xAAfEQABAwMFAAAAAAAAAAAAAAABAAIDBAUxERVRU5L/2gAMAwEAAhEDEQA/AB+DoQQC' +
    'WJWGojbga8nwqOCKMQjDAka2CJzsmMFXWXSRj2QRAauGSgWu6SZKlxU8un+LK91s7B6WQjWT9h8hajdX8L//2Q==',
  'base64',
);
const JPEG_SHA256 = '063f1b1c19530a331984f66a64274df0ef607f1b5a59385d74532b96b69a5bf1';

describe('A PNG is decoded to the numbers that it stores', () => {
  const palette = bytes(10, 20, 30, 40, 50, 60, 70, 80, 90, 255, 0, 255);
  const gray = [0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255];
  const looked = [10, 20, 30, 40, 50, 60, 70, 80, 90, 255, 0, 255];

  test.each<[string, number, number, Uint8Array, number[], [string, Uint8Array][]]>([
    ['gray of 1 bit', 1, GRAY, bytes(0b01100000), [0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0], []],
    ['gray of 2 bits', 2, GRAY, bytes(0b00011011), gray, []],
    ['gray of 4 bits', 4, GRAY, bytes(0x05, 0xaf), gray, []],
    ['gray of 8 bits', 8, GRAY, bytes(0, 85, 170, 255), gray, []],
    ['gray of 16 bits, by its high byte', 16, GRAY, bytes(0, 255, 85, 0, 170, 127, 255, 128), gray, []],
    ['gray with a transparent value', 8, GRAY, bytes(0, 85, 170, 255), gray, [['tRNS', bytes(0, 85)]]],
    ['gray with alpha', 8, GRAY_ALPHA, bytes(0, 9, 85, 0, 170, 255, 255, 128), gray, []],
    ['RGB', 8, RGB, Uint8Array.from(looked), looked, []],
    ['RGB of 16 bits', 16, RGB, Uint8Array.from(looked.flatMap((v) => [v, 200])), looked, []],
    ['RGB with a linear gamma', 8, RGB, Uint8Array.from(looked), looked, [['gAMA', bytes(0, 1, 0x86, 0xa0)]]],
    [
      'RGB with alpha',
      8,
      RGBA,
      bytes(10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255, 255, 0, 255, 1),
      looked,
      [],
    ],
    ['a palette', 8, PALETTE, bytes(0, 1, 2, 3), looked, [['PLTE', palette]]],
    ['a palette of 2 bits', 2, PALETTE, bytes(0b00011011), looked, [['PLTE', palette]]],
    [
      'a palette with alpha',
      8,
      PALETTE,
      bytes(0, 1, 2, 3),
      looked,
      [
        ['PLTE', palette],
        ['tRNS', bytes(0, 128, 255)],
      ],
    ],
  ])('%s', async (_, depth, color, row, expected, chunks) => {
    const image = await decodeImage(png({ width: 4, height: 1, depth, color, rows: [row], chunks }));
    expect({ ...image, data: [...image.data] }).toEqual({ data: expected, height: 1, width: 4 });
  });

  test('a color profile is not applied', async () => {
    const plain = sharp({ create: { width: 2, height: 2, channels: 3, background: '#c81e50' } });
    const tagged = await plain.withIccProfile('p3', { attach: true }).png().toBuffer();
    expect((await sharp(tagged).metadata()).icc).toBeDefined();
    const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    expect([...(await decodeImage(tagged)).data]).toEqual([...stored]);
    expect([...stored.subarray(0, 3)]).not.toEqual([0xc8, 0x1e, 0x50]);
  });
});

test('A JPEG gives Pillow’s bytes, and is not turned by its EXIF orientation without autoOrient', async () => {
  await writeFile(at('photo.jpg'), JPEG);
  const { data, height, width } = await decodeImage(at('photo.jpg'), { autoOrient: false });
  expect([height, width]).toEqual([11, 18]);
  expect(createHash('sha256').update(data).digest('hex')).toBe(JPEG_SHA256);
});

test.each(['webp', 'gif', 'tiff', 'avif'] as const)('%s is decoded too', async (format) => {
  const source = sharp({
    create: { width: 20, height: 16, channels: 3, background: { r: 200, g: 100, b: 50 } },
  });
  const { data, height, width } = await decodeImage(await source.toFormat(format).toBuffer());
  expect([height, width, data.length]).toEqual([16, 20, 960]);
  expect(Math.abs((data[0] ?? 0) - 200)).toBeLessThan(6);
});

describe('What is no image is INVALID_IMAGE naming the file', () => {
  const good = png({
    width: 64,
    height: 64,
    depth: 8,
    color: GRAY,
    rows: Array(64).fill(new Uint8Array(64).fill(7)),
  });
  const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 7919) >> 3);
  const rows = Array.from({ length: 64 }, (_, y) => noise.subarray(y * 64, (y + 1) * 64));
  const large = png({ width: 64, height: 64, depth: 8, color: GRAY, rows });
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  const bomb = png({ width: 60_000, height: 60_000, depth: 8, color: GRAY, rows: [] });

  test.each<[string, Uint8Array]>([
    ['an empty file', new Uint8Array()],
    ['text', Buffer.from('not an image')],
    ['an SVG drawing', Buffer.from(svg)],
    ['a PNG signature alone', good.subarray(0, 8)],
    ['a PNG cut in half', large.subarray(0, large.length / 2)],
    ['a JPEG cut short', JPEG.subarray(0, 380)],
    ['a PNG that claims 60,000 × 60,000 pixels', bomb],
  ])('%s', async (_, content) => {
    await writeFile(at('broken.png'), content);
    await expect(decodeImage(at('broken.png'))).rejects.toMatchObject(
      errorWith('INVALID_IMAGE', at('broken.png')),
    );
    await expect(decodeImage(content)).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'the image'));
    // And what to do.
    await expect(decodeImage(at('broken.png'))).rejects.toThrow(/replace it|Convert it|Make it smaller/);
  });
});

test('A file that cannot be read is told apart from one that cannot be decoded', async () => {
  await expect(decodeImage(at('none.png'))).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', at('none.png')),
  );
  await mkdir(at('folder.png'));
  await expect(decodeImage(at('folder.png'))).rejects.toMatchObject(
    errorWith('FILE_ERROR', at('folder.png')),
  );
  execFileSync('mkfifo', [at('pipe.png')]);
  await expect(decodeImage(at('pipe.png'))).rejects.toMatchObject(errorWith('FILE_ERROR', at('pipe.png')));
});

test.each([[''], [7], [null], [[1, 2]]])('A source %p is INVALID_ARGUMENT', async (source) => {
  await expect(decodeImage(source as unknown as string)).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', 'source'),
  );
});

import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ImageFolder } from '../../src/data/image-folder.js';

const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist');

describe('The sample of Fashion-MNIST', () => {
  test.each([
    ['train', 100],
    ['test', 20],
  ])(
    'has %s folders of ten classes in the order of its labels, with %i images each',
    async (split, perClass) => {
      const folder = await ImageFolder.open(join(SAMPLE, split));
      expect(folder.classes).toEqual([
        '0-t-shirt-top',
        '1-trouser',
        '2-pullover',
        '3-dress',
        '4-coat',
        '5-sandal',
        '6-shirt',
        '7-sneaker',
        '8-bag',
        '9-ankle-boot',
      ]);
      expect(folder.length).toBe(10 * perClass);
      for (const label of folder.classes.keys()) {
        expect(folder.samples.filter((sample) => sample.label === label)).toHaveLength(perClass);
      }
    },
  );

  test('holds gray images of 28 × 28 that all decode', async () => {
    const folder = await ImageFolder.open(join(SAMPLE, 'test'));
    for (let i = 0; i < folder.length; i++) {
      const { data, height, width } = await folder.image(i);
      expect([height, width, data.length]).toEqual([28, 28, 28 * 28 * 3]);
      expect(data.every((value, j) => value === data[j - (j % 3)])).toBe(true);
    }
  });

  test('keeps the notice of its licence and stays under two megabytes', async () => {
    expect(await readFile(join(SAMPLE, 'LICENSE'), 'utf8')).toContain(
      'The MIT License (MIT) Copyright © [2017] Zalando SE',
    );
    let bytes = 0;
    for (const entry of await readdir(SAMPLE, { recursive: true }))
      bytes += (await stat(join(SAMPLE, entry))).size;
    expect(bytes).toBeLessThan(2_000_000);
  });
});

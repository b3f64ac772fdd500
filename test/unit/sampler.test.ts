import { epochIndices, Xoshiro128 } from '../../src/data/sampler.js';
import { errorWith } from '../support/errors.js';

const order = (length: number, seed: number | bigint, epoch: number) => [
  ...epochIndices(length, { seed, epoch, shuffle: true }),
];

describe('The random numbers', () => {
  test('are those of the published xoshiro128** program', () => {
    const random = new Xoshiro128(1, 2, 3, 4);
    const first = Array.from({ length: 8 }, () => random.next());
    expect(first).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849]);
    for (let i = 8; i < 1000; i++) random.next();
    expect(random.next()).toBe(136054147);
  });

  test('below a bound fall evenly, also where the bound does not divide 2^32', () => {
    const random = Xoshiro128.seeded(7n, 0);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.below(6)] = (counts[random.below(6)] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    const high = Array.from({ length: 1000 }, () => random.below(3 * 2 ** 30));
    expect(high.filter((value) => value < 2 ** 30).length).toBeLessThan(400);
  });
});

describe('Streams of random numbers', () => {
  const first = (...streams: number[]) => Xoshiro128.seeded(7n, ...streams).next();

  test('differ by each of their numbers and by their order', () => {
    const all = [
      first(),
      first(0),
      first(1),
      first(0, 0),
      first(0, 1),
      first(1, 0),
      first(1, 2),
      first(2, 1),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(first(1, 2)).toBe(first(1, 2));
  });

  test('are even over a range, of which the end is left out', () => {
    const random = Xoshiro128.seeded(1n, 1);
    const values = Array.from({ length: 20_000 }, () => random.uniform(-2, 6));
    expect(values.every((value) => value >= -2 && value < 6)).toBe(true);
    for (let low = -2; low < 6; low++) {
      const count = values.filter((value) => value >= low && value < low + 1).length;
      expect(Math.abs(count - 2500)).toBeLessThan(250);
    }
    expect(random.uniform(3, 3)).toBe(3);
  });
});

describe('The order of an epoch', () => {
  test('is the same on every machine and in every version', () => {
    expect(order(12, 0, 0)).toEqual([3, 4, 5, 10, 2, 8, 6, 1, 11, 9, 7, 0]);
    expect(order(12, 0, 1)).toEqual([8, 1, 2, 9, 4, 10, 0, 7, 6, 11, 3, 5]);
    expect(order(12, 2n ** 64n - 1n, 5)).toEqual([1, 6, 0, 8, 10, 7, 4, 2, 9, 5, 3, 11]);
  });

  test('holds every index once', () => {
    const shuffled = order(10_000, 3, 2);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });

  test('differs between epochs and between seeds, and a bigint seed equals the same number', () => {
    const orders = [order(100, 1, 0), order(100, 1, 1), order(100, 2, 0), order(100, 0, 1)].map(String);
    expect(new Set(orders).size).toBe(4);
    expect(order(100, 1n, 0)).toEqual(order(100, 1, 0));
  });

  test('puts every image at every place equally often', () => {
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let epoch = 0; epoch < 10_000; epoch++) {
      order(5, 11, epoch).forEach((image, place) => {
        const row = counts[image] ?? [];
        row[place] = (row[place] ?? 0) + 1;
      });
    }
    for (const count of counts.flat()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test('is 0, 1, 2, … without shuffling', () => {
    expect([...epochIndices(5, { seed: 1, epoch: 9, shuffle: false })]).toEqual([0, 1, 2, 3, 4]);
  });

  test('of nothing is nothing, and of one image is that image', () => {
    expect(order(0, 1, 0)).toEqual([]);
    expect(order(1, 1, 0)).toEqual([0]);
  });

  test('is refused for lengths, seeds and epochs that make no sense', () => {
    const refused = (length: number, change: object) => {
      const call = () => epochIndices(length, { seed: 0, epoch: 0, shuffle: true, ...change });
      expect(call).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
    };
    refused(-1, {});
    refused(2 ** 32, {});
    refused(Number.NaN, {});
    refused(3, { epoch: -1 });
    refused(3, { epoch: 0.5 });
    refused(3, { seed: -1 });
    refused(3, { seed: 2n ** 64n });
    refused(3, { shuffle: 'yes' });
    refused(3, { shufle: true });
  });
});

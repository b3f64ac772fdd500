import sharp from 'sharp';
import { jpegSize } from '../../src/data/jpeg-size.js';
import { Xoshiro128 } from '../../src/data/sampler.js';

const picture = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 300, height: 200, channels, background: '#804020' } });

describe('The size in the header of a JPEG', () => {
  test('is that of baseline and progressive ones, with metadata before it or not', async () => {
    for (const file of [
      await picture().jpeg().toBuffer(),
      await picture().jpeg({ progressive: true }).toBuffer(),
      await picture()
        .withExif({ IFD0: { Artist: 'x'.repeat(5000) } })
        .jpeg()
        .toBuffer(),
      await picture().withIccProfile('p3').withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ]) {
      expect(jpegSize(file)).toEqual({ height: 200, width: 300 });
    }
    // Fill bytes and a marker without length may come before any segment.
    const file = await picture().jpeg().toBuffer();
    const filled = Buffer.concat([file.subarray(0, 2), Buffer.of(0xff, 0xff, 0xff, 0x01), file.subarray(2)]);
    expect(jpegSize(filled)).toEqual({ height: 200, width: 300 });
  });

  test('is not told for grey, CMYK and other formats, which sharp must look at', async () => {
    expect(jpegSize(await picture().toColourspace('b-w').jpeg().toBuffer())).toBeNull();
    expect(jpegSize(await picture().toColourspace('cmyk').jpeg().toBuffer())).toBeNull();
    expect(jpegSize(await picture().png().toBuffer())).toBeNull();
    expect(jpegSize(await picture().webp().toBuffer())).toBeNull();
    expect(jpegSize(new Uint8Array())).toBeNull();
  });

  test('is the one that sharp sees, or none, whatever the bytes', async () => {
    const random = Xoshiro128.seeded(3n, 3);
    const file = await picture().jpeg().toBuffer();
    const frame = file.indexOf(Buffer.of(0xff, 0xc0));
    let told = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(
        file.subarray(0, random.below(20) === 0 ? random.below(file.length) : file.length),
      );
      for (let k = random.below(4); k > 0; k--)
        bytes[random.below(Math.min(bytes.length, frame))] = random.below(256);
      const size = jpegSize(bytes);
      if (size === null) continue;
      told++;
      const seen = await sharp(bytes)
        .metadata()
        .catch(() => null);
      if (seen) expect(size).toEqual({ height: seen.height, width: seen.width });
    }
    expect(told).toBeGreaterThan(300);
  });
});

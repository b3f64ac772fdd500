import sharp from 'sharp';
import { jpegHeader } from '../../src/data/jpeg-header.js';
import { Xoshiro128 } from '../../src/data/sampler.js';

const image = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 300, height: 200, channels, background: '#804020' } });

describe('The header of a JPEG', () => {
  test('is read of baseline and progressive ones, with metadata before it or not', async () => {
    for (const file of [
      await image().jpeg().toBuffer(),
      await image().jpeg({ progressive: true }).toBuffer(),
      await image()
        .withExif({ IFD0: { Artist: 'x'.repeat(5000) } })
        .jpeg()
        .toBuffer(),
      await image().withIccProfile('p3').withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ]) {
      expect(jpegHeader(file)).toMatchObject({ height: 200, width: 300, channels: 3 });
    }
    // Fill bytes and a marker without length may come before any segment.
    const file = await image().jpeg().toBuffer();
    const filled = Buffer.concat([file.subarray(0, 2), Buffer.of(0xff, 0xff, 0xff, 0x01), file.subarray(2)]);
    expect(jpegHeader(filled)).toEqual({ height: 200, width: 300, channels: 3, hasExif: false });
  });

  test('tells gray from CMYK, and whether there is EXIF', async () => {
    const read = async (source: ReturnType<typeof image>) => jpegHeader(await source.jpeg().toBuffer());
    expect(await read(image().toColourspace('b-w'))).toMatchObject({ channels: 1, hasExif: false });
    expect(await read(image().toColourspace('cmyk'))).toMatchObject({ channels: 4 });
    expect(await read(image().withMetadata({ orientation: 6 }))).toMatchObject({ hasExif: true });
  });

  test('is null for other formats, which sharp must look at', async () => {
    expect(jpegHeader(await image().png().toBuffer())).toBeNull();
    expect(jpegHeader(await image().webp().toBuffer())).toBeNull();
    expect(jpegHeader(new Uint8Array())).toBeNull();
  });

  test('has the size that sharp sees, or is null, whatever the bytes', async () => {
    const random = Xoshiro128.seeded(3n, 3);
    const file = await image().jpeg().toBuffer();
    const frame = file.indexOf(Buffer.of(0xff, 0xc0));
    let told = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(
        file.subarray(0, random.below(20) === 0 ? random.below(file.length) : file.length),
      );
      for (let k = random.below(4); k > 0; k--)
        bytes[random.below(Math.min(bytes.length, frame))] = random.below(256);
      const size = jpegHeader(bytes);
      if (size === null) continue;
      told++;
      const seen = await sharp(bytes)
        .metadata()
        .catch(() => null);
      if (seen) expect(size).toMatchObject({ height: seen.height, width: seen.width });
    }
    expect(told).toBeGreaterThan(300);
  });
});

/** A training that takes a second. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** A training of two steps that takes a second, on the images of {@link tinyImages}. */
export const TINY_RECIPE =
  '--architecture torchvision --no-aux-logits --crop 32 --resize 32 --batch-size 2 --epochs 1 --threads 1 --device cpu'.split(
    ' ',
  );

/** `train/` and `val/` of two classes of two images each. */
export async function tinyImages(dir: string, classes = ['black', 'white']): Promise<void> {
  for (const [i, name] of classes.entries()) {
    const gray = Math.round((255 * i) / Math.max(1, classes.length - 1));
    const background = { r: gray, g: gray, b: 9 };
    const png = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
      .png()
      .toBuffer();
    for (const part of ['train', 'val']) {
      mkdirSync(join(dir, part, name), { recursive: true });
      for (const file of ['0.png', '1.png']) await sharp(png).toFile(join(dir, part, name, file));
    }
  }
}

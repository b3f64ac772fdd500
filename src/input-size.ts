import { GoogLeNetError } from './errors.js';

/** Output size of a 3×3 max-pool of stride 2 with `ceil_mode`. */
const halve = (size: number) => Math.ceil((size - 3) / 2) + 1;

/** Side of the feature map of `inception_5b` for pictures of side `size`. */
function finalMap(size: number): number {
  const conv1 = Math.floor((size + 2 * 3 - 7) / 2) + 1;
  return halve(halve(halve(halve(conv1))));
}

/** The final map is average-pooled by 7×7 to one number a channel, which is what `fc` takes. */
const FINAL_MAP = 7;

/** @throws GoogLeNetError `INVALID_SHAPE` for pictures that the network's last layers cannot take. */
export function assertInputSize(height: number, width: number): void {
  if (finalMap(height) === FINAL_MAP && finalMap(width) === FINAL_MAP) return;
  throw new GoogLeNetError(
    'INVALID_SHAPE',
    `Pictures of ${height}×${width} leave a ${finalMap(height)}×${finalMap(width)} map before the 7×7 average pool, but the ` +
      'classifier needs exactly 7×7: height and width must be in [223, 254]. Resize to 224×224, as loadImages() does.',
  );
}

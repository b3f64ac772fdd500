import { type Device, Module, readPlace } from './module.js';
import { call, callSync } from './native/call.js';
import type { NativeInceptionModule } from './native/contract.js';
import { loadAddon } from './native/load.js';
import type { Tensor } from './tensor.js';
import {
  integer,
  invalid,
  isFloat32Array,
  numberOfElements,
  object,
  options,
  shape as readShape,
} from './validate.js';

/** Channels of one inception module; a row of table 1 of the paper. */
export interface InceptionModuleOptions {
  inChannels: number;
  ch1x1: number;
  ch3x3Reduce: number;
  ch3x3: number;
  ch5x5Reduce: number;
  ch5x5: number;
  poolProj: number;
  seed?: number | bigint;
  /** Default `cpu`. */
  device?: Device;
}

const CHANNELS = ['inChannels', 'ch1x1', 'ch3x3Reduce', 'ch3x3', 'ch5x5Reduce', 'ch5x5', 'poolProj'] as const;

/** Four branches over one input (1×1; 1×1 → 3×3; 1×1 → 5×5; 3×3 max-pool → 1×1), concatenated along the channels. */
export class InceptionModule extends Module<NativeInceptionModule> {
  readonly inChannels: number;
  readonly outChannels: number;

  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT` */
  constructor(given: InceptionModuleOptions) {
    const read = options('options', given, [...CHANNELS, 'seed', 'device']);
    const [inChannels, ch1x1, ch3x3Reduce, ch3x3, ch5x5Reduce, ch5x5, poolProj] = CHANNELS.map((name) =>
      integer(name, read[name], 1, 65_536),
    ) as [number, number, number, number, number, number, number];
    const channels = { inChannels, ch1x1, ch3x3Reduce, ch3x3, ch5x5Reduce, ch5x5, poolProj };
    const place = readPlace(read);
    super(
      callSync(() => new (loadAddon().InceptionModule)({ ...channels, ...place })),
      place,
    );
    this.inChannels = inChannels;
    this.outChannels = ch1x1 + ch3x3 + ch5x5 + poolProj;
    this.initialize('default');
  }

  /**
   * @param input `[n, inChannels, height, width]`
   * @returns `[n, outChannels, height, width]`
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`
   */
  async forward(input: Tensor): Promise<Tensor> {
    const { native } = this;
    const { data, shape } = object('input', input);
    if (!isFloat32Array(data)) throw invalid('input.data', 'a Float32Array', data, 'INVALID_DTYPE');
    const sizes = readShape('input.shape', shape);
    if (sizes.length !== 4 || sizes[1] !== this.inChannels || sizes.includes(0)) {
      throw invalid('input.shape', `[n, ${this.inChannels}, height, width]`, shape, 'INVALID_SHAPE');
    }
    if (data.length !== numberOfElements(sizes)) {
      throw invalid(
        'input.data.length',
        `${numberOfElements(sizes)} for shape [${sizes}]`,
        data.length,
        'INVALID_SHAPE',
      );
    }
    return call(() => native.forward({ input: data, shape: sizes }));
  }
}

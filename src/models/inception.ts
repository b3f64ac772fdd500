import type { Device } from '../core/device.js';
import type { Tensor } from '../core/tensor.js';
import {
  integer,
  invalid,
  isFloat32Array,
  numberOfElements,
  object,
  readOptions,
  shape as readShape,
} from '../core/validation.js';
import type { NativeInceptionChannels, NativeInceptionModule } from '../native/binding-types.js';
import { callSync } from '../native/call.js';
import { type CallOptions, type MaxQueue, readCallOptions } from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { Module, type ModulePlace, readPlace } from './module.js';

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
  /** What may wait; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
}

/** Channels of the naive module, whose pool keeps those of the input. */
export interface NaiveInceptionModuleOptions {
  inChannels: number;
  ch1x1: number;
  ch3x3: number;
  ch5x5: number;
  seed?: number | bigint;
  /** Default `cpu`. */
  device?: Device;
  /** What may wait; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
}

const REDUCED = ['inChannels', 'ch1x1', 'ch3x3Reduce', 'ch3x3', 'ch5x5Reduce', 'ch5x5', 'poolProj'] as const;
const NAIVE = ['inChannels', 'ch1x1', 'ch3x3', 'ch5x5'] as const;

function readChannels<Name extends string>(
  read: Partial<Record<Name, unknown>>,
  names: readonly Name[],
): Record<Name, number> {
  const pairs = names.map((name) => [name, integer(name, read[name], 1, 65_536)]);
  return Object.fromEntries(pairs) as Record<Name, number>;
}

/** What both modules have. */
abstract class AnyInceptionModule extends Module {
  readonly inChannels: number;
  readonly outChannels: number;

  /** @internal */
  protected constructor(channels: NativeInceptionChannels, outChannels: number, place: ModulePlace) {
    super(
      callSync(() => new (loadAddon().InceptionModule)({ ...channels, ...place })),
      place,
    );
    this.inChannels = channels.inChannels;
    this.outChannels = outChannels;
    this.initialize('default');
  }

  /** @internal */
  protected override get native(): NativeInceptionModule {
    return super.native as NativeInceptionModule;
  }

  /**
   * @param input `[n, inChannels, height, width]`
   * @returns `[n, outChannels, height, width]`
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `OVERLOADED`, `ABORTED`
   */
  async forward(input: Tensor, options: CallOptions = {}): Promise<Tensor> {
    return (await this.run(input, options))[0];
  }

  /** @internal */
  protected async run(input: Tensor, options: CallOptions): Promise<[output: Tensor, last: Tensor]> {
    const { native } = this;
    const signal = readCallOptions(options);
    const { data, shape } = object('input', input);
    if (!isFloat32Array(data)) throw invalid('input.data', 'a Float32Array', data, 'INVALID_DTYPE');
    const sizes = readShape('input.shape', shape);
    if (sizes.length !== 4 || sizes[1] !== this.inChannels || sizes.includes(0)) {
      throw invalid('input.shape', `[n, ${this.inChannels}, height, width]`, shape, 'INVALID_SHAPE');
    }
    const elements = numberOfElements(sizes);
    if (data.length !== elements) {
      throw invalid('input.data.length', `${elements} for shape [${sizes}]`, data.length, 'INVALID_SHAPE');
    }
    const queued = { images: sizes[0] ?? 0, bytes: elements * 4, signal };
    return this.queue(queued, (id) => native.forward({ input: data, shape: sizes, id }));
  }
}

/**
 * Four branches over one input (1×1; 1×1 → 3×3; 1×1 → 5×5; 3×3 max-pool → 1×1), concatenated along the channels: figure 2(b) of the
 * paper.
 */
export class InceptionModule extends AnyInceptionModule {
  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT` */
  constructor(options: InceptionModuleOptions) {
    const read = readOptions('options', options, [...REDUCED, 'seed', 'device', 'maxQueue']);
    const channels = readChannels(read, REDUCED);
    const { ch1x1, ch3x3, ch5x5, poolProj } = channels;
    super({ naive: false, ...channels }, ch1x1 + ch3x3 + ch5x5 + poolProj, readPlace(read));
  }

  /**
   * As `forward`, and the pool projection alone too, which is the last `poolProj` channels of the output.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `OVERLOADED`, `ABORTED`
   */
  async forwardAndPull(input: Tensor, options: CallOptions = {}): Promise<{ output: Tensor; pull: Tensor }> {
    const [output, pull] = await this.run(input, options);
    return { output, pull };
  }
}

/**
 * The module without reductions (1×1; 3×3; 5×5; 3×3 max-pool), concatenated along the channels: figure 2(a) of the paper. Its output
 * has `inChannels` more than its convolutions have, which is why the paper reduces.
 */
export class NaiveInceptionModule extends AnyInceptionModule {
  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT` */
  constructor(options: NaiveInceptionModuleOptions) {
    const read = readOptions('options', options, [...NAIVE, 'seed', 'device', 'maxQueue']);
    const channels = readChannels(read, NAIVE);
    const { inChannels, ch1x1, ch3x3, ch5x5 } = channels;
    super({ naive: true, ...channels }, inChannels + ch1x1 + ch3x3 + ch5x5, readPlace(read));
  }
}

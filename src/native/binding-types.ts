/**
 * Everything the C++ addon exports, typed by hand. `native/binding/addon.cpp` lists the same names; a test compares the two
 * with the loaded addon. Options arrive complete and validated: C++ has no defaults, it only guards memory.
 */
import type { Tensor, TensorInfo, TensorSpan } from '../core/tensor.js';

/** Bytes to copy tensors from: an open file (`path` is for messages), read at checked offsets, or memory that nobody else can detach. */
export type TensorSource = { fd: number; path: string } | { buffer: Uint8Array };

/** Anything whose tensors can be copied out and in. All copies happen on the module's own thread, in call order. */
export interface TensorStore {
  tensors(): TensorInfo[];
  /** Copies tensors into `buffer`, which must stay private to the caller until the promise settles. */
  snapshot(options: { buffer: Uint8Array; spans: TensorSpan[] }): Promise<void>;
  /** All or nothing: reads every span first, then copies into the module. */
  restore(options: { parts: { source: TensorSource; spans: TensorSpan[] }[] }): Promise<void>;
}

export interface NativeModule extends TensorStore {
  parameterCount(): number;
  setTraining(options: { training: boolean }): Promise<void>;
  manualSeed(options: { seed: bigint }): Promise<void>;
  generatorState(): Promise<Uint8Array>;
  /** Draws every parameter from the generator, in construction order; the first call for a new module, `none` if it will load. */
  initialize(options: { method: 'none' | 'default' | 'xavier' | 'truncated-normal' }): Promise<void>;
  /** A call of that id that waits fails with ABORTED at once, and is gone; one that runs, or has ended, is left alone. */
  cancel(options: { id: number }): void;
  dispose(): void;
}

/** The id by which a call can be cancelled while it waits; 0 for one that cannot. */
export interface NativeCall {
  id: number;
}

export interface NativeImages {
  images: Float32Array | Uint8Array | Uint8ClampedArray;
  shape: readonly number[];
  /** Per-channel, applied to bytes only. */
  mean: readonly number[];
  std: readonly number[];
}

/** A network, by its class and settings. */
export type NativeArchitecture =
  | {
      architecture: 'googlenet';
      variant: string;
      numClasses: number;
      auxLogits: boolean;
      dropout: number;
      dropoutAux: number;
      transformInput: boolean;
    }
  | {
      architecture: 'xception';
      numClasses: number;
      dropout: number;
      pointwiseFirst: boolean;
      reluBetween: boolean;
    };

/** A layer that has no layers inside it. */
export interface NativeLayer {
  /** As in the state_dict. */
  name: string;
  /** PyTorch's name: `Conv2d`, `BatchNorm2d`, `MaxPool2d`, `Linear`, … */
  type: string;
  /** Shape of its output, with the batch in front. */
  output: number[];
  /** Kernel size of a convolution or pool, its stride and groups; 0 for other layers. */
  kernel: number;
  stride: number;
  groups: number;
  parameters: number;
  /** Multiplications, each with an addition; zero for layers other than convolutions and linear ones. */
  multiplyAdds: number;
}

export interface NativeClassifier extends NativeModule {
  /** In the mode the model is in, or, where it is asked for, in evaluation mode, whatever mode that is. */
  forward(
    options: NativeImages & NativeCall & { evaluation: boolean },
  ): Promise<[Tensor, Tensor | null, Tensor | null]>;
  /** By a forward pass of zeros in the mode the model is in, which changes what such a pass changes. */
  summary(options: { shape: readonly number[] }): Promise<NativeLayer[]>;
  /** Outputs of the modules of these names, in the mode the model is in. */
  features(options: NativeImages & NativeCall & { names: readonly string[] }): Promise<Tensor[]>;
  /** The model in evaluation mode as a network for engines; fails with UNSUPPORTED for layers that engines do not have. */
  lower(options: {
    precision: NativeNetwork['precision'];
    allHeads: boolean;
    /** For int8: activation ranges, as `calibrate` measures them. */
    amax?: Float32Array;
  }): Promise<NativeLowered>;
  /** Grad-CAM of one class an image, `[n, h, w]`, in evaluation mode. */
  gradCam(options: NativeImages & NativeCall & { labels: Int32Array; name: string }): Promise<Tensor>;
}

/** One layer of a network as engines run it; numbers that a kind does not have are 0. */
export interface NativeNetworkLayer {
  /** As in the state_dict. */
  name: string;
  kind: 'convolution' | 'maxPool' | 'average' | 'normalize';
  /** Indices of values. */
  input: number;
  output: number;
  /** The first channel that is written, and how many are. */
  channel: number;
  outputs: number;
  /** Kernel size; 0 in an adaptive average. */
  window: number;
  stride: number;
  padding: number;
  ceil: boolean;
  relu: boolean;
  /** Of the output of an adaptive average. */
  side: number;
  alpha: number;
  k: number;
  /** Where the numbers of a convolution are in `weights`. */
  weightOffset?: number;
  biasOffset?: number;
  scaleOffset?: number;
}

/** A finished network. The first value is the image. */
export interface NativeNetwork {
  precision: 'float32' | 'bfloat16' | 'int8';
  values: { channels: number; scale: number }[];
  layers: NativeNetworkLayer[];
  /** Values that are logits: main, then the auxiliary ones. */
  heads: number[];
  /** Of each channel of an image of floats, before the first layer. */
  imageScale: number[];
  imageShift: number[];
}

/** A model as a list of layers, before its weights are copied out. */
export interface NativeLowered {
  network: NativeNetwork;
  weightBytes: number;
  /** Fills a buffer of that size, which must stay private until the promise settles. */
  copyWeights(options: { buffer: Uint8Array }): Promise<void>;
}

export interface NativePlan {
  network: NativeNetwork;
  /** Must stay private and unchanged while an engine is made of it. */
  weights: Uint8Array<ArrayBuffer>;
}

export interface NativeEngineStep {
  /** Of the layers, as in the state_dict. */
  name: string;
  /** The instruction set and type of the kernel. */
  kernel: string;
  phase: number;
  multiplyAdds: number;
  weightBytes: number;
}

export interface NativeEngineDescription {
  steps: NativeEngineStep[];
  arenaBytes: number;
}

export interface NativeEngine {
  /** Settles when weights are packed; to be called once, at once. */
  ready(): Promise<void>;
  /** Logits of each head. */
  forward(options: NativeImages & NativeCall): Promise<[main: Tensor, aux1?: Tensor, aux2?: Tensor]>;
  /** The call fails with ABORTED: at once where it waits, otherwise before its next step. */
  cancel(options: { id: number }): void;
  /** For one image. */
  describe(options: { height: number; width: number }): Promise<NativeEngineDescription>;
  /** Queued work is still done. */
  dispose(): void;
}

/** An engine with kernels of our own. */
export interface NativeKernelEngine extends NativeEngine {
  /** Memory for the activations of images, which goes back to the system after `keepMemoryMs` without work. */
  workingBytes(): number;
  /** Microseconds of each step of `describe` on one thread: medians of whole images. */
  profile(options: { height: number; width: number; runs: number }): Promise<Float64Array>;
}

export interface NativeLibtorchEngine extends NativeEngine {
  /** Activation ranges: the largest element of each network tensor for these images. */
  calibrate(options: NativeImages): Promise<Float32Array>;
}

/** The addon without libtorch: `native/binding/engine_addon.cpp` lists the same names. */
export interface EngineAddon {
  /** Instruction sets by which this machine computes in a precision, the best last. */
  instructionSets(precision: string): string[];
  /** Sets an environment variable of the process, unless it is set, or takes one away. Whether it was not set before. */
  setEnvironment(name: string, value: string | undefined): boolean;
  /** As that of the other addon. */
  shutDown(): void;
  Engine: new (
    options: NativePlan & {
      instructionSet: string;
      winograd: boolean;
      threads: number;
      maxBatch: number;
      keepMemoryMs: number;
    },
  ) => NativeKernelEngine;
}

/** With reductions and pool projection, or the naive module without. */
export type NativeInceptionChannels =
  | { naive: true; inChannels: number; ch1x1: number; ch3x3: number; ch5x5: number }
  | {
      naive: false;
      inChannels: number;
      ch1x1: number;
      ch3x3Reduce: number;
      ch3x3: number;
      ch5x5Reduce: number;
      ch5x5: number;
      poolProj: number;
    };

export interface NativeInceptionModule extends NativeModule {
  /** The output, and what the last branch gave. */
  forward(
    options: NativeCall & { input: Float32Array; shape: readonly number[] },
  ): Promise<[output: Tensor, last: Tensor]>;
}

export interface NativeLosses {
  loss: number;
  mainLoss: number;
  /** NaN without auxiliary heads. */
  aux1Loss: number;
  aux2Loss: number;
  /** Images whose highest main logit is the label. */
  correct: number;
  /** Images whose label is among the five highest main logits. */
  correctTop5: number;
  /** Images whose highest logit of that head is the label; 0 without it. */
  aux1Correct: number;
  aux2Correct: number;
}

export interface NativeStep extends NativeLosses {
  /** Of all gradients together, before clipping; NaN without it. */
  gradNorm: number;
}

export interface NativeEvaluation extends NativeLosses {
  /** The main head's most likely class of each image. */
  predicted: Int32Array;
  /** Its probability. */
  probabilities: Float32Array;
  /** That of the label. */
  labelProbabilities: Float32Array;
}

export interface NativeTrainer {
  /** One optimizer step over the batch, computed as `microBatches`. Leaves the model in training mode. */
  step(
    options: NativeImages & { labels: Int32Array; lr: number; headLr: number; microBatches: number },
  ): Promise<NativeStep>;
  /** Losses in evaluation mode without gradients, with `ema` of the EMA weights if there are any. Restores the model's mode. */
  evaluate(options: NativeImages & { labels: Int32Array; ema: boolean }): Promise<NativeEvaluation>;
  /** The momentum buffers of the parameters that are trained, as of a {@link TensorStore}; zeros before the first step. */
  tensors(): TensorInfo[];
  snapshot(options: { buffer: Uint8Array; spans: TensorSpan[] }): Promise<void>;
  /** False before the first step, which initializes momentum. */
  hasMomentum(): Promise<boolean>;
  /** False without EMA weights and before the first step. */
  hasEma(): Promise<boolean>;
  /** The EMA weights; the parameters themselves before the first step. Fails in a trainer without EMA weights. */
  snapshotEma(options: { buffer: Uint8Array; spans: TensorSpan[] }): Promise<void>;
  /** Copies the EMA weights into the model. */
  applyEma(): Promise<void>;
  /** Loads weights, momentum, EMA weights and random state of a checkpoint: all of them or, after an error, none. */
  resume(options: {
    source: { fd: number; path: string };
    weights: TensorSpan[];
    momentum: TensorSpan[];
    hasMomentum: boolean;
    ema: TensorSpan[];
    hasEma: boolean;
    generator: Uint8Array;
  }): Promise<void>;
  /** False if a parameter or momentum buffer contains NaN or infinity. */
  isFinite(): Promise<boolean>;
  gradients(options: { buffer: Uint8Array; spans: TensorSpan[] }): Promise<void>;
  dispose(): void;
}

export interface NativeLibtorch {
  /** Of the library that was loaded. */
  version: string;
  /** Of the headers that the addon was compiled with. */
  compiledVersion: string;
  /** The instruction set that libtorch's own kernels use, e.g. `AVX512`. */
  cpuCapability: string;
}

export interface NativeCuda {
  /** libtorch was built with CUDA. */
  built: boolean;
  /** Its CUDA library could be opened. */
  loaded: boolean;
  available: boolean;
  /** Why CUDA cannot be used; empty when it can. */
  reason: string;
  devices: { index: number; name: string; memoryBytes: number; computeCapability: string }[];
}

/** Switches of libtorch, for all models of the process. */
export interface NativeBackends {
  cudnnBenchmark: boolean;
  cudnnDeterministic: boolean;
  cudnnAllowTf32: boolean;
  matmulAllowTf32: boolean;
  deterministicAlgorithms: boolean;
  deterministicWarnOnly: boolean;
}

export interface NativeAddon {
  libtorch(): NativeLibtorch;
  /** Opens libtorch's CUDA library on the first call, which takes a quarter of a second where there is one. */
  cuda(): NativeCuda;
  /**
   * Stops the compute threads of this environment, after the layer they are at, and drops what is queued. For the end of the
   * process: Node's main thread runs no clean-up hooks of addons in `process.exit`, and libtorch's statics must not be destroyed
   * under a running thread. A device may never answer: work on one is waited for so long, and then with `exitCode` the process ends
   * at once, or false is returned.
   */
  shutDown(options: { withinMs: number; exitCode: number | null }): boolean;
  setNumThreads(options: { threads: number }): void;
  /** Lowers the default, unless `setNumThreads` was called. */
  limitDefaultThreads(options: { limit: number }): void;
  numThreads(): number;
  /** `device` → the device that will be used, `cpu` or `cuda:N`; fails with CUDA_UNAVAILABLE. */
  resolveDevice(options: { device: string }): string;
  /** The same on another thread, with what the first tensor on the device waits for. */
  prepareDevice(options: { device: string }): Promise<string>;
  backends(): NativeBackends;
  setBackends(options: NativeBackends): void;
  Classifier: new (options: {
    model: NativeArchitecture;
    channelsLast: boolean;
    device: string;
    seed: bigint;
  }) => NativeClassifier;
  InceptionModule: new (
    options: NativeInceptionChannels & { device: string; seed: bigint },
  ) => NativeInceptionModule;
  /** An engine that computes with libtorch's public operations. */
  LibtorchEngine: new (
    options: NativePlan,
  ) => NativeLibtorchEngine;
  Trainer: new (options: {
    model: NativeClassifier;
    momentum: number;
    dampening: number;
    weightDecay: number;
    nesterov: boolean;
    fused: boolean;
    auxWeight: number;
    labelSmoothing: number;
    classWeights: Float32Array | null;
    maxGradNorm: number | null;
    emaDecay: number | null;
    precision: 'float32' | 'bfloat16';
    /** Names of parameters that are not trained, and of those with the learning rate of the head. */
    frozen: string[];
    head: string[];
  }) => NativeTrainer;
  /**
   * Resizes one image to `height` × `width` (bilinear, antialiased), then squares of it to `crop`, and flips those with `flipped` left to
   * right. Writes RGB rows `[squares, crop, crop, 3]` into `output`.
   */
  multiCrop(options: {
    images: { data: Uint8Array; height: number; width: number }[];
    height: number;
    width: number;
    squares: { top: number; left: number; size: number; flipped: boolean }[];
    crop: number;
    output: Uint8Array;
  }): Promise<void>;
  /**
   * Short edge to `resize` (bilinear, antialiased), center crop, as torchvision's tensor pipeline on bytes.
   * Writes RGB rows `[n, crop, crop, 3]` into `output`; both sides must stay private to the caller until the promise settles.
   */
  resizeCrop(options: {
    images: { data: Uint8Array; height: number; width: number }[];
    resize: number;
    crop: number;
    output: Uint8Array;
    /** Arrays that are detached at the end: their memory is free at once, and not when the garbage collector comes. */
    release?: Uint8Array[];
  }): Promise<void>;
}

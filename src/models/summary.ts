import type { NativeLayer } from '../native/binding-types.js';

/** A layer that has no layers inside it. */
export interface LayerSummary {
  /** As in the state_dict. */
  name: string;
  /** PyTorch's name: `Conv2d`, `BatchNorm2d`, `MaxPool2d`, `Linear`, … */
  type: string;
  /** Shape of its output for one image: `[channels, height, width]` or `[features]`. */
  output: number[];
  /** Kernel size, stride and groups of a convolution or pool; 0 for other layers. */
  kernel: number;
  stride: number;
  groups: number;
  parameters: number;
  /** Multiplications, each with an addition; zero for layers other than convolutions and linear ones. */
  multiplyAdds: number;
}

export interface ModelSummary {
  /** In the order of execution, as in training mode. */
  layers: LayerSummary[];
  /** Of the whole model. */
  parameters: number;
  /** Of all heads together, for one image. */
  multiplyAdds: number;
}

/** @internal */
export function summaryOf(native: readonly NativeLayer[], parameters: number): ModelSummary {
  const layers = native.map(({ output, ...layer }) => ({ ...layer, output: output.slice(1) }));
  return {
    layers,
    parameters,
    multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}

/** Multiplications of a convolution that keeps height and width, on a square feature map. */
const convolutionMultiplies = (
  size: number,
  inChannels: number,
  outChannels: number,
  kernel: number,
): number => size ** 2 * inChannels * outChannels * kernel ** 2;

/** Why the network is built as it is, in numbers. */
export interface Arithmetic {
  /** A 5×5 convolution to 32 channels on 32×32×200, alone and behind a 1×1 reduction to 16 channels. */
  direct: number;
  reduced: number;
  /** Weights of a fully connected layer in place of the global average pool: 7×7×1024 → 1024. */
  fullyConnected: number;
}

export const arithmetic = (): Arithmetic => ({
  direct: convolutionMultiplies(32, 200, 32, 5),
  reduced: convolutionMultiplies(32, 200, 16, 1) + convolutionMultiplies(32, 16, 32, 5),
  fullyConnected: 7 * 7 * 1024 * 1024,
});

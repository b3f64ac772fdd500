/** Weights that others have published. */
export interface Published {
  /** As `GoogLeNet.pretrained` and `googlenet download` name it. */
  readonly name: string;
  readonly file: string;
  /** Where it is published; a mirror has the same file names. */
  readonly baseUrl: string;
  /** All 64 hexadecimal digits. The publisher gives the first eight in the file's name, which anybody could meet with another file. */
  readonly sha256: string;
  /** No file of these weights is larger, so nothing larger is downloaded. */
  readonly maxBytes: number;
  /** Accuracy on ImageNet's validation images that the publisher states: one crop, in percent. */
  readonly top1: number;
  readonly top5: number;
}

/** torchvision's `GoogLeNet_Weights.IMAGENET1K_V1`, converted from TensorFlow's; BSD licence. */
export const IMAGENET1K_V1: Published = {
  name: 'imagenet1k-v1',
  file: 'googlenet-1378be20.pth',
  baseUrl: 'https://download.pytorch.org/models',
  sha256: '1378be20a8e875cf1568b8a71654e704449655e34711a959a38b04fb34905cef',
  maxBytes: 100_000_000,
  top1: 69.778,
  top5: 89.53,
};

export const PUBLISHED: readonly Published[] = [IMAGENET1K_V1];

import { integer, invalid, readOptions } from '../core/validation.js';
import { readClasses } from './class-names.js';
import type { RawImage } from './dataset.js';
import { DECODE_OPTIONS, type DecodeOptions, type Decoding, readDecoding } from './decode-options.js';

export interface StreamSample {
  /** Pixels, the bytes of a JPEG, PNG … file, or the path of one. Must not change until its batch has come. */
  image: RawImage | Uint8Array | string;
  /** A position in the list of classes. */
  label: number;
  /** What messages call it; by default the path, or how many came before it. */
  name?: string;
}

/** Opens the stream of an epoch (counted from 0). The same samples every time it is called for an epoch, or runs cannot be resumed. */
export type OpenStream = (
  epoch: number,
) =>
  | AsyncIterable<StreamSample>
  | Iterable<StreamSample>
  | Promise<AsyncIterable<StreamSample> | Iterable<StreamSample>>;

export interface StreamOptions extends DecodeOptions {
  open: OpenStream;
  classes: readonly string[];
  /** How many samples make an epoch: a stream that ends before is an error, and what follows them is not read. Default: all. */
  length?: number;
  /** How many undecoded samples are held, of which the next is drawn; 0 leaves them in their order. Default 1024. */
  shuffleBuffer?: number;
}

/** A million encoded photographs take 100 GB. */
const MAX_BUFFER = 2 ** 20;

/** Labelled images that come one after the other, anew in every epoch; made by {@link fromIterable}. */
export class StreamDataset {
  readonly open: OpenStream;
  readonly classes: readonly string[];
  readonly length: number | null;
  readonly shuffleBuffer: number;
  readonly decoding: Decoding;

  /** @throws GoogLeNetError `INVALID_ARGUMENT` */
  constructor(options: StreamOptions) {
    const known = ['open', 'classes', 'length', 'shuffleBuffer', ...DECODE_OPTIONS] as const;
    const read = readOptions('options', options, known);
    if (typeof read.open !== 'function')
      throw invalid('open', 'a function that takes an epoch and returns an iterable', read.open);
    this.open = read.open as OpenStream;
    this.classes = readClasses(read.classes);
    this.length = read.length === undefined ? null : integer('length', read.length, 1, 2 ** 32 - 1);
    this.decoding = readDecoding(read);
    this.shuffleBuffer = integer('shuffleBuffer', read.shuffleBuffer ?? 1024, 0, MAX_BUFFER);
  }
}

/** Images of any source that can be iterated: archives, databases, the network. @throws GoogLeNetError `INVALID_ARGUMENT` */
export const fromIterable = (options: StreamOptions): StreamDataset => new StreamDataset(options);

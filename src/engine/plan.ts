/** A lowered network as engines run it, and its file: safetensors, with the layers in its metadata. */

import { GoogLeNetError } from '../core/errors.js';
import { assertShallow } from '../core/json-depth.js';
import type { DType } from '../core/tensor.js';
import type { WeightsFile } from '../formats/weights-file.js';
import type { InputSizes } from '../inference/input-size.js';
import type { NativeNetwork, NativeNetworkLayer, NativePlan } from '../native/binding-types.js';
import { readStored } from '../weights/load.js';
import { saveFile, storedGroup } from '../weights/save.js';
import type { StateDict, StateTensor } from '../weights/state-dict.js';

/** What engines need to know of the model apart from the network. */
export interface PlanModel {
  numClasses: number;
  classes?: readonly string[];
  inputSizes: InputSizes;
}

type Layer = NativeNetworkLayer;

export interface Plan {
  model: PlanModel;
  network: NativeNetwork;
  /** `<layer>.weight` and `<layer>.bias`, in one ArrayBuffer. */
  tensors: StateDict;
}

interface PlanTensor {
  name: string;
  dtype: DType;
  shape: number[];
  /** Where the layer says that it is. */
  key: 'weightOffset' | 'biasOffset' | 'scaleOffset';
}

/** The tensors of a layer. A convolution that reads int8 has int8 weights, and a scale for each output channel. */
function tensorsOf({ precision, values }: Plan['network'], layer: Layer): PlanTensor[] {
  if (layer.kind !== 'convolution') return [];
  const { name, outputs, window } = layer;
  const input = values[layer.input];
  const isByte = precision === 'int8' && (input?.scale ?? 0) > 0;
  const dtype = isByte ? 'I8' : precision === 'float32' ? 'F32' : 'BF16';
  const shape = [outputs, input?.channels ?? 0, window, window];
  const own: PlanTensor[] = [
    { name: `${name}.weight`, dtype, shape, key: 'weightOffset' },
    { name: `${name}.bias`, dtype: 'F32', shape: [outputs], key: 'biasOffset' },
  ];
  if (isByte) own.push({ name: `${name}.scale`, dtype: 'F32', shape: [outputs], key: 'scaleOffset' });
  return own;
}

const ARRAYS = { F32: Float32Array, BF16: Uint16Array, I8: Int8Array };

export function planOf({ network, weights }: NativePlan, model: PlanModel): Plan {
  const tensors: Record<string, StateTensor> = {};
  for (const layer of network.layers) {
    for (const { name, dtype, shape, key } of tensorsOf(network, layer)) {
      const count = shape.reduce((a, b) => a * b);
      const data = new ARRAYS[dtype as keyof typeof ARRAYS](weights.buffer, layer[key] ?? 0, count);
      tensors[name] = { dtype, shape, data };
    }
  }
  return { model, network, tensors };
}

/** As the addon takes it. */
export function toNative({ network, tensors }: Plan): NativePlan {
  const layers = network.layers.map((layer) => ({
    ...layer,
    ...Object.fromEntries(
      tensorsOf(network, layer).map(({ name, key }) => [key, tensors[name]?.data.byteOffset]),
    ),
  }));
  const [first] = Object.values(tensors);
  return {
    network: { ...network, layers },
    weights: new Uint8Array((first?.data.buffer ?? new ArrayBuffer(0)) as ArrayBuffer),
  };
}

/** The metadata key of a plan: finished layers, of which no model can be made. */
export const PLAN_KEY = 'googlenet_plan';
const FORMAT = 1;
/** Fields of layers are four deep. */
const MAX_DEPTH = 8;

/** The file appears whole or not at all. */
export async function savePlan(path: string, { model, network, tensors }: Plan): Promise<void> {
  // Offsets in memory mean nothing in the file.
  const layers = network.layers.map(
    ({ weightOffset: _w, biasOffset: _b, scaleOffset: _s, ...layer }) => layer,
  );
  const content = JSON.stringify({ format: FORMAT, model, network: { ...network, layers } });
  await saveFile(path, [storedGroup('', tensors)], async () => ({ [PLAN_KEY]: content }));
}

/** @throws GoogLeNetError `INVALID_WEIGHTS` for a file that holds no plan or a damaged one, `FILE_ERROR`, `ABORTED` */
export async function loadPlan(file: WeightsFile): Promise<Plan> {
  const { path } = file;
  await file.verify();
  const text = file.metadata[PLAN_KEY];
  if (text === undefined) {
    throw new GoogLeNetError(
      'INVALID_WEIGHTS',
      `${path} holds no plan. Load the model and optimize() it; engine.save() writes plans.`,
    );
  }
  const { model, network } = readContent(text, path);
  const { tensors } = file;
  for (const layer of network.layers) {
    for (const { name, dtype, shape } of tensorsOf(network, layer)) {
      const found = tensors.find((tensor) => tensor.name === name);
      if (found?.dtype !== dtype || found.shape.join() !== shape.join()) {
        throw damaged(path, `${name} is missing, or is not what its layer needs`);
      }
    }
  }
  return { model, network, tensors: await readStored(file, tensors) };
}

/**
 * What a plan says of its model, from the header of a file; null for a file of weights.
 * @throws GoogLeNetError `INVALID_WEIGHTS` for a damaged plan
 */
export function planIn(
  { metadata }: { metadata: Readonly<Record<string, string>> },
  path: string,
): PlanModel | null {
  const text = metadata[PLAN_KEY];
  return text === undefined ? null : readContent(text, path).model;
}

function readContent(text: string, path: string): Pick<Plan, 'model' | 'network'> {
  let content: Partial<Plan> & { format?: unknown };
  assertShallow(Buffer.from(text), MAX_DEPTH, 'its description', (what) => damaged(path, what));
  try {
    content = JSON.parse(text);
  } catch {
    throw damaged(path, 'its description is not JSON');
  }
  if (content?.format !== FORMAT) {
    const message = `${path} holds a plan of another version of this package. Make it anew with model.optimize().`;
    throw new GoogLeNetError('INVALID_WEIGHTS', message);
  }
  const { model, network } = content;
  const lists = [network?.layers, network?.values, network?.heads];
  const isNetwork =
    lists.every(Array.isArray) &&
    ['float32', 'bfloat16', 'int8'].includes(network?.precision ?? '') &&
    network?.layers.every(isLayer) &&
    network.values.every(isValue) &&
    network.heads.every(Number.isSafeInteger);
  if (!model || !network || !isNetwork) throw damaged(path, 'its description lacks something');
  // Weights go by the names of layers.
  const names = network.layers.filter(({ kind }) => kind === 'convolution').map(({ name }) => name);
  if (new Set(names).size < names.length) throw damaged(path, 'two convolutions have one name');
  if (!isModel(model, network)) throw damaged(path, 'its description of the model does not fit the network');
  return { model, network };
}

/** Checks what this module uses. Numbers may have any value; a text in place of an index could name a property of arrays. */
const isLayer = (layer: Partial<Layer> | null): boolean =>
  typeof layer?.name === 'string' && [layer.input, layer.outputs, layer.window].every(Number.isSafeInteger);

const isValue = (value: Partial<NativeNetwork['values'][number]> | null): boolean =>
  Number.isSafeInteger(value?.channels) && Number.isFinite(value?.scale);

function isModel({ numClasses, classes, inputSizes }: PlanModel, { heads, values }: NativeNetwork): boolean {
  const { min, max, reason } = inputSizes ?? {};
  return (
    heads.every((head) => values[head]?.channels === numClasses) &&
    Number.isSafeInteger(min) &&
    Number.isSafeInteger(max) &&
    1 <= min &&
    min <= max &&
    typeof reason === 'string' &&
    (classes === undefined ||
      (Array.isArray(classes) &&
        classes.length === numClasses &&
        classes.every((name) => typeof name === 'string')))
  );
}

export function damaged(path: string, what: string): GoogLeNetError {
  return new GoogLeNetError(
    'INVALID_WEIGHTS',
    `The plan in ${path} is damaged: ${what.replace(/\.$/, '')}. Make it anew with model.optimize().`,
  );
}

/** A finished network as engines run it, and the file it can be kept in: safetensors, with the layers in its metadata. */
import { GoogLeNetError } from '../errors.js';
import { withSafetensors } from '../formats/safetensors.js';
import type { InputSizes } from '../models/input-size.js';
import type { NativeFrozen, NativeNetwork, NativeNetworkLayer } from '../native/contract.js';
import type { DType } from '../tensor.js';
import { readStored, type StateDict, saveFile, storedGroup, type TypedArray } from '../weights.js';
import type { EnginePrecision } from './options.js';

/** What engines need to know of the model beside the network. */
export interface PlanModel {
  numClasses: number;
  classes?: readonly string[];
  inputSizes: InputSizes;
}

type Layer = Omit<NativeNetworkLayer, 'weightOffset' | 'biasOffset' | 'scaleOffset'>;

export interface Plan {
  model: PlanModel;
  network: Omit<NativeNetwork, 'layers'> & { layers: Layer[] };
  /** `<layer>.weight` and `<layer>.bias`, in one ArrayBuffer. */
  tensors: StateDict;
}

const DTYPES: Readonly<Record<EnginePrecision, DType>> = { float32: 'F32', bfloat16: 'BF16' };

export function planOf({ network, weights }: NativeFrozen, model: PlanModel): Plan {
  const tensors: Record<string, StateDict[string]> = {};
  const layers = network.layers.map(({ weightOffset, biasOffset, scaleOffset: _, ...layer }) => {
    if (weightOffset !== undefined && biasOffset !== undefined) {
      const inputs = network.values[layer.input]?.channels ?? 0;
      const shape = [layer.outputs, inputs, layer.window, layer.window];
      const count = shape.reduce((a, b) => a * b);
      const numbers = network.precision === 'float32' ? Float32Array : Uint16Array;
      const { buffer } = weights;
      tensors[`${layer.name}.weight`] = {
        dtype: DTYPES[network.precision],
        shape,
        data: new numbers(buffer, weightOffset, count),
      };
      tensors[`${layer.name}.bias`] = {
        dtype: 'F32',
        shape: [layer.outputs],
        data: new Float32Array(buffer, biasOffset, layer.outputs),
      };
    }
    return layer;
  });
  return { model, network: { ...network, layers }, tensors };
}

/** As the addon takes it. */
export function toNative({ network, tensors }: Plan): NativeFrozen {
  const place = (name: string): number | undefined => tensors[name]?.data.byteOffset;
  const layers = network.layers.map((layer) => {
    const weightOffset = place(`${layer.name}.weight`);
    const biasOffset = place(`${layer.name}.bias`);
    return weightOffset === undefined || biasOffset === undefined
      ? layer
      : { ...layer, weightOffset, biasOffset };
  });
  const [first] = Object.values(tensors);
  return {
    network: { ...network, layers },
    weights: new Uint8Array((first?.data.buffer ?? new ArrayBuffer(0)) as ArrayBuffer),
  };
}

const KEY = 'googlenet_plan';
const FORMAT = 1;

/** The file appears whole or not at all. */
export async function savePlan(path: string, { model, network, tensors }: Plan): Promise<void> {
  const content = JSON.stringify({ format: FORMAT, model, network });
  await saveFile(path, [storedGroup('', tensors)], async () => ({ [KEY]: content }));
}

/** @throws GoogLeNetError `INVALID_WEIGHTS` for a file that holds no plan or a damaged one, `FILE_NOT_FOUND`, `FILE_ERROR` */
export function loadPlan(path: string): Promise<Plan> {
  return withSafetensors(path, async (file) => {
    const text = file.metadata[KEY];
    if (text === undefined) {
      throw new GoogLeNetError(
        'INVALID_WEIGHTS',
        `${path} holds no plan. Load the model and optimize() it; engine.save() writes plans.`,
      );
    }
    const { model, network } = readContent(text, path);
    const { tensors } = file;
    for (const { kind, name, input, outputs, window } of network.layers) {
      if (kind !== 'convolution') continue;
      const inputs = network.values[input]?.channels;
      const expected = [
        [`${name}.weight`, DTYPES[network.precision], [outputs, inputs, window, window]],
        [`${name}.bias`, 'F32', [outputs]],
      ] as const;
      for (const [wanted, dtype, shape] of expected) {
        const found = tensors.find((tensor) => tensor.name === wanted);
        if (found?.dtype !== dtype || found.shape.join() !== shape.join()) {
          throw damaged(path, `${wanted} is missing, or is not what its layer needs`);
        }
      }
    }
    return { model, network, tensors: await readStored(file, tensors) };
  });
}

function readContent(text: string, path: string): Pick<Plan, 'model' | 'network'> {
  let content: Partial<Plan> & { format?: unknown };
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
  const { numClasses, classes, inputSizes } = model ?? {};
  const isModel =
    Number.isSafeInteger(numClasses) &&
    Number.isSafeInteger(inputSizes?.min) &&
    Number.isSafeInteger(inputSizes?.max) &&
    typeof inputSizes?.why === 'string' &&
    (classes === undefined || (Array.isArray(classes) && classes.length === numClasses));
  const lists = [network?.layers, network?.values, network?.heads];
  const isNetwork =
    lists.every(Array.isArray) &&
    Object.hasOwn(DTYPES, network?.precision ?? '') &&
    network?.layers.every((layer) => typeof layer?.name === 'string');
  if (!model || !network || !isModel || !isNetwork) throw damaged(path, 'its description lacks something');
  return { model, network };
}

export function damaged(path: string, what: string): GoogLeNetError {
  return new GoogLeNetError(
    'INVALID_WEIGHTS',
    `The plan in ${path} is damaged: ${what}. Make it anew with model.optimize().`,
  );
}

export const bytesOf = (tensors: StateDict): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + (data as TypedArray).byteLength, 0);

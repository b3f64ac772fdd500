import { extname } from 'node:path';
import { GoogLeNetError } from '../../core/errors.js';
import { toPng } from '../../core/figures/png.js';
import { writeFileAtomic } from '../../core/files/atomic-file.js';
import { formatCount } from '../../core/format.js';
import { type ArchitectureName, newModel, PAPER_SIZES } from '../../models/architectures.js';
import { GoogLeNet } from '../../models/googlenet.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { loadModel } from '../../models/load.js';
import { variantNamed } from '../../models/variants/index.js';
import { drawDiagram } from '../../report/diagram/draw.js';
import { googlenetDiagram } from '../../report/diagram/googlenet.js';
import { xceptionDiagram } from '../../report/diagram/xception.js';

export interface DrawFlags {
  architecture: ArchitectureName;
  weights?: string;
  auxLogits: boolean;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` for another ending; as loading a model and writing a file do */
export async function drawArchitecture(image: string, flags: DrawFlags): Promise<void> {
  const format = extname(image).toLowerCase();
  if (format !== '.svg' && format !== '.png') {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `The name of the image must end with .svg or .png, but is ${image}.`,
    );
  }
  const model = await modelOf(flags);
  try {
    const svg = await svgOf(model);
    await writeFileAtomic(image, [format === '.svg' ? Buffer.from(svg) : await toPng(svg)]);
  } finally {
    model.dispose();
  }
}

async function modelOf({ architecture, weights, auxLogits }: DrawFlags): Promise<ImageClassifier> {
  if (weights === undefined && (auxLogits || architecture !== 'xception'))
    return newModel(architecture, { auxLogits });
  if (weights === undefined) {
    throw new GoogLeNetError('INVALID_ARGUMENT', '--no-aux-logits needs a variant of GoogLeNet.');
  }
  return auxLogits ? loadModel(weights) : GoogLeNet.load(weights, { auxLogits });
}

const millions = (value: number): string =>
  (value / 1e6).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

async function svgOf(model: ImageClassifier): Promise<string> {
  const { architecture } = model.describe();
  const size = PAPER_SIZES[architecture];
  const { layers, parameters, multiplyAdds } = await model.summary({ height: size, width: size });
  const text = {
    title: model instanceof GoogLeNet ? variantNamed(model.variant).title : 'Xception',
    subtitle: `${formatCount(parameters)} parameters · ${millions(multiplyAdds)} million multiply-adds an image${model.auxLogits ? ', auxiliary heads included' : ''} · ${formatCount(model.numClasses)} classes`,
  };
  const diagram = architecture === 'xception' ? xceptionDiagram : googlenetDiagram;
  return drawDiagram(diagram(layers, [3, size, size], text));
}

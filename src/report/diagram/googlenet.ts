/** The diagram of a GoogLeNet, whichever variant. */
import type { Block, Card, Diagram, Head, Row } from './blocks.js';
import { boxesOf, groupBy, type Layer, shapeText } from './from-layers.js';

const MODULE = /^inception_?(\d[a-e])\./;
const HEAD = /^(?:auxilliary_output_|aux)([12])\./;
const BRANCH = /\.(branch\d)\b/;

const keyOf = ({ name }: Layer): string =>
  MODULE.exec(name)?.[1] ?? (HEAD.test(name) ? `aux ${HEAD.exec(name)?.[1]}` : name);

function cardOf(title: string, layers: readonly Layer[]): Card {
  const branches = groupBy(layers, ({ name }) => BRANCH.exec(name)?.[1] ?? '').map(([, branch]) => branch);
  const last = branches.map((branch) => branch.at(-1)?.output ?? []);
  const channels = last.reduce((sum, [count = 0]) => sum + count, 0);
  return {
    title,
    branches: branches.map(boxesOf),
    output: shapeText([channels, ...(last[0] ?? []).slice(1)]),
    joint: 'concat',
  };
}

/** @param input shape of the images, `[3, height, width]`. */
export function googlenetDiagram(
  layers: readonly Layer[],
  input: readonly number[],
  { title, subtitle }: { title: string; subtitle: string },
): Diagram {
  const image: Block = { kind: 'data', title: 'image', detail: shapeText(input) };
  const rows: { title: string; blocks: Block[]; heads: Head[] }[] = [
    { title: 'stem and stage 3', blocks: [image], heads: [] },
  ];
  for (const [key, group] of groupBy(layers, keyOf)) {
    const stage = /^([45])a$/.exec(key)?.[1];
    if (stage)
      rows.push({ title: stage === '4' ? 'stage 4' : 'stage 5 and classifier', blocks: [], heads: [] });
    const row = rows.at(-1) as (typeof rows)[number];
    if (key.startsWith('aux')) {
      row.heads.push({ title: key, below: row.blocks.length - 1, boxes: boxesOf(group) });
    } else {
      row.blocks.push(...(/^\d[a-e]$/.test(key) ? [cardOf(key, group)] : boxesOf(group)));
    }
  }
  rows.at(-1)?.blocks.push({ kind: 'data', title: 'logits', detail: 'main' });
  return { title, subtitle, rows: rows as Row[] };
}

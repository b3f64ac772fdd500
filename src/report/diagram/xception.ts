/** The diagram of an Xception. */
import type { Block, Box, Card, Diagram, Row } from './blocks.js';
import { boxesOf, groupBy, type Layer, shapeText } from './from-layers.js';

const BLOCK = /^(entry|middle|exit)(\d*)\./;
const ROWS = [
  { title: 'entry flow (sep: a depthwise separable convolution)', holds: /^(first|entry)/ },
  { title: 'middle flow', holds: /^middle[1-4]/ },
  { title: 'middle flow, second half', holds: /^middle[5-8]/ },
  { title: 'exit flow and classifier', holds: /^(exit|last|average|fc)/ },
];

/** A separable convolution is one box. */
function separableBoxes(layers: readonly Layer[]): Box[] {
  return groupBy(layers, ({ name }) => name.replace(/\.(depthwise|pointwise|relu|bn)$/, '')).flatMap(
    ([, group]) => {
      const isSeparable = group.some(({ name }) => name.endsWith('.depthwise'));
      const channels = group.find(({ name }) => name.endsWith('.pointwise'))?.output[0];
      return isSeparable
        ? [{ kind: 'convolution' as const, title: 'sep 3×3', detail: String(channels) }]
        : boxesOf(group);
    },
  );
}

function cardOf(title: string, layers: readonly Layer[]): Card {
  const branch = layers.filter(({ name }) => name.includes('.branch.'));
  const shortcut = layers.filter(({ name }) => name.includes('.shortcut.'));
  return {
    title,
    branches: [separableBoxes(branch), boxesOf(shortcut)],
    output: shapeText(layers.at(-1)?.output ?? []),
    joint: 'add',
  };
}

export function xceptionDiagram(
  layers: readonly Layer[],
  input: readonly number[],
  { title, subtitle }: { title: string; subtitle: string },
): Diagram {
  const rows: Row[] = ROWS.map(({ title, holds }) => {
    const own = layers.filter(({ name }) => holds.test(name));
    const blocks = groupBy(
      own,
      ({ name }) => BLOCK.exec(name)?.[0] ?? name.replace(/\.(depthwise|pointwise|bn)$/, ''),
    );
    return {
      title,
      blocks: blocks.flatMap(([key, group]): Block[] =>
        BLOCK.test(key) ? [cardOf(key.replace('.', ''), group)] : separableBoxes(group),
      ),
      heads: [],
    };
  });
  const first = rows[0];
  const last = rows.at(-1);
  if (first && last) {
    rows[0] = {
      ...first,
      blocks: [{ kind: 'data', title: 'image', detail: shapeText(input) }, ...first.blocks],
    };
    rows[rows.length - 1] = {
      ...last,
      blocks: [...last.blocks, { kind: 'data', title: 'logits', detail: 'main' }],
    };
  }
  return { title, subtitle, rows };
}

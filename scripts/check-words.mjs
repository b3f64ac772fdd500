// The field's words and no dialect of our own (CONTRIBUTING.md). Prints each line with a word that has a better one and exits with 1
// if there are any. `node check-words.mjs [--count] [root]`
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2).filter((arg) => arg !== '--count');
const countOnly = process.argv.includes('--count');
const root = resolve(args[0] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));

/** A word as it is refused, what is written in its place, and in which files, where not in all of them. */
export const WORDS = [
  // Images and their pixels.
  [/pictur/i, 'image, RawImage, ImageInput'],
  [/colour(?!space)|\bgrey(?!hound| owl| whale| fox|scale)|\bcentre|\bcentring/i, 'color, gray, center'],
  [
    /(normal|initial|optim|quant|serial|recogn|organ|summar|visual)is(e|ed|es|ing|er|ation)\b/i,
    'the spelling with z, as PyTorch',
  ],
  [
    /\bdraw(n)?Recipe|\brecipes?\b/i,
    'augmentation parameters, sampleParams',
    /^(src\/data|test\/unit\/augment)/,
  ],
  // Networks.
  [/\blast ?maps?\b|(?<!feature )\bmaps of\b/i, 'feature map, activation, targetLayer'],
  [/\bplaces\b|\bhas places\b/i, 'spatial positions, spatial dimensions'],
  [/\b(its|the|of a|whose) windows?\b|\bwindow('s|’s| of| size)\b/i, 'kernel, kernel size'],
  [/\bsides (of|in)\b|\bof other sides\b/i, 'height and width, size'],
  [/\bnewHead\b|begins? anew/i, 'resetClassifier, re-initialized'],
  // Training.
  [/\btall(y|ies)\b|\btoScores\b/i, 'metric accumulator, update, compute'],
  [/\bhits\b|right and wrong/i, 'correct, incorrect'],
  [/averageDecay|averaged weights/i, 'emaDecay, EMA weights'],
  [/\bclipNorm\b/, 'maxGradNorm'],
  [/\bMilestone\b|\bretention\b/, 'checkpoint policy, saveTopK, everyNEpochs'],
  [/\b(go(es|ing)?|went) on (from|with|at|where|in)\b|whereToGoOn|canGoOn\b/i, 'resume'],
  [/learns? by heart/i, 'overfits'],
  // Data.
  [/\bepochOrder\b/, 'epochIndices'],
  [/(?<!line )\bfeeds?\b/i, 'batch source, event stream'],
  [/\bunreadable: '|--unreadable|--on-error/, 'onDecodeError, --on-decode-error'],
  [/\bdatasetItem\b|\bvisits?\b/i, 'sample', /^(src|test)\//],
  // Engines.
  [/\btiers?\b/i, 'backend, instruction set'],
  [/\bfreezer\b|froz?en (network|engine|model)|NativeFrozen/i, 'lower, export, GraphBuilder'],
  [/\b(rouse|give[s]? way|gave way|giving way)\b/i, 'wake, lower priority'],
  [/\bhelpers? (thread|of a team)|\bteams?\b/i, 'thread pool, worker'],
  [
    /(?<!(at|torch|c10)::)\bk(Float|Byte)\b/,
    'DType kFloat32, kUint8',
    /^(native|test\/native)\/(infer|kernels)/,
  ],
  // Files.
  [/torch-?world/i, 'unpickler'],
  [/\bhostile\b/i, 'untrusted, malformed'],
  [/private cop(y|ies)/i, 'staging buffer'],
  [/\bunsealed\b|\bseal(s|ed)?\b/i, 'checksum placeholder'],
  // Prose.
  [/\bset-up\b/i, 'setup'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\bbeside\b/i, 'next to, compared with, besides'],
  [/\b(epochs|steps|images|bytes) in all\b/i, 'total'],
  [/\bbut for\b/i, 'except'],
  [/what (it|they) (is|are) made of/i, 'plain nouns'],
  [/pictures\/s|start to first logits/i, 'images/s, cold start'],
];

/** Labels of others, and this list. */
const EXEMPT =
  /^(scripts\/check-words\.mjs|src\/hub\/labels\/|scripts\/sample\/|package-lock\.json|test\/unit\/words\.test\.ts)/;
const TEXT = /\.(m?ts|c?[jt]s|mjs|cts|cjs|py|h|cpp|c|md|json|txt|gyp|sh)$|^\.ci\/run$|CMakeLists/;

const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
let count = 0;
const counts = new Map();
for (const file of files) {
  if (EXEMPT.test(file) || !TEXT.test(file)) continue;
  const scoped = WORDS.filter(([, , where]) => where === undefined || where.test(file));
  for (const [word, instead] of scoped) {
    if (word.test(file)) tell(file, 0, file, word, instead);
  }
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((line, i) => {
      for (const [word, instead] of scoped) if (word.test(line)) tell(file, i + 1, line, word, instead);
    });
}

function tell(file, line, text, word, instead) {
  count++;
  if (!countOnly) console.error(`${file}:${line}: ${text.match(word)[0]}: say ${instead}`);
  const key = `${file.split('/').slice(0, 2).join('/')}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
if (countOnly) for (const [key, n] of [...counts].sort((a, b) => b[1] - a[1])) console.log(n, key);
if (countOnly) console.log(count);
process.exitCode = count > 0 ? 1 : 0;

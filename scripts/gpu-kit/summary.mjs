// The results of a kit's run for people.

/** A failed test says more than fits a page. */
const MOST_LINES = 12;

const list = (items) => items.map((item) => `- ${item}`).join('\n');
const code = (text) => `\`\`\`\n${text.trim()}\n\`\`\``;

function machineOf({ cpu, gpus = [], version, cuda, devices = [] }) {
  return [
    cpu,
    ...gpus.map((gpu) => `nvidia-smi: ${gpu}`),
    ...(version ? [`libtorch ${version}: ${cuda.available ? 'CUDA' : cuda.reason}`] : []),
    ...devices.map(
      ({ device, name, memoryBytes }) => `${device}: ${name}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    ),
  ];
}

const stepOf = ({ name, ok, seconds, why }) => `${ok ? '✓' : '✗'} ${name}: ${seconds} s${why && `, ${why}`}`;

function failureOf({ title, message }) {
  return `### ${title}\n\n${code(message.split('\n').slice(0, MOST_LINES).join('\n'))}`;
}

/** Markdown. */
export function summaryOf({ kit, machine, steps, tests, benchmarks = [] }) {
  const commit = kit.commit ? ` (${kit.commit})` : '';
  return `${[
    `# googlenet-libtorch ${kit.version}${commit} on a GPU, Node ${kit.node}`,
    list(machineOf(machine)),
    '## Steps',
    list(steps.map(stepOf)),
    ...(tests
      ? [
          '## Tests',
          `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
          ...tests.failures.map(failureOf),
        ]
      : []),
    ...benchmarks.flatMap(({ name, printed }) => [`## ${name}`, code(printed)]),
  ].join('\n\n')}\n`;
}

import { bold, dim, green, red, yellow } from '../core/colors.js';
import type { DoctorReport } from './doctor.js';
import { describeBuild } from './installed/inspect-libtorch.js';
import { MIN_NODE } from './installed/versions.js';

type Mark = '✓' | '✗' | '–';
type Row = [mark: Mark, name: string, text: string];

const COLORS = { '✓': green, '✗': red, '–': dim } as const;

const GIB = 2 ** 30;

function toolRows({ tools, node }: DoctorReport): Row[] {
  const row = (name: string, tool: { path: string; version: string } | null): Row =>
    tool ? ['✓', name, `${tool.version}  ${tool.path}`] : ['–', name, 'not found'];
  return [
    [node.supported ? '✓' : '✗', 'Node.js', `${node.version} (${MIN_NODE.join('.')} or newer is needed)`],
    row('C++ compiler', tools.compiler),
    row('CMake', tools.cmake),
    row('make or ninja', tools.make),
    row('Python', tools.python),
  ];
}

function libtorchRows({ libtorch, candidates }: DoctorReport): Row[] {
  const refused = candidates
    .filter((candidate) => candidate.refused !== null)
    .map((candidate): Row => ['–', '', `not used: ${candidate.refused}`]);
  if (!libtorch) return [['–', 'libtorch', 'not found; googlenet setup installs one'], ...refused];
  const { version, cxx11Abi, source, dir } = libtorch;
  const text = `${version}, ${describeBuild(libtorch)}, ${cxx11Abi ? 'C++11 ABI' : 'old ABI'}, from ${source}`;
  return [['✓', 'libtorch', `${text}  ${dir}`], ...refused];
}

function addonRows({ addon }: DoctorReport): Row[] {
  if (!addon.exists) return [['✗', 'addon', `not built  ${addon.path}`]];
  const built = addon.builtFor
    ? `by ${addon.builder} for libtorch ${addon.builtFor.version} (${describeBuild(addon.builtFor)})`
    : 'by hand';
  const loads = addon.loads ? `loads with libtorch ${addon.version}` : 'does not load';
  return [[addon.loads ? '✓' : '✗', 'addon', `built ${built}, ${loads}  ${addon.path}`]];
}

function machineRows({ devices, threads, instructionSets }: DoctorReport): Row[] {
  const { cpu, cuda } = devices;
  const quota = cpu.quotaCores === null ? 'no quota' : `quota ${cpu.quotaCores} cores`;
  const memory = `${(cpu.memoryBytes / GIB).toFixed(1)} GiB`;
  const rows: Row[] = [['✓', 'CPU', `${cpu.model}, ${cpu.logicalCores} logical cores, ${quota}, ${memory}`]];
  if (cuda === null) rows.push(['–', 'CUDA', 'not known until the addon loads']);
  else if (!cuda.available) rows.push(['–', 'CUDA', `not available: ${cuda.reason}`]);
  for (const { index, name, memoryBytes } of cuda?.devices ?? []) {
    rows.push(['✓', `cuda:${index}`, `${name}, ${(memoryBytes / GIB).toFixed(1)} GiB`]);
  }
  const used = threads.default === null ? 'not known until the addon loads' : `${threads.default} a model`;
  const tooMany = threads.default !== null && threads.default > threads.usable;
  rows.push([tooMany ? '–' : '✓', 'threads', `${used}, ${threads.usable} usable`]);
  const { libtorch, ...sets } = instructionSets;
  const present = Object.entries(sets).flatMap(([name, has]) => (has ? [name] : []));
  const kernels = libtorch === null ? '' : `; libtorch uses ${libtorch}`;
  rows.push(['✓', 'instructions', `${present.join(' ') || 'none of the known ones'}${kernels}`]);
  return rows;
}

/** The report for people: a line for each item, then each problem with its fix. */
export function formatReport(report: DoctorReport): string {
  const rows = [...toolRows(report), ...libtorchRows(report), ...addonRows(report), ...machineRows(report)];
  const width = Math.max(...rows.map(([, name]) => name.length));
  const table = rows.map(([mark, name, text]) => `${COLORS[mark](mark)} ${name.padEnd(width)}  ${text}`);
  const problems = report.problems.map(({ needed, code, message, fix }) => {
    const indented = message.replaceAll('\n', '\n  ');
    const color = needed ? red : yellow;
    return `${needed ? '✗' : '–'} ${color(code)}: ${indented}\n  Fix: ${fix}`;
  });
  const verdict = report.healthy
    ? green('Everything that is needed works.')
    : red('Something that is needed does not work.');
  const title = `${bold(`googlenet-libtorch ${report.package.version}`)}  ${report.package.root}`;
  return [title, '', ...table, '', ...problems, verdict].join('\n');
}

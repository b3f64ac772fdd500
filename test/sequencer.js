const { default: Sequencer } = require('@jest/test-sequencer');
const { projects } = require('./jest.config.js');

const order = projects.map(({ displayName }) => displayName);
const rank = ({ context }) => order.indexOf(context.config.displayName?.name ?? '');

/** Project by project, files by name: the same order on every run. */
class ProjectSequencer extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
}

module.exports = ProjectSequencer;

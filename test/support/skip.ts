/** After this mark the title of a skipped test says why; `npm test` prints it. */
const MARK = ' — skipped: ';

/** `describe` where a condition holds; else the suite is skipped under a title with the reason. */
export function describeWhere(condition: boolean, reason: string) {
  return (title: string, suite: () => void): void =>
    condition ? describe(title, suite) : describe.skip(`${title}${MARK}${reason}`, suite);
}

/** `test` where a condition holds; else the test is skipped under a title with the reason. */
export function testWhere(condition: boolean, reason: string) {
  return (title: string, run: () => Promise<void>, timeoutMs?: number): void =>
    condition ? test(title, run, timeoutMs) : test.skip(`${title}${MARK}${reason}`, run);
}

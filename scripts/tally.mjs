/**
 * Counts of a jest result (`--json`), each check step counted as one test. A test file that could not run, and a jest that wrote nothing or
 * failed without a failed test, is a failure: no way of ending looks like success but success.
 */
export function tally(steps, report, exitCode) {
  const failedSteps = steps.filter((step) => !step.ok).length;
  const passedTests = report?.numPassedTests ?? 0;
  const failedTests = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const noneRan = passedTests + failedTests === 0;
  const silent = noneRan || (exitCode !== 0 && failedTests === 0);
  return {
    passed: steps.length - failedSteps + passedTests,
    failed: failedSteps + failedTests + (silent ? 1 : 0),
    skipped,
    remark: noneRan ? "no test ran" : silent ? `jest ended with code ${exitCode} though no test failed` : undefined,
  };
}

/** Several runs as one. */
export const sum = (results) =>
  results.reduce(
    (all, { passed, failed, skipped }) => ({
      passed: all.passed + passed,
      failed: all.failed + failed,
      skipped: all.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );

/** The one line that `npm test` ends with. */
export const lastLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`;

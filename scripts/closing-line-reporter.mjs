// Ends a test run with one plain line: `N passed, N failed`. A file that cannot be loaded is a failed test.
export default class ClosingLineReporter {
  onTestRunEnd(modules, errors) {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "skipped") skipped += 1;
        else failed += 1;
      }
    }
    if (passed + failed === 0) process.exitCode = 1;
    // Other reporters print their summaries at the end of the run as well; this is to be the last line of all.
    process.once("exit", () => {
      process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
    });
  }
}

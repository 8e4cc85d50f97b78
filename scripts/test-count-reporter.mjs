// A Vitest reporter that counts a run for the closing line of `npm test`. Prints nothing itself.
import { writeFileSync } from "node:fs";

/**
 * Writes `{passed, failed, skipped}` to the file that THROUGHLINE_TEST_COUNT names. What fails outside of a test counts as
 * one failed test each: a file that cannot be loaded, a hook of a file or of a suite, an error that nobody caught.
 */
export default class TestCountReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const suites = [module, ...module.children.allSuites()];
      count.failed += suites.filter((suite) => suite.errors().length > 0).length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that is still pending when the run ends was not run to its end.
        count[state === "pending" ? "failed" : state] += 1;
      }
    }
    const path = process.env.THROUGHLINE_TEST_COUNT;
    if (path !== undefined) writeFileSync(path, JSON.stringify(count));
  }
}

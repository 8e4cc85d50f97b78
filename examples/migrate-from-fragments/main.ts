/**
 * Twelve failures of a fragmented system, each shown by running the old code, and then the same situation with its consumers
 * on the bridges. Usage: node examples/migrate-from-fragments/main.ts
 */
import { cases } from "./after/cases.ts";
import { failures } from "./before/failures.ts";

let wrong = 0;
for (const { id, title, show } of failures) {
  const before = await show();
  const after = await cases.find((candidate) => candidate.id === id)?.show();
  if (after === undefined) throw new Error(`unable to show ${id}; nobody has moved it`);
  const ok = before.failed && !after.failed;
  if (!ok) wrong += 1;
  console.log(`${title}`);
  console.log(`  before  ${before.failed ? "FAILS" : "holds"}  claimed: ${before.claimed}`);
  console.log(`                 happened: ${before.happened}`);
  console.log(`  after   ${after.failed ? "FAILS" : "holds"}  claimed: ${after.claimed}`);
  console.log(`                 happened: ${after.happened}`);
}
console.log(`${failures.length - wrong} of ${failures.length} fail before and hold after`);
process.exitCode = wrong === 0 ? 0 : 1;

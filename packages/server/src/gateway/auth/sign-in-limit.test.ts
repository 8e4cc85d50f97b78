import { defaultLimits } from "@throughline/protocol";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { SignInLimit } from "./sign-in-limit.ts";

const perMinuteMax = 3;

function setUp() {
  const clock = new VirtualClock();
  const limit = new SignInLimit({ clock, limits: { ...defaultLimits, signInAttemptsPerMinuteMax: perMinuteMax } });
  /** `retryAfterMs` of the refusal, or undefined. */
  const attempt = (address: string, email?: string): number | undefined => {
    try {
      limit.take(address, email);
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect((error as CodedError).code).toBe("rate_limited");
      return (error as CodedError).retryAfterMs;
    }
  };
  return { clock, attempt };
}

const exhaust = (attempt: (count: number) => unknown) => {
  for (let count = 0; count < perMinuteMax; count += 1) expect(attempt(count)).toBeUndefined();
};

test("one address is refused after its attempts, whatever the accounts, and let in again as time passes", async () => {
  const { clock, attempt } = setUp();
  exhaust((count) => attempt("192.0.2.1", `user${count}@example.com`));
  expect(attempt("192.0.2.1", "other@example.com")).toBe(20_000);
  expect(attempt("192.0.2.2", "other@example.com")).toBeUndefined();
  await clock.advance(19_999);
  expect(attempt("192.0.2.1")).toBe(1);
  await clock.advance(1);
  expect(attempt("192.0.2.1")).toBeUndefined();
});

test("one account is refused after its attempts, wherever they come from and however it is written", () => {
  const { attempt } = setUp();
  exhaust((count) => attempt(`192.0.2.${count}`, "Alice@Example.com"));
  expect(attempt("192.0.2.9", "alice@example.com")).toBe(20_000);
  expect(attempt("192.0.2.9", "bob@example.com")).toBeUndefined();
});

test("what is kept of an account is bounded", () => {
  const { attempt } = setUp();
  exhaust((count) => attempt(`192.0.2.${count}`, `${"a".repeat(320)}${count}@example.com`));
  expect(attempt("192.0.2.9", `${"a".repeat(320)}@example.com`)).toBeDefined();
});

test("an address that is refused uses up nothing of an account", () => {
  const { attempt } = setUp();
  exhaust(() => attempt("192.0.2.1"));
  for (let count = 0; count < 10; count += 1) expect(attempt("192.0.2.1", "alice@example.com")).toBeDefined();
  exhaust((count) => attempt(`192.0.2.${10 + count}`, "alice@example.com"));
});

test.each([
  ["2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", true],
  ["2001:db8::1", "2001:0db8:0000:0000:ffff::", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["fe80::1%eth0", "fe80::2", true],
  ["::ffff:192.0.2.1", "192.0.2.1", true],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
  ["::1", "2001:db8::1", false],
  ["unknown", "192.0.2.1", false],
])("%s and %s are one client: %s", (first, second, same) => {
  const { attempt } = setUp();
  exhaust(() => attempt(first));
  expect(attempt(second) !== undefined).toBe(same);
});

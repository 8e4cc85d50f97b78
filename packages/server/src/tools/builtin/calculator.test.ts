import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { defaultLimits, type UserId } from "@throughline/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { systemClock } from "../../base/clock.ts";
import { ToolFailure } from "../tool.ts";
import { Calculator, type CalculatorLimits } from "./calculator.ts";
import type { CalculatorRequest } from "./calculator-process.ts";

const alice = "alice" as UserId;
const bob = "bob" as UserId;
const endless = "f(n) = n < 2 ? n : f(n - 1) + f(n - 2); f(200)";

/** Every process that was started for a calculation, oldest first. */
const processes: ChildProcess[] = [];
const onProcess = (message: unknown) => processes.push((message as { process: ChildProcess }).process);
beforeAll(() => subscribe("child_process", onProcess));
afterAll(() => unsubscribe("child_process", onProcess));

function ask(calculator: Calculator, request: string | CalculatorRequest, caller: Partial<Caller> = {}) {
  const asked = typeof request === "string" ? ({ kind: "evaluate", expression: request } as const) : request;
  return calculator.calculate(asked, { userId: alice, signal: new AbortController().signal, ...caller });
}
type Caller = Parameters<Calculator["calculate"]>[1];

/** Whether it is settled by now; what can happen without the clock has happened. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, new Promise<boolean>((resolve) => setImmediate(resolve, true))]);
}

describe("a calculation", () => {
  let calculator: Calculator;
  beforeAll(() => {
    calculator = new Calculator({ clock: systemClock, limits: defaultLimits });
  });
  afterAll(() => calculator.close());

  test.each([
    ["3 * (4 + 5)", "27"],
    ["0.1 + 0.2", "0.3"],
    ["1 / 3", "0.33333333333333"],
    ["123456789 * 987654321", "121932631112635269"],
    ["2^128", "340282366920938463463374607431768211456"],
    ["100!", "9.3326215443944e+157"],
    ["1234567.891", "1234567.891"],
    ["200 * 15%", "30"],
    ["sqrt(2)^2", "2"],
    ["sqrt(-4)", "2i"],
    ["sin(30 deg)", "0.5"],
    ["gamma(0.5)", "1.7724538509055"],
    ["2.5!", "3.3233509704478"],
    ["mean([1, 2, 3, 4])", "2.5"],
    ["inv([[1, 2], [3, 4]])", "[[-2, 1], [1.5, -0.5]]"],
    ["x = 3; y = 4; sqrt(x^2 + y^2)", "5"],
    ["f(x) = x^2\nf(12)", "144"],
    ["3 km + 200 m in miles", "1.9883878151595 miles"],
    ["5 kg * 9.81 m/s^2 to N", "49.05 N"],
    ["60 mph to km/h", "96.56064 km / h"],
    ["1 / 0", "Infinity"],
  ])("%s", async (expression, result) => {
    expect(await ask(calculator, expression)).toBe(result);
  });

  test.each<[number, string, string, string]>([
    [5, "inch", "cm", "12.7 cm"],
    [-40, "degC", "degF", "-40 degF"],
    [0.1 + 0.2, "km", "m", "300 m"],
    [90, "km/h", "mph", "55.92340730136 mph"],
    [1, "m^2", "cm^2", "10000 cm^2"],
  ])("%d %s in %s", async (value, from, to, result) => {
    expect(await ask(calculator, { kind: "convert", value, from, to })).toBe(result);
  });

  test.each([
    ["1 +", "unable to calculate; Unexpected end of expression (char 4)"],
    ["nonsense", "unable to calculate; Undefined symbol nonsense"],
    ["3 km + 2 kg", "unable to calculate; Units do not match"],
    ["f(x) = x", "unable to calculate; it is a function; give it its arguments"],
    ["undefined", "unable to calculate; it has no value"],
    ["zeros(100, 100)", "unable to calculate; its result has 30200 characters, the most is 4000"],
    [`"${"x".repeat(900)}" + kg`, "unable to calculate; "],
  ])("%s fails and says why", async (expression, message) => {
    const failure = await ask(calculator, expression).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolFailure);
    expect((failure as ToolFailure).message.slice(0, message.length)).toBe(message);
    expect((failure as ToolFailure).message.length).toBeLessThan(400);
  });

  test.each([
    ["km", "kg", "Units do not match"],
    ["parsec", "m", 'Unit "parsec" not found'],
    ["cm) + (1 cm", "cm", 'Unmatched ")"'],
    ["cm", "__proto__", "Unexpected"],
  ])("%s in %s is no conversion", async (from, to, reason) => {
    const failure = ask(calculator, { kind: "convert", value: 1, from, to });
    await expect(failure).rejects.toThrow(`unable to calculate; ${reason}`);
  });

  // Each line would reach out of the language, or change it for whoever comes next.
  test.each([
    "import({ pi: 3 }, { override: true })",
    'config({ number: "number" })',
    'createUnit("league", "3 mi")',
    // It made every later calculation of everybody fail, and the one after it made them wrong.
    "typed.clear()",
    't = typed; t.addConversion({ from: "string", to: "number", convert: f(x) = 1 })',
    "f(x) = x.clear(); f(add)",
    "typed(x) = x; typed(3)",
    'parser().set("pi", 3)',
    'evaluate("1 + 1")',
    'parse("1 + 1")',
    'compile("1 + 1")',
    'simplify("x + x")',
    'derivative("x^2", "x")',
    "help(createUnit)",
    'map(["1 + 1"], evaluate)',
    'reviver("", { mathjs: "Chain" })',
    'cos.constructor("return process")',
    '[].constructor.constructor("return process")',
    '"a".constructor.prototype.x = 1',
    "speedOfLight.toSI()",
    "speedOfLight.value = 1",
    "i.re = 1",
    "sqrt.call = 1",
  ])("%s is refused", async (expression) => {
    await expect(ask(calculator, expression)).rejects.toThrow(/(is|are) not available|No access|Undefined/);
    expect(await ask(calculator, "123456789 * 987654321 + 0 pi + speedOfLight / (m / s) + re(i)")).toBe(
      "121932631412427727",
    );
  });

  test("leaves no name behind for the next one, which may be somebody else's", async () => {
    expect(await ask(calculator, "secret = 42; secret")).toBe("42");
    expect(await ask(calculator, "pi = 3; e = 2; sqrt(x) = x; sqrt(9)")).toBe("9");
    await expect(ask(calculator, "secret", { userId: bob })).rejects.toThrow("Undefined symbol secret");
    expect(await ask(calculator, "floor(pi * 100) + floor(e * 100) + sqrt(9)", { userId: bob })).toBe("588");
  });
});

describe("an expression that asks for too much ends alone", () => {
  let calculator: Calculator;
  beforeAll(() => {
    const limits = { ...defaultLimits, calculationDurationMsMax: 1_500, calculationHeapBytesMax: 67_108_864 };
    calculator = new Calculator({ clock: systemClock, limits });
  });
  afterAll(() => calculator.close());

  test.each([
    "zeros(20000, 20000)",
    "1:1e9",
    // V8 ends its process for the allocation that this needs, with all threads in it: it ended the server.
    "sum(map(1:1e9, f(x) = x))",
    'g(n) = n == 0 ? "aaaaaaaa" : concat(g(n - 1), g(n - 1)); size(g(40))',
    'resize("a", [1e9])',
    "bigint(10)^bigint(1000000000)",
    "combinations(1e9, 5e8)",
    "setPowerset(1:30)",
    "h(x) = h(x) + h(x + 1); h(1)",
    endless,
  ])("%s", async (expression) => {
    const failure = await ask(calculator, expression).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolFailure);
    expect((failure as ToolFailure).message).toMatch(/too much memory|takes longer|call stack/);
    expect(await ask(calculator, "1 + 1", { userId: bob })).toBe("2");
  });
});

describe("the process behind it", () => {
  const clock = new VirtualClock();
  let calculator: Calculator;
  const start = (limits: Partial<CalculatorLimits> = {}) => {
    calculator = new Calculator({ clock, limits: { ...defaultLimits, ...limits } });
  };
  beforeEach(() => void processes.splice(0));
  afterEach(() => calculator.close());

  const current = () => processes.at(-1) as ChildProcess;
  /** The process is warm and busy. */
  const calculating = () => expect.poll(() => clock.pending, { timeout: 30_000 }).toBe(1);
  const { calculationDurationMsMax } = defaultLimits;

  test("has calculationDurationMsMax for a calculation, and is replaced at once when it needs more", async () => {
    start();
    await ask(calculator, "1 + 1");
    const first = current();
    const calculation = ask(calculator, endless);
    await calculating();
    await clock.advance(calculationDurationMsMax - 1);
    expect(await isPending(calculation)).toBe(true);
    const exit = once(first, "exit");
    const failed = expect(calculation).rejects.toThrow(
      new ToolFailure("unable to calculate; it takes longer than calculationDurationMsMax 3000 ms"),
    );
    await clock.advance(1);
    await failed;
    expect(await exit).toEqual([null, "SIGKILL"]);
    expect(processes).toHaveLength(2);
    expect(await ask(calculator, "1 + 1")).toBe("2");
    expect(processes).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("is killed when the calculation is stopped", async () => {
    start();
    await ask(calculator, "1 + 1");
    const abort = new AbortController();
    const calculation = ask(calculator, endless, { signal: abort.signal });
    await calculating();
    const exit = once(current(), "exit");
    abort.abort(new Error("stopped by a person"));
    await expect(calculation).rejects.toThrow("stopped by a person");
    expect(await exit).toEqual([null, "SIGKILL"]);
    expect(await ask(calculator, "1 + 1")).toBe("2");
  });

  test("goes on warming up when whoever waits for it is stopped", async () => {
    start();
    const calculation = ask(calculator, "1 + 1", { signal: AbortSignal.abort(new Error("stopped by a person")) });
    await expect(calculation).rejects.toThrow("stopped by a person");
    expect(await ask(calculator, "1 + 1")).toBe("2");
    expect(processes).toHaveLength(1);
  });

  test("is replaced when it dies while nobody asks for anything", async () => {
    start();
    await ask(calculator, "1 + 1");
    current().kill("SIGKILL");
    await once(current(), "exit");
    expect(await ask(calculator, "2 + 2")).toBe("4");
    expect(processes).toHaveLength(2);
  });

  test("that dies while it starts fails who waits for it, and nobody else", async () => {
    start();
    const calculation = ask(calculator, "1 + 1");
    const failed = expect(calculation).rejects.toThrow("unable to calculate; ");
    current().kill("SIGKILL");
    await failed;
    expect(await ask(calculator, "1 + 1")).toBe("2");
  });

  test("ends with the calculator, and the calculation in it fails", async () => {
    start();
    await ask(calculator, "1 + 1");
    const calculation = ask(calculator, endless);
    await calculating();
    const failed = expect(calculation).rejects.toThrow("unable to calculate; it was stopped");
    const exit = once(current(), "exit");
    calculator.close();
    await failed;
    await exit;
    await expect(ask(calculator, "1 + 1")).rejects.toThrow("unable to calculate; the calculator is closed");
    expect(processes).toHaveLength(1);
  });

  test("takes one calculation of each user in turn: many of one delay another by one", async () => {
    start();
    const abort = new AbortController();
    const hers = Array.from({ length: 10 }, () => ask(calculator, endless, { signal: abort.signal }));
    const ended = Promise.allSettled(hers);
    const his = ask(calculator, "1 + 1", { userId: bob });
    await calculating();
    await clock.advance(calculationDurationMsMax);
    expect(await his).toBe("2");
    expect(await Promise.all(hers.map(isPending))).toEqual([false, ...Array(9).fill(true)]);
    abort.abort();
    await ended;
  });

  test("has calculationsPerUserMax and calculationsMax waiting for it, and no more", async () => {
    start({ calculationsPerUserMax: 2, calculationsMax: 3 });
    const calculations = [ask(calculator, "1"), ask(calculator, "2"), ask(calculator, "3", { userId: bob })];
    await expect(ask(calculator, "4")).rejects.toThrow(
      new ToolFailure("unable to calculate; calculationsPerUserMax 2 are under way"),
    );
    await expect(ask(calculator, "4", { userId: bob })).rejects.toThrow(
      new ToolFailure("unable to calculate; calculationsMax 3 are under way"),
    );
    expect(await Promise.all(calculations)).toEqual(["1", "2", "3"]);
    expect(await ask(calculator, "4")).toBe("4");
  });
});

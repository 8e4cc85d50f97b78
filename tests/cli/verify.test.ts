/** `throughline verify` against deployments that keep their promises, and against some that break one of them. */
import { readdirSync, readFileSync } from "node:fs";
import type { Event } from "@throughline/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { programToken, signUp } from "../support/account.ts";
import { ServerProcess } from "../support/server-process.ts";
import { eventOf, single, type Tamper, TamperingProxy } from "../support/tampering-proxy.ts";
import { TokenIssuer } from "../support/token-issuer.ts";
import { Throughline } from "./throughline.ts";

interface Report {
  readonly url: string;
  readonly outcome: string;
  readonly verdict: string;
  readonly incomplete?: string;
  readonly users: number;
  readonly reliability: { readonly journeys: number; readonly failed: number; readonly lower: number };
  readonly lines: readonly { readonly id: string; readonly verdict: string; readonly detail: string }[];
  readonly latencies: readonly { readonly id: string; readonly count: number; readonly notTested?: string }[];
  readonly journeys: readonly { readonly kind: string; readonly failure?: { readonly reason: string } }[];
  readonly heldBackMs: number;
  readonly left: readonly string[];
}

/** The lines by their verdict. */
function linesOf({ lines }: Report): Record<string, string[]> {
  const verdicts: Record<string, string[]> = {};
  for (const { id, verdict } of lines) verdicts[verdict] = [...(verdicts[verdict] ?? []), id];
  return verdicts;
}

async function verify(throughline: Throughline, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await throughline.run(["verify", "--json", "-", ...args], env);
  return { code, stderr, report: stdout === "" ? undefined : (JSON.parse(stdout) as Report) };
}

/** As `verify`, where there has to be a report. */
async function reportOf(throughline: Throughline, args: readonly string[]) {
  const { code, stderr, report } = await verify(throughline, args);
  if (report === undefined) throw new Error(`there is no report; ${code}: ${stderr}`);
  return { code, stderr, report };
}

let issuer: TokenIssuer;
let server: ServerProcess;
beforeAll(async () => {
  issuer = await TokenIssuer.start();
  const limits = { signInAttemptsPerMinuteMax: 100_000, commandsPerMinuteMax: 100_000 };
  server = await ServerProcess.start({
    limits,
    issuers: [issuer.settings],
    env: { THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "2" },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

test("a server of its own: every line is tested and holds, killed in mid-answer; in words, as JSON, as JUnit, as a page", async () => {
  await using throughline = new Throughline();
  const args = ["--journeys", "16", "--users", "4", "--junit", "verify.xml", "--html", "verify.html"];
  const { code, stderr, report } = await reportOf(throughline, args);
  const { reliability: _, ...verdicts } = Object.fromEntries(report.lines.map(({ id, verdict }) => [id, verdict]));
  expect({ code, outcome: report.outcome }).toEqual({ code: 3, outcome: "not claimed" });
  expect(Object.values(verdicts)).toEqual(Array.from({ length: 16 }, () => "ok"));
  // Sixteen are far too few, and are not taken for more.
  expect(report.lines[0]).toMatchObject({ id: "reliability", verdict: "not claimed" });
  expect(report.lines[0]?.detail).toContain("99.50 % is not shown with 16 journeys: it takes 736 without a failure");
  expect(report.reliability).toMatchObject({ journeys: 16, failed: 0, lower: expect.closeTo(0.025 ** (1 / 16), 9) });
  expect(new Set(report.journeys.map(({ kind }) => kind)).size).toBe(8);
  expect(report.latencies.map(({ id, count }) => [id, count > 0])).toEqual(
    ["acknowledged", "first-event", "other-device", "answer", "resume"].map((id) => [id, true]),
  );
  expect(report.left).toEqual([]);

  // The standard output is the JSON alone; the table is beside it.
  expect(stderr).toContain("16 of 16 journeys of 4 users through a server of its own");
  expect(stderr).toContain(report.verdict);
  const junit = readFileSync(throughline.path("verify.xml"), "utf8");
  expect(junit).toContain('<testsuite name="throughline verify" tests="22" failures="0" errors="0" skipped="1" ');
  expect(junit.match(/<testcase /g)).toHaveLength(22);
  const html = readFileSync(throughline.path("verify.html"), "utf8");
  expect(html.match(/<svg /g)).toHaveLength(7);
  for (const { title } of [{ title: "Tool effects" }, { title: "Losses" }]) expect(html).toContain(title);
  expect(html).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  // Its server is gone.
  await expect(fetch(`${report.url}/livez`)).rejects.toThrow();
});

describe("a running deployment", () => {
  test("test users sign up; what cannot be seen from outside is not tested, and what stays is named", async () => {
    await using throughline = new Throughline();
    const { code, report } = await reportOf(throughline, ["--url", server.url, "--journeys", "14", "--users", "2"]);
    expect({ code, outcome: report.outcome, users: report.users }).toEqual({
      code: 3,
      outcome: "not claimed",
      users: 2,
    });
    expect(linesOf(report)["not tested"]).toEqual(["kills"]);
    expect(linesOf(report).missed).toBeUndefined();
    expect(report.left).toEqual([
      expect.stringMatching(/^account verify-[0-9a-f]{8}-1@example\.com$/),
      expect.stringMatching(/^account verify-[0-9a-f]{8}-2@example\.com$/),
    ]);
  });

  test("given accounts and tokens; one person alone proves nothing about others", async () => {
    await using throughline = new Throughline();
    const ada = await signUp(server, "ada");
    await signUp(server, "grace");
    const short = ["--url", server.url, "--journeys", "2"];
    const accounts = ["ada", "grace"].flatMap((name) => ["--account", `${name}@example.com:correct horse battery`]);
    const both = await reportOf(throughline, [...short, ...accounts]);
    expect({ code: both.code, users: both.report.users, left: both.report.left }).toEqual({
      code: 3,
      users: 2,
      left: [],
    });
    const threads = await fetch(`${server.url}/v1/threads`, { headers: ada });
    expect(await threads.json()).toMatchObject({ threads: [] });

    const token = await programToken(server, ada);
    const alone = await reportOf(throughline, [...short, "--token", token, "--token", token]);
    expect({ code: alone.code, users: alone.report.users }).toEqual({ code: 3, users: 1 });
    expect(linesOf(alone.report)["not tested"]).toEqual(expect.arrayContaining(["leakage", "hostile-ids"]));

    const refused = await verify(throughline, [...short, "--account", "ada@example.com:wrong password"]);
    expect(refused).toMatchObject({ code: 2, report: undefined });
    expect(refused.stderr).toContain("unable to sign in as ada@example.com; 401");
    const printed = ["--users", "2", "--token-command", "printenv TOKEN_$VERIFY_USER"];
    const [TOKEN_1, TOKEN_2] = [await issuer.token("ada"), await issuer.token("grace")];
    const commanded = await verify(throughline, [...short, ...printed], { TOKEN_1, TOKEN_2 });
    expect({ code: commanded.code, users: commanded.report?.users }).toEqual({ code: 3, users: 2 });
    const noToken = await verify(throughline, [...short, "--token-command", "exit 3"]);
    expect(noToken).toMatchObject({ code: 2, report: undefined });
    const badToken = await verify(throughline, [...short, "--token-command", "echo none"]);
    expect(badToken).toMatchObject({ code: 2, report: undefined });
    expect(badToken.stderr).toContain("401");
  });

  test.concurrent("one that limits the rate of requests: it waits as long as it is asked to, and that is no fault", async () => {
    await using throughline = new Throughline();
    const limited = new Set(["/api/auth/sign-up/email", "/v1/events", "/v1/commands"]);
    const limit = (path: string) => (limited.delete(path) ? 1 : undefined);
    await using proxy = await TamperingProxy.start(server.url, { limit });
    const args = ["--url", proxy.url, "--journeys", "1", "--users", "1", "--timeout", "5"];
    const { code, report } = await reportOf(throughline, args);
    expect({ code, heldBackMs: report.heldBackMs }).toEqual({ code: 3, heldBackMs: 3_000 });
  });

  test.concurrent("tokens that expire end it early; what is refused from then on is no fault", async () => {
    await using throughline = new Throughline();
    const tokens = await Promise.all(["a", "b"].map((subject) => issuer.token(subject, { expiresIn: 8 })));
    const args = ["--url", server.url, "--journeys", "1000", ...tokens.flatMap((token) => ["--token", token])];
    const { code, report } = await reportOf(throughline, args);
    expect({ code, outcome: report.outcome }).toEqual({ code: 2, outcome: "incomplete" });
    expect(report.incomplete).toContain("a token has expired");
    expect(linesOf(report).missed).toBeUndefined();
  });

  test.concurrent("one where nobody can make an account", async () => {
    await using throughline = new Throughline();
    await using closed = await ServerProcess.start({ env: { THROUGHLINE_SIGN_UP: "closed" } });
    const { code, stderr, report } = await verify(throughline, ["--url", closed.url]);
    expect({ code, report }).toEqual({ code: 2, report: undefined });
    expect(stderr).toMatch(
      /unable to sign a test user up; 403 .*; where sign-up is closed, give --account or --token\n$/,
    );
  });

  test.concurrent("one that is not there", async () => {
    await using throughline = new Throughline();
    const { code, stderr, report } = await verify(throughline, ["--url", "http://127.0.0.1:9", "--timeout", "1"]);
    expect({ code, report }).toEqual({ code: 2, report: undefined });
    expect(stderr).toContain("unable to reach http://127.0.0.1:9/api/auth/sign-up/email; ");
  });
});

/** Tells the events of journeys to which nothing happens but the tamper: their messages are calculations. */
function plainRuns(): (event: Event) => boolean {
  const runs = new Set<string | undefined>();
  return (event) => {
    if (event.type === "message_accepted" && event.data.text.startsWith("what is")) runs.add(event.runId);
    return runs.has(event.runId);
  };
}

/** Acts once, on the first event that it fits, and leaves everything else as it is. */
function once(tamper: NonNullable<Tamper["events"]>): Tamper["events"] {
  const isPlain = plainRuns();
  let isDone = false;
  return (frame, connection) => {
    const shown = single(frame).flatMap((one) => {
      if (isDone || !isPlain(eventOf(one))) return [one];
      const changed = tamper(one, connection);
      isDone = changed.length !== 1 || changed[0] !== one;
      return changed;
    });
    return isDone ? shown : [frame];
  };
}

function isThinking(event: Event): boolean {
  return event.type === "agent_thinking" && event.data.step === 1;
}

/** Changes the data of an event. */
function changed(frame: Parameters<NonNullable<Tamper["events"]>>[0], change: object) {
  const event = eventOf(frame);
  return [{ ...frame, events: [{ ...event, ...change } as Event] }];
}

/** Names a thread of one user in a body that is for another. */
function leakingBody(): Tamper {
  const threads = new Map<string, string>();
  return {
    events: (frame, { userId }) => {
      const { threadId } = eventOf(frame);
      if (threadId !== undefined) threads.set(userId, threadId);
      return [frame];
    },
    body: (path, text) => {
      if (path !== "/v1/threads") return text;
      const foreign = [...threads.values()].find((threadId) => !text.includes(threadId));
      return text.replace("{", `{"hint":${JSON.stringify(foreign ?? "")},`);
    },
  };
}

/** Shows one user the message of another. */
function leaking(): Tamper {
  const events = new Map<string, Event>();
  const leak = once((frame, { userId }) => {
    const foreign = [...events].find(([owner]) => owner !== userId)?.[1];
    return foreign === undefined ? [frame] : [{ ...frame, events: [foreign] }, frame];
  });
  return {
    events: (frame, connection) => {
      const message = frame.events.find(({ type }) => type === "message_accepted");
      if (message !== undefined) events.set(connection.userId, message);
      return leak?.(frame, connection) ?? [frame];
    },
  };
}

/** Holds an event back over the first connection that has it, until the next one has passed. */
function reordering(): Tamper {
  const isPlain = plainRuns();
  let held: { frame: Parameters<NonNullable<Tamper["events"]>>[0]; connection: object } | undefined;
  let isDone = false;
  return {
    events: (whole, connection) =>
      single(whole).flatMap((frame) => {
        if (isDone || (held !== undefined && held.connection !== connection)) return [frame];
        if (held !== undefined) {
          isDone = true;
          return [frame, held.frame];
        }
        if (!isPlain(eventOf(frame)) || !isThinking(eventOf(frame))) return [frame];
        held = { frame, connection };
        return [];
      }),
  };
}

const madeUp = (prefix: string) => `${prefix}_${"0".repeat(20)}`;

/** Acknowledges the first message without anybody having stored it. */
function swallowing(): Tamper {
  let isDone = false;
  return {
    command: ({ type }) => {
      if (isDone || type !== "message.send") return undefined;
      isDone = true;
      return { messageId: madeUp("msg"), threadId: madeUp("thr"), runId: madeUp("run"), sequence: 1 };
    },
  };
}

function stopping(state: string): Tamper["command"] {
  return ({ type, data }) =>
    type === "run.stop" && data.runId !== undefined ? { runId: data.runId, state } : undefined;
}

/** Loses the end of the answer, in what is shown and in what is stored. */
function truncating(): Tamper {
  const short = (text: string) => text.replace(/ = \*\*\d+\*\*/g, "");
  return {
    events: (frame) => [JSON.parse(short(JSON.stringify(frame)))],
    body: (path, text) => (path.startsWith("/v1/threads/") ? short(text) : text),
  };
}

// Two users, one journey each, of which the first meets nothing but the tamper.
describe("a deployment that breaks a promise", () => {
  let credentials: readonly string[];
  beforeAll(async () => {
    const tokens = await Promise.all(["joan", "mary"].map((subject) => issuer.token(subject)));
    credentials = tokens.flatMap((token) => ["--token", token]);
  });

  test.each<[string, string, () => Tamper]>([
    ["shows another user's event", "leakage", leaking],
    ["drops an event", "losses", () => ({ events: once((frame) => (isThinking(eventOf(frame)) ? [] : [frame])) })],
    [
      "never says that the answer has ended",
      "losses",
      () => ({ events: once((frame) => (eventOf(frame).type === "agent_completed" ? [] : [frame])) }),
    ],
    ["repeats an event", "duplicates", () => ({ events: once((frame) => [frame, frame]) })],
    ["changes the order of two events", "order", reordering],
    ["acknowledges without storing", "losses", swallowing],
    ["loses the end of an answer", "losses", truncating],
    [
      "shows another text than it has stored",
      "stored",
      () => ({
        events: (frame) =>
          single(frame).flatMap((one) => {
            const { type, data } = eventOf(one);
            const isCalculated = type === "agent_completed" && data.message?.text.includes("**") === true;
            return isCalculated ? changed(one, { data: { ...data, message: undefined } }) : [one];
          }),
      }),
    ],
    [
      "begins a run twice",
      "legality",
      () => ({
        events: (frame) =>
          single(frame).flatMap((one) => {
            const { type, data, runId } = eventOf(one);
            const begun = {
              type: "agent_started",
              data: { agent: "assistant", messageId: runId?.replace("run", "msg") },
            };
            return type === "agent_thinking" && data.step === 2 ? changed(one, begun) : [one];
          }),
      }),
    ],
    [
      "shows one device something else than the other",
      "other-device",
      () => ({
        events: once((frame) =>
          isThinking(eventOf(frame)) ? changed(frame, { data: { step: 1, text: "?" } }) : [frame],
        ),
      }),
    ],
  ])("it %s: %s", async (_what, line, tamper) => {
    await using throughline = new Throughline();
    await using proxy = await TamperingProxy.start(server.url, tamper());
    const args = ["--url", proxy.url, ...credentials, "--journeys", "2", "--timeout", "4"];
    const { code, report } = await reportOf(throughline, args);
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: "missed" });
    expect(linesOf(report).missed).toEqual(["reliability", line]);
    expect(report.verdict).toMatch(/^Missed: Reliability, /);
  });

  test("it names another user's thread in a body", async () => {
    await using throughline = new Throughline();
    await using proxy = await TamperingProxy.start(server.url, leakingBody());
    const { code, report } = await reportOf(throughline, ["--url", proxy.url, ...credentials, "--journeys", "2"]);
    expect(code).toBe(1);
    expect(linesOf(report).missed?.slice(0, 2)).toEqual(["reliability", "leakage"]);
  });

  test.each<[string, string, number, Tamper["command"]]>([
    ["takes ids of strangers", "hostile-ids", 7, ({ type, data }) => (type === "thread.rename" ? data : undefined)],
    ["acknowledges a stop and does nothing", "stop", 5, stopping("stopping")],
    ["says of a run that it has ended, which goes on", "stop", 5, stopping("ended")],
  ])("it %s: %s", async (_what, line, journeys, command) => {
    await using throughline = new Throughline();
    await using proxy = await TamperingProxy.start(server.url, command === undefined ? {} : { command });
    const args = ["--url", proxy.url, ...credentials, "--journeys", String(journeys), "--timeout", "5"];
    const { code, report } = await reportOf(throughline, args);
    expect(code).toBe(1);
    expect(linesOf(report).missed).toEqual(["reliability", line]);
  });
});

/**
 * The environment in which places of one file of the program as it was built read otherwise, also in the server that it
 * starts. Each place has to be there.
 */
function altered(throughline: Throughline, file: string, places: Readonly<Record<string, string>>) {
  throughline.write(
    "alter.mjs",
    `import { registerHooks } from "node:module";
     registerHooks({
       load(url, context, next) {
         const loaded = next(url, context);
         if (!url.endsWith("/dist/verify/${file}.js")) return loaded;
         let source = String(loaded.source);
         for (const [from, to] of ${JSON.stringify(Object.entries(places))}) {
           if (!source.includes(from)) throw new Error("unable to alter; there is no " + from);
           source = source.replace(from, () => to);
         }
         return { ...loaded, source };
       },
     });`,
  );
  return { NODE_OPTIONS: `--import "${throughline.path("alter.mjs")}"` };
}

/** As the tool of the server that `verify` starts has it. */
const effect = "await appendFile(process.env[effectsVariable], callId + ' ' + canary + '\\n')";

test.each([
  [
    "leaks",
    "marks",
    "if (owner !== undefined && owner !== reader)",
    "if (false)",
    "an event of another user; another user's text",
  ],
  ["losses", "device-watch", 'this.#find("loss", `event', "void (`event", "an event that is dropped"],
  ["repeats", "device-watch", 'this.#find("duplicate", `event', "void (`event", "an event that comes twice"],
  ["disorder", "device-watch", 'this.#find("disorder"', 'this.#find("loss"', "two events that change places"],
])("judges that do not see %s report nothing", async (_what, file, from, to, unseen) => {
  await using throughline = new Throughline();
  const { code, stderr, report } = await verify(
    throughline,
    ["--journeys", "1"],
    altered(throughline, file, { [from]: to }),
  );
  expect({ code, report }).toEqual({ code: 2, report: undefined });
  expect(stderr).toMatch(/^unable to verify; the observer was shown, and did not see: /);
  expect(stderr).toContain(unseen);
});

test("a tool whose effect happens twice", async () => {
  await using throughline = new Throughline();
  const env = altered(throughline, "child-config", {
    "await pause(effectDurationMs": `${effect}; await pause(effectDurationMs`,
  });
  const { code, report } = await verify(throughline, ["--journeys", "2", "--users", "2"], env);
  expect(code).toBe(1);
  expect(report && linesOf(report).missed).toEqual(["tool-effects"]);
});

test("a server that comes back with an older copy of its log", async () => {
  await using throughline = new Throughline();
  const began = 'deployment.#url = await deployment.#start("0");';
  const restart = "await this.#start(new URL(this.#url).port);";
  const copy = (folder: string, from: string, to: string) =>
    `for (const end of ["", "-wal"]) copyFileSync(join(${folder}, "data/log.db" + end + "${from}"), join(${folder}, "data/log.db" + end + "${to}"));`;
  const env = altered(throughline, "own-deployment", {
    "import { existsSync": "import { copyFileSync, existsSync",
    [began]: `${began} ${copy("deployment.#folder", "", ".old")}`,
    [restart]: `${copy("this.#folder", ".old", "")} ${restart}`,
  });
  const { code, report } = await verify(throughline, ["--journeys", "8", "--users", "4", "--timeout", "4"], env);
  expect(code).toBe(1);
  // Whoever was under way at the kill has lost something as well.
  expect(report && linesOf(report).missed).toEqual(expect.arrayContaining(["reliability", "losses", "kills"]));
});

test("broken off, it says what there is, that it is incomplete, and leaves nothing behind", async () => {
  await using throughline = new Throughline();
  // What the environment says of another deployment is not for the server of its own.
  const env = { PORT: "web", PUBLIC_URL: "https://chat.example.org", THROUGHLINE_SIGN_UP: "closed" };
  const program = throughline.start(["verify", "--journeys", "100000", "--users", "2", "--json", "verify.json"], env);
  await expect.poll(() => program.stderr, { timeout: 30_000 }).toContain("100000 journeys of 2 users");
  program.signal("SIGINT");
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stdout).toContain("\nIncomplete (it was broken off). ");
  const report = JSON.parse(readFileSync(throughline.path("verify.json"), "utf8")) as Report;
  expect(report).toMatchObject({ outcome: "incomplete", incomplete: "it was broken off" });
  await expect(fetch(`${report.url}/livez`)).rejects.toThrow();
});

// Each was once found only after the whole measurement.
test.each(["--json", "--junit", "--html"])(
  "a report that cannot be written, %s, is said before anything is measured",
  async (option) => {
    await using throughline = new Throughline();
    throughline.write("kept.json", "as it was");
    const others = ["--json", "kept.json", "--junit", "new.xml", "--html", "new.html"];
    const { code, stdout, stderr } = await throughline.run(["verify", ...others, option, "missing/report"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^unable to write missing\/report; ENOENT.*\n$/);
    expect(readFileSync(throughline.path("kept.json"), "utf8")).toBe("as it was");
    expect(readdirSync(throughline.folder)).toEqual(["kept.json"]);
    expect(await throughline.run(["verify", option, "."])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^unable to write \.; EISDIR.*\n$/),
    });
  },
);

test("called the wrong way, nothing is tried", async () => {
  await using throughline = new Throughline();
  const closing = "throughline --help lists commands, options and variables.\n";
  expect(await throughline.run(["verify", "--journeys", "0"])).toEqual({
    code: 2,
    stdout: "",
    stderr: `unable to use --journeys "0"; it is a whole number from 1 to 100000\n${closing}`,
  });
  const help = await throughline.run(["verify", "--help"]);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: throughline verify /), stderr: "" });
});

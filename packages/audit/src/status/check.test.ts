import { describe, expect, test } from "vitest";
import { checkFacts } from "../check.ts";
import type { AuditConfig, Responsibility } from "../config/audit-config.ts";
import { readFacts } from "../facts/read-facts.ts";
import type { AuditReport, MemberStatus } from "../report/audit-report.ts";
import { noManifests } from "../resolve/manifests.ts";

type Files = Readonly<Record<string, string>>;

const routing: Responsibility = {
  id: "routing",
  why: "one router",
  owner: "src/router.ts#MessageRouter",
  canonical: [],
  factories: [],
  match: { names: ["router"], methods: ["route", "addRoute"] },
  adapters: [],
  primitives: [{ call: "*.sendRaw", allowed: [] }],
  exclude: [],
  target: 1,
};

function audit(files: Files, changes: Partial<Responsibility> = {}, config: Partial<AuditConfig> = {}): AuditReport {
  const facts = Object.entries(files)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, text]) => readFacts(path, text) ?? []);
  const all = { facts, unparsed: [], skipped: [], cached: 0 };
  const given = {
    scope: { include: [], exclude: [] },
    roles: {},
    entries: [],
    layers: [],
    responsibilities: [{ ...routing, ...changes }],
    ...config,
  };
  return checkFacts(all, given, noManifests, "2026-11-23");
}

function statuses(files: Files, changes: Partial<Responsibility> = {}): Record<string, MemberStatus> {
  const [report] = audit(files, changes).responsibilities;
  return Object.fromEntries((report?.members ?? []).map(({ symbol, status }) => [symbol, status]));
}

const owner = {
  "src/router.ts": `
    export class MessageRouter {
      readonly routes = new Map<string, (message: string) => void>();
      addRoute(type: string, handler: (message: string) => void) { this.routes.set(type, handler); }
      route(type: string, message: string) { const handler = this.routes.get(type); if (!handler) throw new Error(type); handler(message); }
    }
    export const router = new MessageRouter();`,
  "src/main.ts": `import { router } from "./router.ts";\nexport function main() { router.route("a", "b"); }`,
};

const pythonOwner = {
  "app/router.py": `
class MessageRouter:
    def __init__(self):
        self.routes = {}
    def add_route(self, kind, handler):
        self.routes[kind] = handler
    def route(self, kind, message):
        handler = self.routes[kind]
        return handler(message)

router = MessageRouter()

def get_router() -> MessageRouter:
    return router
`,
  "app/main.py": `
from app.router import get_router

def main():
    get_router().route("a", "b")
`,
};
const python: Partial<Responsibility> = {
  owner: "app/router.py#MessageRouter",
  match: { names: ["router"], methods: ["route", "add_route"] },
  primitives: [{ call: "*.send_raw", allowed: [] }],
};

describe("TypeScript: each member is what its code is", () => {
  test.each<[MemberStatus, string, string, string]>([
    ["shim", "src/index.ts#", "src/index.ts", `export { MessageRouter } from "./router.ts";`],
    [
      "shim",
      "src/compat.ts#MessageRouter",
      "src/compat.ts",
      `import { MessageRouter as Real } from "./router.ts";\nexport const MessageRouter = Real;`,
    ],
    [
      "masquerade",
      "src/fake.ts#MessageRouter",
      "src/fake.ts",
      `import { LegacyThing } from "./legacy.ts";\nexport const MessageRouter = LegacyThing;`,
    ],
    [
      "adapter",
      "src/adapter.ts#ChatRouter",
      "src/adapter.ts",
      `import { MessageRouter } from "./router.ts";
       export class ChatRouter { constructor(private readonly inner: MessageRouter) {}
         handle(message: string) { return this.inner.route("chat", message); } }`,
    ],
    [
      "adapter",
      "src/adapter.ts#routerFor",
      "src/adapter.ts",
      `import { router } from "./router.ts";\nexport function routerFor(message: string) { return router.route("chat", message); }`,
    ],
    [
      "leaky_adapter",
      "src/adapter.ts#ChatRouter",
      "src/adapter.ts",
      `import { router } from "./router.ts";\nimport { deliver } from "./legacy.ts";
       export class ChatRouter { handle(message: string) { try { router.route("chat", message); } catch { deliver(message); } } }`,
    ],
    [
      "leaky_adapter",
      "src/adapter.ts#ChatRouter",
      "src/adapter.ts",
      `import { router } from "./router.ts";\nimport { deliver } from "./legacy.ts";
       export class ChatRouter { handle(message: string) { if (process.env.USE_OLD) deliver(message); else router.route("chat", message); } }`,
    ],
    [
      "leaky_adapter",
      "src/adapter.ts#ChatRouter",
      "src/adapter.ts",
      `import { router } from "./router.ts";
       export class ChatRouter { handle(messages: string[]) { for (const message of messages) router.route("chat", message); } }`,
    ],
    [
      "extension",
      "src/sub.ts#LoggedRouter",
      "src/sub.ts",
      `import { MessageRouter } from "./router.ts";\nexport class LoggedRouter extends MessageRouter { count = 0; counted() { return this.count + 1; } }`,
    ],
    [
      "extension",
      "src/sub.ts#LoggedRouter",
      "src/sub.ts",
      `import { MessageRouter } from "./router.ts";
       export class LoggedRouter extends MessageRouter { override route(type: string, message: string) { super.route(type, message); } }`,
    ],
    [
      "rival",
      "src/sub.ts#OwnRouter",
      "src/sub.ts",
      `import { MessageRouter } from "./router.ts";
       export class OwnRouter extends MessageRouter { override route(type: string, message: string) { console.info(type + message); } }`,
    ],
    [
      "dead_rival",
      "src/rival.ts#EventRouter",
      "src/rival.ts",
      `export class EventRouter { readonly table = new Map(); route(type: string) { return this.table.get(type); } }`,
    ],
    [
      "dead_rival",
      "src/rival.ts#Dispatch",
      "src/rival.ts",
      `export class Dispatch { readonly table = new Map(); addRoute(type: string) { this.table.set(type, 1); } route(type: string) { return this.table.get(type); } }`,
    ],
  ])("%s: %s", (status, symbol, path, text) => {
    const legacy = {
      "src/legacy.ts": `export class LegacyThing { go() { return 1 + 1; } }\nexport function deliver(text: string) { return text.trim(); }`,
    };
    expect(statuses({ ...owner, ...legacy, [path]: text })[symbol]).toBe(status);
  });

  test("a rival that production uses is alive, one that only tests use is dead", () => {
    const rival = {
      "src/rival.ts": `export class EventRouter { readonly table = new Map(); route(type: string) { return this.table.get(type); } }`,
    };
    const use = `import { EventRouter } from "../src/rival.ts";\nexport const used = new EventRouter().route("a");`;
    const reached = { "src/app.ts": `import "../lib/use.ts";`, "lib/use.ts": use };
    expect(statuses({ ...owner, ...rival, ...reached })["src/rival.ts#EventRouter"]).toBe("rival");
    expect(statuses({ ...owner, ...rival, "lib/use.test.ts": use })["src/rival.ts#EventRouter"]).toBe("dead_rival");
  });

  test("a rival that only files use which no entry point leads to is dead, with the line; without entry points nothing is", () => {
    const files = {
      "src/router.ts": owner["src/router.ts"],
      "src/rival.ts": `export class EventRouter { readonly table = new Map(); route(type: string) { return this.table.get(type); } }`,
      "src/orphan.ts": `import { EventRouter } from "./rival.ts";\nexport const used = () => new EventRouter().route("a");`,
    };
    const rivalOf = (all: Files, config: Partial<AuditConfig> = {}) =>
      audit(all, {}, config).responsibilities[0]?.members.find(({ symbol }) => symbol === "src/rival.ts#EventRouter");
    expect(rivalOf(files)?.status).toBe("rival");
    const withMain = { ...files, "src/main.ts": owner["src/main.ts"] };
    expect(rivalOf(withMain)).toMatchObject({
      status: "dead_rival",
      evidence: [{ path: "src/rival.ts" }, { path: "src/orphan.ts", line: 2 }],
    });
    expect(rivalOf(withMain, { entries: ["src/orphan.ts"] })?.status).toBe("rival");
    // A thread is loaded by its address.
    const thread = `import { router } from "./router.ts";\nexport const start = () => new Worker(new URL("./orphan.ts", import.meta.url));\nrouter.route("a", "b");`;
    expect(rivalOf({ ...files, "src/main.ts": thread })?.status).toBe("rival");
  });

  test("an inline ignore with a reason is no violation, and counts in the number all the same", () => {
    const around = (comment: string) => ({
      ...owner,
      "src/chat.ts": `export function push(socket: { sendRaw(text: string): void }) {\n  ${comment}\n  socket.sendRaw("x");\n}`,
    });
    const of = (comment: string) => audit(around(comment)).responsibilities[0];
    expect(of("// audit-ignore: until the old page is gone")).toMatchObject({
      violations: [],
      compliance: { bypass: 1, lower: 0.5 },
    });
    expect(of("// audit-ignore:")?.violations).toHaveLength(1);
  });

  test("what goes around the owner in two ways is two violations of one caller", () => {
    const primitives = [
      { call: "*.sendRaw", allowed: [] },
      { call: "*.flushRaw", allowed: [] },
    ];
    const chat = `export function push(socket: any) {\n  socket.sendRaw("x");\n  socket.flushRaw();\n}`;
    const [report] = audit({ ...owner, "src/chat.ts": chat }, { primitives }).responsibilities;
    expect(report?.violations.map(({ identity }) => identity)).toEqual([
      "routing | bypass | *.sendRaw | src/chat.ts#push",
      "routing | bypass | *.flushRaw | src/chat.ts#push",
    ]);
  });

  test("an owner that does nothing is hollow, and nothing is measured", () => {
    const hollow = {
      ...owner,
      "src/router.ts": `export class MessageRouter { route() { return true; } addRoute() {} }\nexport const router = new MessageRouter();`,
    };
    const [report] = audit(hollow).responsibilities;
    expect(report?.members[0]).toMatchObject({ status: "hollow" });
    expect(report?.compliance).toMatchObject({ lower: null, notMeasured: "invalid owner" });
  });

  test("what goes around the owner is a bypass, with the line; where it is allowed it is none", () => {
    const around = {
      "src/chat.ts": `export function push(socket: { sendRaw(text: string): void }) {\n  socket.sendRaw("x");\n}`,
    };
    const [report] = audit({ ...owner, ...around }).responsibilities;
    expect(report?.sites.find(({ verdict }) => verdict === "bypass")).toMatchObject({
      path: "src/chat.ts",
      line: 2,
      caller: "src/chat.ts#push",
    });
    expect(report?.compliance).toMatchObject({ ok: 1, bypass: 1, lower: 0.5, upper: 0.5 });
    const allowed = { primitives: [{ call: "*.sendRaw", allowed: ["src/chat.ts"] }] };
    expect(audit({ ...owner, ...around }, allowed).responsibilities[0]?.compliance).toMatchObject({
      ok: 1,
      bypass: 0,
      lower: 1,
    });
  });

  test("a call that may be the owner's and cannot be told is unknown, which the headline counts against it", () => {
    const guess = { "src/guess.ts": `export function guess(anything: any) { anything.addRoute("a", () => {}); }` };
    expect(audit({ ...owner, ...guess }).responsibilities[0]?.compliance).toMatchObject({
      ok: 1,
      unknown: 1,
      lower: 0.5,
      upper: 1,
    });
  });

  test("a declared adapter that is not proven is a violation with the reason, and so is one whose day is over", () => {
    const rival = {
      "src/rival.ts": `export class EventRouter { readonly table = new Map(); route(type: string) { return this.table.get(type); } }`,
    };
    const adapter = { symbol: "src/rival.ts#EventRouter", reason: "r", owner: "team", until: "2026-01-01" };
    const kinds = audit({ ...owner, ...rival }, { adapters: [adapter] }).responsibilities[0]?.violations.map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(["expired_exception", "unproven_adapter"]);
  });
});

describe("Python: each member is what its code is", () => {
  test.each<[MemberStatus, string, string, string]>([
    ["shim", "app/__init__.py#", "app/__init__.py", "from app.router import MessageRouter\n"],
    [
      "shim",
      "app/compat.py#MessageRouter",
      "app/compat.py",
      "from app.router import MessageRouter as Real\nMessageRouter = Real\n",
    ],
    [
      "masquerade",
      "app/fake.py#MessageRouter",
      "app/fake.py",
      "from app.legacy import LegacyThing\nMessageRouter = LegacyThing\n",
    ],
    [
      "adapter",
      "app/adapter.py#ChatRouter",
      "app/adapter.py",
      "from app.router import get_router\n\nclass ChatRouter:\n    def handle(self, message):\n        return get_router().route('chat', message)\n",
    ],
    [
      "adapter",
      "app/adapter.py#ChatRouter",
      "app/adapter.py",
      "from app.router import MessageRouter\n\nclass ChatRouter:\n    def __init__(self, inner: MessageRouter):\n        self.inner = inner\n    def handle(self, message):\n        return self.inner.route('chat', message)\n",
    ],
    [
      "leaky_adapter",
      "app/adapter.py#ChatRouter",
      "app/adapter.py",
      "from app.router import router\nfrom app.legacy import deliver\n\nclass ChatRouter:\n    def handle(self, message):\n        try:\n            router.route('chat', message)\n        except KeyError:\n            deliver(message)\n",
    ],
    [
      "leaky_adapter",
      "app/adapter.py#ChatRouter",
      "app/adapter.py",
      "from app.router import router\nfrom app.legacy import deliver\n\nclass ChatRouter:\n    def handle(self, message, settings):\n        if settings.use_legacy:\n            deliver(message)\n        router.route('chat', message)\n",
    ],
    [
      "extension",
      "app/sub.py#LoggedRouter",
      "app/sub.py",
      "from app.router import MessageRouter\n\nclass LoggedRouter(MessageRouter):\n    def route(self, kind, message):\n        return super().route(kind, message)\n",
    ],
    [
      "rival",
      "app/sub.py#OwnRouter",
      "app/sub.py",
      "from app.router import MessageRouter\n\nclass OwnRouter(MessageRouter):\n    def route(self, kind, message):\n        return kind + message\n",
    ],
    [
      "dead_rival",
      "app/rival.py#EventRouter",
      "app/rival.py",
      "class EventRouter:\n    def __init__(self):\n        self.table = {}\n    def route(self, kind):\n        return self.table[kind]\n",
    ],
  ])("%s: %s", (status, symbol, path, text) => {
    const legacy = {
      "app/legacy.py":
        "class LegacyThing:\n    def go(self):\n        return 1 + len('x')\n\ndef deliver(text):\n    return text.strip()\n",
    };
    expect(statuses({ ...pythonOwner, ...legacy, [path]: text }, python)[symbol]).toBe(status);
  });

  test("uses are found through factories, aliases and packages", () => {
    const use = {
      "app/__init__.py": "from .router import MessageRouter, router\n",
      "jobs/run.py":
        "import app\nfrom app import MessageRouter as R\n\ndef one():\n    app.router.route('a', 'b')\n\ndef two():\n    r = R()\n    r.route('a', 'b')\n\nclass Job:\n    def __init__(self):\n        self.r = R()\n    def run(self):\n        self.r.route('a', 'b')\n",
    };
    const [report] = audit({ ...pythonOwner, ...use }, python).responsibilities;
    const callers = new Set(report?.sites.filter(({ verdict }) => verdict === "ok").map(({ caller }) => caller));
    for (const caller of ["app/main.py#main", "jobs/run.py#one", "jobs/run.py#two", "jobs/run.py#Job.run"])
      expect([...callers]).toContain(caller);
    expect(report?.compliance).toMatchObject({ bypass: 0, unknown: 0, lower: 1 });
  });
});

describe("gaming does not raise the score", () => {
  const around = {
    "src/chat.ts": `export function push(socket: { sendRaw(text: string): void }) {\n  socket.sendRaw("x");\n}`,
  };
  const score = (files: Files, changes: Partial<Responsibility> = {}, config: Partial<AuditConfig> = {}) =>
    audit(files, changes, config).responsibilities[0]?.compliance.lower ?? -1;
  const honest = score({ ...owner, ...around });

  test.each<[string, Files]>([
    ["a comment that says canonical", { "src/chat.ts": `/** canonical */\n${around["src/chat.ts"]}` }],
    [
      "another name for the primitive's receiver",
      {
        "src/chat.ts": `export function push(s: { sendRaw(text: string): void }) {\n  const t = s;\n  t.sendRaw("x");\n}`,
      },
    ],
    [
      "wrapping it in a class with the owner's name",
      { "src/chat.ts": `export class MessageRouter { push(s: { sendRaw(text: string): void }) { s.sendRaw("x"); } }` },
    ],
    [
      "doing it in a nested function",
      {
        "src/chat.ts": `export function push(s: { sendRaw(text: string): void }) { const go = () => s.sendRaw("x"); go(); }`,
      },
    ],
  ])("%s", (_what, changed) => {
    expect(score({ ...owner, ...around, ...changed })).toBeLessThanOrEqual(honest);
  });

  test("an empty scope, a wrong owner and tests alone give no score", () => {
    expect(score({})).toBe(-1);
    expect(score(owner, { owner: "src/nowhere.ts#MessageRouter" })).toBe(-1);
    expect(score({ "src/router.ts": owner["src/router.ts"], "src/main.test.ts": owner["src/main.ts"] })).toBe(-1);
    expect(audit(owner, { owner: "src/nowhere.ts#X" }).responsibilities[0]?.violations).toMatchObject([
      { kind: "missing_owner" },
    ]);
  });

  test("code in a folder called build is code", () => {
    const moved = { "build/chat.ts": around["src/chat.ts"] };
    expect(score({ ...owner, ...moved })).toBe(honest);
  });
});

test("the same files give the same bytes, in whatever order they come", () => {
  const files = { ...owner, ...pythonOwner };
  const shuffled = Object.fromEntries(Object.entries(files).reverse());
  expect(JSON.stringify(audit(shuffled))).toBe(JSON.stringify(audit(files)));
});

// Both ended the whole check: a class was judged by its bases, which were itself.
describe("bases that lead back", () => {
  const python = { owner: "app/router.py#MessageRouter", primitives: [] };

  test("a class that takes the name of its base is judged by what it imports", () => {
    const files = {
      ...pythonOwner,
      "app/base.py": "class OldRouter:\n    def route(self, kind, message):\n        return run(kind, message)\n",
      "app/old.py": "from app.base import OldRouter\nclass OldRouter(OldRouter):\n    pass\n",
      "app/flask.py": "from flask import FlaskRouter\nclass FlaskRouter(FlaskRouter):\n    pass\n",
      "app/server.py": "from app.old import OldRouter\ndef use():\n    OldRouter().route('a', 'b')\n",
    };
    expect(statuses(files, python)).toMatchObject({
      "app/base.py#OldRouter": "rival",
      "app/old.py#OldRouter": "rival",
      "app/flask.py#FlaskRouter": "unknown",
    });
  });

  test("in a circle they say nothing", () => {
    const files = {
      ...pythonOwner,
      "app/one.py": "from app.two import TwoRouter\nclass OneRouter(TwoRouter):\n    pass\n",
      "app/two.py": "from app.one import OneRouter\nclass TwoRouter(OneRouter):\n    pass\n",
    };
    expect(statuses(files, python)).toMatchObject({
      "app/one.py#OneRouter": "unknown",
      "app/two.py#TwoRouter": "unknown",
    });
  });
});

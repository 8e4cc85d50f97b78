import { expect, test } from "vitest";
import { discoverFacts } from "../check.ts";
import { nothingDeclared } from "../config/audit-config.ts";
import { readFacts } from "../facts/read-facts.ts";
import { noManifests } from "../resolve/manifests.ts";

function titles(files: Readonly<Record<string, string>>, ...words: readonly string[]): string[] {
  const facts = Object.entries(files)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, text]) => readFacts(path, text) ?? []);
  const all = { facts, unparsed: [], skipped: [], cached: 0 };
  const { findings } = discoverFacts(all, nothingDeclared, noManifests, words);
  return findings.map(({ title, confidence }) => `${confidence}: ${title}`);
}

const broadcasts = {
  "app/push.py":
    "def broadcast_to_user(pool, user_id, event):\n    for socket in pool.sockets(user_id):\n        socket.send_frame(event)\n",
  "app/notify.py":
    "class Notifier:\n    def broadcast_user_event(self, user_id, event):\n        frame = self.encoder.encode(event)\n        self.socket.send_frame(frame)\n",
  "app/main.py":
    "from app.push import broadcast_to_user\nfrom app.notify import Notifier\n\ndef main(pool):\n    broadcast_to_user(pool, 'a', {})\n    Notifier().broadcast_user_event('a', {})\n",
};

test("a function and a method that do the same to the same, each by the same rare call", () => {
  expect(titles(broadcasts)).toEqual([
    "medium: Notifier.broadcast_user_event, broadcast_to_user: 2 ways to broadcast user event, each by send_frame",
  ]);
  expect(titles(broadcasts, "user broadcasting")).toHaveLength(1);
  expect(titles(broadcasts, "payment")).toEqual([]);
});

test.each<[string, Readonly<Record<string, string>>]>([
  [
    "one hands on to the other",
    {
      "app/notify.py":
        "from app.push import broadcast_to_user\n\nclass Notifier:\n    def broadcast_user_event(self, user_id, event):\n        broadcast_to_user(self.pool, user_id, event)\n        self.socket.send_frame(event)\n",
    },
  ],
  [
    "each ends in a call of its own",
    {
      "app/notify.py":
        "class Notifier:\n    def broadcast_user_event(self, user_id, event):\n        self.queue.put_event(event)\n",
    },
  ],
  [
    "one is only for tests",
    {
      "tests/test_notify.py": broadcasts["app/notify.py"],
      "app/notify.py": "",
      "app/main.py":
        "from app.push import broadcast_to_user\n\ndef main(pool):\n    broadcast_to_user(pool, 'a', {})\n",
    },
  ],
])("operations are no rivals when %s", (_when, changed) => {
  expect(titles({ ...broadcasts, ...changed })).toEqual([]);
});

const table = (name: string, add: string, call: string, noun: string) => `export class ${name} {
  readonly #table = new Map<string, (value: string) => void>();
  ${add}(kind: string, handler: (value: string) => void) { this.#table.set(kind, handler); }
  ${call}(${noun}: string) { this.#table.get(${noun})?.(${noun}); }
}
`;
const uses = (...names: readonly string[]) =>
  `${names.map((name) => `import { ${name} } from "./${name}.ts";\n`).join("")}export function start() { return [${names.map((name) => `new ${name}()`).join(", ")}]; }\n`;
const tables = {
  "src/Router.ts": table("Router", "addRoute", "routeMessage", "message"),
  "src/Inbox.ts": table("Inbox", "on", "handle", "message"),
  "src/main.ts": uses("Router", "Inbox"),
};

test("classes that keep tables of who handles the same, whatever their methods are called", () => {
  expect(titles(tables)).toEqual(["medium: Inbox, Router: 2 tables of who handles a message"]);
  const third = {
    ...tables,
    "src/Desk.ts": table("Desk", "registerHandler", "processMessage", "message"),
    "src/main.ts": uses("Router", "Inbox", "Desk"),
  };
  expect(titles(third)).toEqual(["high: Desk, Inbox, Router: 3 tables of who handles a message"]);
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["they handle different things", { "src/Inbox.ts": table("Inbox", "on", "handle", "job") }],
  ["nobody uses one of them", { "src/main.ts": uses("Router") }],
  [
    "one is a layer over the other",
    {
      "src/Inbox.ts": `import { Router } from "./Router.ts";\nexport class Inbox {\n  readonly #router = new Router();\n  on(kind: string, handler: (value: string) => void) { this.#router.addRoute(kind, handler); }\n  handle(message: string) { this.#router.routeMessage(message); }\n}\n`,
    },
  ],
  [
    "they are variants of one base",
    {
      "src/Base.ts": "export abstract class Base { abstract handle(message: string): void; }\n",
      "src/Router.ts": `import { Base } from "./Base.ts";\n${tables["src/Router.ts"].replace("class Router", "class Router extends Base")}`,
      "src/Inbox.ts": `import { Base } from "./Base.ts";\n${tables["src/Inbox.ts"].replace("class Inbox", "class Inbox extends Base")}`,
    },
  ],
])("tables are no rivals when %s", (_when, changed) => {
  expect(titles({ ...tables, ...changed })).toEqual([]);
});

test("one class of the same name in each plugin is a convention; in unlike places it is two meanings", () => {
  const editor = (verb: string) =>
    `class SchemaEditor:\n    def create_table(self, model):\n        return '${verb}' + model.name\n\n    def drop_table(self, model):\n        return model.name + '${verb}'\n`;
  const main = (first: string, second: string) =>
    `from ${first} import SchemaEditor\nfrom ${second} import SchemaEditor as Other\n\ndef main():\n    SchemaEditor()\n    Other()\n`;
  const plugins = {
    "app/backends/mysql/schema.py": editor("a"),
    "app/backends/sqlite/schema.py": editor("b"),
    "app/main.py": main("app.backends.mysql.schema", "app.backends.sqlite.schema"),
  };
  expect(titles(plugins)).toEqual([]);
  const apart = {
    "app/backends/mysql/schema.py": editor("a"),
    "app/admin/editing.py": editor("b"),
    "app/main.py": main("app.backends.mysql.schema", "app.admin.editing"),
  };
  expect(titles(apart)).toEqual(["high: SchemaEditor means 2 different things"]);
});

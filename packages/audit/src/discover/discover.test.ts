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

const switches = {
  "app/chat.ts": `export class ChatGateway {
  take(frame: Frame) {
    switch (frame.type) {
      case "user_message": return this.say(frame);
      case "stop_agent": return this.halt(frame);
      case "ping": return this.beat();
    }
  }
  say(frame: Frame) { return frame.text; }
  halt(frame: Frame) { return frame.id; }
  beat() { return 1; }
}
`,
  "app/worker.ts": `import { route } from "./bus.ts";
export class WorkerHub {
  constructor(private readonly bus: Bus) {
    bus.register("user_message", (frame) => this.answer(frame));
    bus.register("stop_agent", (frame) => this.end(frame));
    bus.register("ping", () => 1);
    bus.register("list_threads", () => []);
  }
  answer(frame: Frame) { return [frame]; }
  end(frame: Frame) { return {}; }
}
`,
  "app/main.ts":
    'import { ChatGateway } from "./chat.ts";\nimport { WorkerHub } from "./worker.ts";\nnew ChatGateway().take(read());\nnew WorkerHub(bus());\n',
};

test("two that dispatch on the same words, whatever they and their methods are called", () => {
  expect(titles(switches)).toEqual(["medium: ChatGateway and WorkerHub both dispatch user_message, stop_agent, ping"]);
  const python = {
    "app/main.py":
      "from app.chat import ChatHandler\nfrom app.legacy import route_frame\n\nChatHandler().take({})\nroute_frame({})\n",
    "app/chat.py":
      "class ChatHandler:\n    def take(self, frame):\n        kind = frame['type']\n        if kind == 'user_message':\n            return self.say(frame)\n        elif kind == 'stop_agent':\n            return self.halt(frame)\n        elif kind in ('start_agent', 'agent.resume'):\n            return 2\n    def say(self, frame):\n        return frame\n    def halt(self, frame):\n        return 1\n",
    "app/legacy.py":
      "def route_frame(frame):\n    match frame['type']:\n        case 'user_message' | 'start_agent':\n            return 1\n        case 'stop_agent':\n            return 2\n        case 'agent.resume':\n            return 3\n",
  };
  expect(titles(python)).toEqual([
    "high: ChatHandler and route_frame both dispatch user_message, stop_agent, start_agent, agent.resume",
  ]);
  const dictionary = {
    ...python,
    "app/legacy.py":
      "def route_frame(frame):\n    table = {'user_message': on_message, 'stop_agent': handle_stop, 'start_agent': lambda f: f, 'agent.resume': frame.id}\n    return table[frame['type']](frame)\n",
  };
  expect(titles(dictionary)).toEqual([
    "medium: ChatHandler and route_frame both dispatch user_message, stop_agent, start_agent",
  ]);
});

test("decorators and tables that are filled one by one are registrations as well", () => {
  const decorated = {
    "app/main.py": "import app.handlers\nfrom app.legacy import route_frame\n\nroute_frame({})\n",
    "app/handlers.py":
      "from kit import on\n\n@on('user_message')\ndef say(frame):\n    return frame.id\n\n@on('stop_agent')\ndef halt(frame):\n    return frame.text\n\n@on('start_agent')\ndef start(frame):\n    return frame.name\n",
    "app/legacy.py":
      "def route_frame(frame):\n    match frame['type']:\n        case 'user_message' | 'start_agent':\n            return 1\n        case 'stop_agent':\n            return 2\n",
  };
  expect(titles(decorated)).toEqual([
    "medium: handlers and route_frame both dispatch user_message, stop_agent, start_agent",
  ]);
  const set = {
    ...switches,
    "app/worker.ts":
      'export class InboundConsumer {\n  readonly table = new Map();\n  constructor() {\n    this.table.set("user_message", () => 1);\n    this.table.set("stop_agent", () => 2);\n    this.table.set("ping", () => 3);\n  }\n}\n',
    "app/main.ts":
      'import { ChatGateway } from "./chat.ts";\nimport { InboundConsumer } from "./worker.ts";\nnew ChatGateway().take(read());\nnew InboundConsumer();\n',
  };
  expect(titles(set)).toEqual(["medium: ChatGateway and InboundConsumer both dispatch user_message, stop_agent, ping"]);
});

test("places that decide who somebody is", () => {
  const judge = (name: string) =>
    `import jwt\n\ndef ${name}(token):\n    return jwt.decode(token, KEY, algorithms=['HS256'])\n`;
  const judges = {
    "app/auth/tokens.py": judge("read_token"),
    "app/sockets.py": judge("who_is_it"),
    "app/main.py":
      "from app.auth.tokens import read_token\nfrom app.sockets import who_is_it\n\nread_token('a')\nwho_is_it('b')\n",
  };
  expect(titles(judges)).toEqual(["medium: read_token, who_is_it: 2 places read a token"]);
  expect(titles({ ...judges, "app/sockets.py": "def who_is_it(token):\n    return token.decode('utf-8')\n" })).toEqual(
    [],
  );
});

test("verbs of a line say the same, and a logger that ends in the console is one", () => {
  const senders = {
    "app/push.py":
      "def publish_to_user(pool, user_id, event):\n    for socket in pool.sockets(user_id):\n        socket.send_frame(event)\n",
    "app/notify.py": broadcasts["app/notify.py"],
    "app/main.py": broadcasts["app/main.py"].replaceAll("broadcast_to_user", "publish_to_user"),
  };
  expect(titles(senders)).toEqual([
    "medium: Notifier.broadcast_user_event, publish_to_user: 2 ways to broadcast user event, each by send_frame",
  ]);
  const logger = (name: string) =>
    `export class ${name} {\n  info(text: string) { console.info(text); }\n  warn(text: string) { console.warn(text); }\n  fatal(text: string) { console.error(text); }\n}\n`;
  const loggers = {
    "src/log.ts": logger("Logger"),
    "src/web/logging.ts": logger("AppLogger"),
    "src/main.ts":
      'import { Logger } from "./log.ts";\nimport { AppLogger } from "./web/logging.ts";\nnew Logger();\nnew AppLogger();\n',
  };
  expect(titles(loggers)).toEqual(["high: Logger and AppLogger both do info, warn, fatal"]);
});

test.each<[string, Readonly<Record<string, string>>]>([
  [
    "one imports the other",
    { "app/worker.ts": `import { ChatGateway } from "./chat.ts";\n${switches["app/worker.ts"]}` },
  ],
  [
    "it asks for kinds of values",
    { "app/chat.ts": switches["app/chat.ts"].replace("switch (frame.type)", "switch (typeof frame)") },
  ],
  [
    "the words are everybody's",
    {
      "app/chat.ts": switches["app/chat.ts"].replace("user_message", "message").replace("stop_agent", "stop"),
      "app/worker.ts": switches["app/worker.ts"].replace("user_message", "message").replace("stop_agent", "stop"),
    },
  ],
  [
    "it renders what it is told",
    {
      "app/chat.ts": switches["app/chat.ts"].replace("ChatGateway", "ChatView"),
      "app/main.ts": switches["app/main.ts"].replaceAll("ChatGateway", "ChatView"),
    },
  ],
  ["only two words are the same", { "app/chat.ts": switches["app/chat.ts"].replace('"ping"', '"pong"') }],
])("the same words make no rivals when %s", (_when, changed) => {
  expect(titles({ ...switches, ...changed })).toEqual([]);
});

test("words that many dispatch on are a convention", () => {
  const many = Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [
      `app/plugin${at}.ts`,
      switches["app/chat.ts"].replace("ChatGateway", `Plugin${at}Gateway`),
    ]),
  );
  expect(titles({ ...switches, ...many }).filter((title) => title.includes("dispatch user_message"))).toEqual([]);
});

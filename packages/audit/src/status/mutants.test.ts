/**
 * Code that goes around an owner, changed in the ways in which somebody might hide it: each mutant is still found, and none
 * has a better score. And healthy code, changed in ways that mean nothing: none of it is found.
 */
import { describe, expect, test } from "vitest";
import { checkFacts } from "../check.ts";
import { nothingDeclared, type Responsibility } from "../config/audit-config.ts";
import { readFacts } from "../facts/read-facts.ts";
import type { ResponsibilityReport } from "../report/audit-report.ts";
import { noManifests } from "../resolve/manifests.ts";

type Files = Readonly<Record<string, string>>;

interface Language {
  readonly name: "TypeScript" | "Python";
  readonly healthy: Files;
  readonly responsibility: Partial<Responsibility>;
  /** One file each that goes around the owner, and who uses it. */
  readonly wrongs: Readonly<Record<string, { readonly path: string; readonly text: string; readonly user: Files }>>;
  comment(text: string): string;
}

const typescript: Language = {
  name: "TypeScript",
  comment: (text) => `// ${text}`,
  responsibility: {
    owner: "src/sender.ts#Sender",
    match: { names: ["sender"], methods: ["deliver", "flush"] },
    primitives: [{ call: "*.sendRaw", allowed: [] }],
  },
  healthy: {
    "src/sender.ts": `export class Sender {
  constructor(private readonly socket: { sendRaw(text: string): void }) {}
  deliver(text: string) { this.socket.sendRaw(text); }
  flush(texts: string[]) { for (const text of texts) this.deliver(text); }
}
export function senderFor(socket: { sendRaw(text: string): void }): Sender { return new Sender(socket); }
`,
    "src/main.ts": `import { senderFor } from "./sender.ts";\nexport function main(socket: { sendRaw(text: string): void }) { senderFor(socket).deliver("a"); }\n`,
  },
  wrongs: {
    bypass: {
      path: "src/chat.ts",
      text: `export function push(socket: { sendRaw(text: string): void }, text: string) {\n  socket.sendRaw(text);\n}\n`,
      user: {
        "src/app.ts": `import { push } from "./chat.ts";\nexport const app = (socket: { sendRaw(text: string): void }) => push(socket, "x");\n`,
      },
    },
    rival: {
      path: "src/chat.ts",
      text: `export class EventSender {\n  readonly held: string[] = [];\n  deliver(text: string) { this.held.push(text); }\n  flush(sink: { write(text: string): void }) { for (const text of this.held) sink.write(text); }\n}\n`,
      user: {
        "src/app.ts": `import { EventSender } from "./chat.ts";\nexport function app() { const sender = new EventSender(); sender.deliver("x"); return sender; }\n`,
      },
    },
    leak: {
      path: "src/chat.ts",
      text: `import { senderFor } from "./sender.ts";\nimport { deliverDirect } from "./direct.ts";\nexport class ChatSender {\n  deliver(socket: { sendRaw(text: string): void }, text: string) {\n    try { senderFor(socket).deliver(text); } catch { deliverDirect(text); }\n  }\n}\n`,
      user: {
        "src/direct.ts": `export function deliverDirect(text: string) { return text.length; }\n`,
        "src/app.ts": `import { ChatSender } from "./chat.ts";\nexport function app(socket: { sendRaw(text: string): void }) { new ChatSender().deliver(socket, "x"); }\n`,
      },
    },
    override: {
      path: "src/chat.ts",
      text: `import { Sender } from "./sender.ts";\nexport class QuietSender extends Sender {\n  override deliver(text: string) { console.info(text); }\n}\n`,
      user: {
        "src/app.ts": `import { QuietSender } from "./chat.ts";\nexport const app = (socket: { sendRaw(text: string): void }) => new QuietSender(socket).deliver("x");\n`,
      },
    },
  },
};

const python: Language = {
  name: "Python",
  comment: (text) => `# ${text}`,
  responsibility: {
    owner: "app/sender.py#Sender",
    match: { names: ["sender"], methods: ["deliver", "flush"] },
    primitives: [{ call: "*.send_raw", allowed: [] }],
  },
  healthy: {
    "app/__init__.py": "",
    "app/sender.py": `class Sender:\n    def __init__(self, socket):\n        self.socket = socket\n\n    def deliver(self, text):\n        self.socket.send_raw(text)\n\n    def flush(self, texts):\n        for text in texts:\n            self.deliver(text)\n\n\ndef sender_for(socket) -> Sender:\n    return Sender(socket)\n`,
    "app/main.py": `from app.sender import sender_for\n\n\ndef main(socket):\n    sender_for(socket).deliver("a")\n`,
  },
  wrongs: {
    bypass: {
      path: "app/chat.py",
      text: `def push(socket, text):\n    socket.send_raw(text)\n`,
      user: { "app/use.py": `from app.chat import push\n\n\ndef use(socket):\n    push(socket, "x")\n` },
    },
    rival: {
      path: "app/chat.py",
      text: `class EventSender:\n    def __init__(self):\n        self.held = []\n\n    def deliver(self, text):\n        self.held.append(text)\n\n    def flush(self, sink):\n        for text in self.held:\n            sink.write(text)\n`,
      user: {
        "app/use.py": `from app.chat import EventSender\n\n\ndef use():\n    sender = EventSender()\n    sender.deliver("x")\n`,
      },
    },
    leak: {
      path: "app/chat.py",
      text: `from app.sender import sender_for\nfrom app.direct import deliver_direct\n\n\nclass ChatSender:\n    def deliver(self, socket, text):\n        try:\n            sender_for(socket).deliver(text)\n        except OSError:\n            deliver_direct(text)\n`,
      user: {
        "app/direct.py": `def deliver_direct(text):\n    return len(text)\n`,
        "app/use.py": `from app.chat import ChatSender\n\n\ndef use(socket):\n    ChatSender().deliver(socket, "x")\n`,
      },
    },
    override: {
      path: "app/chat.py",
      text: `from app.sender import Sender\n\n\nclass QuietSender(Sender):\n    def deliver(self, text):\n        print(text.strip())\n`,
      user: {
        "app/use.py": `from app.chat import QuietSender\n\n\ndef use(socket):\n    QuietSender(socket).deliver("x")\n`,
      },
    },
  },
};

function audit(files: Files, changes: Partial<Responsibility>): ResponsibilityReport {
  const facts = Object.entries(files)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, text]) => readFacts(path, text) ?? []);
  for (const { path, error } of facts) expect([path, error]).toEqual([path, undefined]);
  const responsibility: Responsibility = {
    ...{
      id: "sending",
      why: "one way out",
      owner: "",
      canonical: [],
      factories: [],
      match: { names: [], methods: [] },
    },
    ...{ adapters: [], primitives: [], exclude: [], target: 1 },
    ...changes,
  };
  const config = { ...nothingDeclared, responsibilities: [responsibility] };
  const all = { facts, unparsed: [], skipped: [], cached: 0 };
  return checkFacts(all, config, noManifests, "2026-11-23").responsibilities[0] as ResponsibilityReport;
}

/** Renames a word in every file. */
const renamed = (files: Files, from: string, to: string): Files =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, text.replaceAll(new RegExp(`\\b${from}\\b`, "g"), to)]),
  );

/** Moves a file, and says so in everybody's imports. */
function moved(files: Files, from: string, to: string): Files {
  const isPython = from.endsWith(".py");
  const name = (path: string) => (isPython ? path.replace(/\.py$/, "").replaceAll("/", ".") : path);
  const changed = Object.entries(files).map(([path, text]): [string, string] => {
    const place = path === from ? to : path;
    if (isPython) return [place, text.replaceAll(`from ${name(from)} import`, `from ${name(to)} import`)];
    const depth = "../".repeat(to.split("/").length - 1);
    const own = path === from ? text.replaceAll(/from "\.\/([\w-]+)\.ts"/g, `from "${depth}src/$1.ts"`) : text;
    return [place, own.replaceAll(`"./${from.replace("src/", "")}"`, `"../${to}"`)];
  });
  return Object.fromEntries(changed);
}

/** Ways to hide something that mean nothing for what the code does. */
function mutantsOf(language: Language, path: string, files: Files): Readonly<Record<string, Files>> {
  const text = files[path] as string;
  const { comment } = language;
  const isPython = language.name === "Python";
  const folder = isPython ? "app" : "src";
  const ending = isPython ? "py" : "ts";
  const change = (changed: string): Files => ({ ...files, [path]: changed });
  return {
    "as it is": files,
    "a comment says that it is canonical": change(`${comment("canonical owner of sending")}\n${text}`),
    "a comment says that it is an adapter": change(`${text}${comment("adapter: only delegates")}\n`),
    "many empty lines": change(text.replaceAll("\n", "\n\n")),
    "spaces at the ends of lines": change(text.replaceAll("\n", " \n")),
    "lines end as on Windows": change(text.replaceAll("\n", "\r\n")),
    "its variables have other names": renamed(files, "text", "payload"),
    "its receiver has another name": renamed(files, "socket", "s"),
    "its fields have other names": renamed(files, "held", "_q"),
    "the one who uses it has another name": isPython ? renamed(files, "use", "boot") : renamed(files, "app", "boot"),
    "it is moved to a folder called build": moved(files, path, `build/chat.${ending}`),
    "it is moved to a folder called tests": moved(files, path, `tests/chat.${ending}`),
    "it is moved to a folder called scripts": moved(files, path, `scripts/chat.${ending}`),
    "it is moved to a folder called backup": moved(files, path, `backup/chat.${ending}`),
    "it is moved deeper down": moved(files, path, `${folder}/inner/deep/chat.${ending}`),
    "something harmless stands before it": change(
      isPython ? `LIMIT = 3\n\n\n${text}` : `export const limit = 3;\n${text}`,
    ),
    "something harmless stands behind it": change(
      isPython
        ? `${text}\n\ndef helper(value):\n    return value + 1\n`
        : `${text}export function helper(value: number) { return value + 1; }\n`,
    ),
    "another function of its file calls the owner": change(
      isPython
        ? `${text}\n\ndef honest(socket):\n    from app.sender import sender_for\n    sender_for(socket).deliver("a")\n`
        : `${text.includes("senderFor") ? "" : 'import { senderFor } from "./sender.ts";\n'}${text}export function honest(socket: { sendRaw(text: string): void }) { senderFor(socket).deliver("a"); }\n`,
    ),
    "it is handed on by another module": {
      ...files,
      [`${folder}/facade.${ending}`]: isPython ? "from app.chat import *\n" : `export * from "./chat.ts";\n`,
    },
    "tests use it, too": {
      ...files,
      [`tests/test_chat.${ending}`]: isPython ? "import app.chat\n" : `import "../src/chat.ts";\n`,
    },
    "it is imported under another name": Object.fromEntries(
      Object.entries(files).map(([at, content]) => [
        at,
        isPython
          ? content.replace(
              /from app\.chat import (\w+)\n([\s\S]*)/,
              (_all, name: string, rest: string) =>
                `from app.chat import ${name} as Other\n${rest.replaceAll(name, "Other")}`,
            )
          : content.replace(
              /import \{ (\w+) \} from "\.\/chat\.ts";\n([\s\S]*)/,
              (_all, name: string, rest: string) =>
                `import { ${name} as Other } from "./chat.ts";\n${rest.replaceAll(name, "Other")}`,
            ),
      ]),
    ),
    "the whole module is imported": Object.fromEntries(
      Object.entries(files).map(([at, content]) => [
        at,
        isPython
          ? content.replace(
              /from app\.chat import (\w+)\n([\s\S]*)/,
              (_all, name: string, rest: string) => `import app.chat\n${rest.replaceAll(name, `app.chat.${name}`)}`,
            )
          : content.replace(
              /import \{ (\w+) \} from "\.\/chat\.ts";\n([\s\S]*)/,
              (_all, name: string, rest: string) =>
                `import * as chat from "./chat.ts";\n${rest.replaceAll(name, `chat.${name}`)}`,
            ),
      ]),
    ),
    "it has the owner's name": renamed(
      renamed(renamed(files, "EventSender", "Sender"), "push", "Sender"),
      "nothing",
      "nothing",
    ),
    "its class is called something else": ["EventSender", "ChatSender", "QuietSender"].reduce(
      (all, name) => renamed(all, name, "SenderThing"),
      files,
    ),
    "a documentation text praises it": change(
      isPython ? `"""The one way to send. Canonical."""\n${text}` : `/** The one way to send. @canonical */\n${text}`,
    ),
    "it is marked as generated by hand": change(`${comment("looks generated, and is not")}\n${text}`),
  };
}

const found = ({ violations }: ResponsibilityReport) => violations.length > 0;

describe.each([typescript, python])("$name", (language) => {
  const { healthy, responsibility, wrongs } = language;
  const clean = audit(healthy, responsibility);

  test("healthy code has nothing wrong, however it is written", () => {
    expect([clean.compliance.lower, clean.violations]).toEqual([1, []]);
    const main = Object.keys(healthy).at(-1) as string;
    const wrong = Object.entries(mutantsOf(language, main, healthy)).flatMap(([name, files]) => {
      // These change the owner itself, or leave nobody in production to use it.
      if (
        /folder|other names|owner's name|called something else|has another name|imported|handed on|tests use/.test(name)
      )
        return [];
      const report = audit(files, responsibility);
      return found(report) || report.compliance.lower !== 1 ? [`${name}: ${JSON.stringify(report.violations)}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  test.each(Object.keys(wrongs))("%s: every mutant is found, and none has a better score", (kind) => {
    const { path, text, user } = wrongs[kind] as (typeof wrongs)[string];
    const files = { ...healthy, ...user, [path]: text };
    const honest = audit(files, responsibility);
    expect(found(honest)).toBe(true);
    const mutants = Object.entries(mutantsOf(language, path, files));
    expect(mutants.length).toBeGreaterThanOrEqual(26);
    const escaped = mutants.filter(([, mutant]) => !found(audit(mutant, responsibility))).map(([name]) => name);
    expect(escaped).toEqual([]);
    const better = mutants.filter(([name, mutant]) => {
      // One more honest caller is one more, and is no game.
      if (name.startsWith("another function")) return false;
      const { lower } = audit(mutant, responsibility).compliance;
      return (lower ?? 0) > (honest.compliance.lower ?? 0);
    });
    expect(better.map(([name]) => name)).toEqual([]);
  });
});

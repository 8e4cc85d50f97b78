import { type CodeBase, type Files, mutantsOf } from "./mutant.ts";
import { scopeMutants } from "./scope-mutants.ts";

const socket = 'import type { Socket } from "./socket.ts";\n';
const owner = 'import { senderFor } from "./sender.ts";\n';

const healthy: Files = {
  "package.json": '{ "name": "mutants", "main": "src/main.ts" }\n',
  "src/socket.ts": "export interface Socket {\n  sendRaw(text: string): void;\n}\n",
  "src/sender.ts": `${socket}
export class Sender {
  constructor(private readonly socket: Socket) {}
  deliver(text: string): void { this.socket.sendRaw(text); }
  flush(texts: readonly string[]): void { for (const text of texts) this.deliver(text); }
}
export function senderFor(socket: Socket): Sender { return new Sender(socket); }
`,
  "src/chat.ts": `${socket}${owner}
export class ChatSender {
  say(socket: Socket, text: string): void { senderFor(socket).deliver(text); }
}
export function push(socket: Socket, text: string): void { senderFor(socket).deliver(text); }
`,
  "src/empty.ts": "export class Empty {\n  deliver(): void {}\n  flush(): void {}\n}\n",
  "src/main.ts": `${socket}import { ChatSender, push } from "./chat.ts";
import { Empty } from "./empty.ts";
${owner}
export function main(socket: Socket): void {
  senderFor(socket).flush(["a"]);
  new ChatSender().say(socket, "b");
  push(socket, "c");
  new Empty().deliver();
}
`,
};

const chat = (text: string): Files => ({ "src/chat.ts": text });
const chatSender = (rest: string, imports = "") =>
  `${socket}${owner}${imports}export class ChatSender {\n  say(socket: Socket, text: string): void {\n    ${rest}\n  }\n}\n`;
const pushed = (body: string) =>
  chat(
    `${chatSender("senderFor(socket).deliver(text);")}export function push(socket: Socket, text: string): void {\n  ${body}\n}\n`,
  );
/** Keeps `push` as it is, and puts something beside it that does the rest. */
const beside = (text: string): Files => {
  const { "src/chat.ts": chatFile = "" } = pushed("senderFor(socket).deliver(text); other(socket, text);");
  return chat(`${chatFile}${text}\n`);
};
const ends = "export function push(socket: Socket, text: string): void { senderFor(socket).deliver(text); }\n";

/** A sender of its own: `name` and the names of its methods. */
const rival = (name = "EventSender", deliver = "deliver", flush = "flush") => `export class ${name} {
  readonly held: string[] = [];
  ${deliver}(text: string): void { this.held.push(text); }
  ${flush}(sink: { write(text: string): void }): void { for (const text of this.held) sink.write(text); }
}
`;
/** Production uses what `module` gives under `name`. */
const used = (name: string, module: string, method = "deliver"): Files => ({
  "src/app.ts": `import { ${name} } from "./${module}";\nexport function app(): void { new ${name}().${method}("x"); }\n`,
  "src/main.ts": `import { app } from "./app.ts";\n${healthy["src/main.ts"]?.replace("new Empty", "app();\n  new Empty")}`,
});
const withRival = (path: string, text: string, name: string, module: string, method?: string): Files => ({
  ...used(name, module, method),
  [path]: text,
});
const fallback = (body: string, extra: Files = {}): Files => ({
  "src/plain.ts":
    "export function plain(text: string): number { return text.length; }\nexport const deliverLegacy = plain;\n",
  "src/settings.ts": "export const settings = { useNewSender: true, enabled: false };\n",
  ...chat(
    `${chatSender(
      body,
      'import { deliverLegacy, plain } from "./plain.ts";\nimport { settings } from "./settings.ts";\n',
    )}export const used = [deliverLegacy, plain, settings];\n${ends}`,
  ),
  ...extra,
});
const bypassing = pushed("socket.sendRaw(text);");
const rivalFiles = withRival("src/events.ts", rival(), "EventSender", "events.ts");
const moved = (path: string, head = ""): Files => withRival(path, head + rival(), "EventSender", `../${path}`);
const names = { owner: "src/sender.ts#Sender", main: "src/empty.ts#Empty", primitive: "*.sendRaw", folder: "src" };

export const typescript: CodeBase = {
  language: "TypeScript",
  healthy,
  responsibility: {
    ...{ id: "sending", why: "one way out", owner: "src/sender.ts#Sender", factories: ["src/sender.ts#senderFor"] },
    match: { names: ["sender"], methods: ["deliver", "flush"] },
    primitives: [{ call: "*.sendRaw", allowed: [] }],
    exclude: ["src/empty.ts"],
  },
  mutants: [
    ...mutantsOf("rename", {
      ...Object.fromEntries(
        ["Outbox", "Mailer", "Notifier", "Pipe", "X", "SenderImpl", "sender", "SENDER", "Sender2", "HTTPSenderV2"].map(
          (name) => [`the rival is called ${name}`, withRival("src/events.ts", rival(name), name, "events.ts")],
        ),
      ),
      "its methods have other names": withRival(
        "src/events.ts",
        rival("EventSender", "go", "run"),
        "EventSender",
        "events.ts",
        "go",
      ),
      "one of its methods has another name": withRival(
        "src/events.ts",
        rival("EventSender", "deliver", "run"),
        "EventSender",
        "events.ts",
      ),
      "its class and its methods have other names": withRival(
        "src/events.ts",
        rival("Outbox", "go", "run"),
        "Outbox",
        "events.ts",
        "go",
      ),
      "its name ends in Error": withRival("src/events.ts", rival("SenderError"), "SenderError", "events.ts"),
      "the receiver of the primitive is called s": pushed("const s = socket; s.sendRaw(text);"),
    }),
    ...mutantsOf("alias", {
      "the owner's name is bound to a rival": withRival(
        "src/events.ts",
        `${rival()}export const Sender = EventSender;\n`,
        "Sender",
        "events.ts",
      ),
      "the owner's name is exported for a rival": withRival(
        "src/events.ts",
        `${rival("Mailer")}export { Mailer as Sender };\n`,
        "Sender",
        "events.ts",
      ),
      "a rival with other methods is exported as the owner": withRival(
        "src/events.ts",
        `${rival("Mailer", "go", "run")}export { Mailer as Sender };\n`,
        "Sender",
        "events.ts",
        "go",
      ),
      "a rival with other methods is imported as the owner": {
        ...withRival("src/events.ts", rival("Mailer", "go", "run"), "Mailer", "events.ts"),
        "src/app.ts":
          'import { Mailer as Sender } from "./events.ts";\nexport function app(): void { new Sender().go("x"); }\n',
      },
      "the rival is imported under another name": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender as Quiet } from "./events.ts";\nexport function app(): void { new Quiet().deliver("x"); }\n',
      },
      "the rival's module is imported as a whole": {
        ...rivalFiles,
        "src/app.ts":
          'import * as quiet from "./events.ts";\nexport function app(): void { new quiet.EventSender().deliver("x"); }\n',
      },
      "the rival is a class expression": withRival(
        "src/events.ts",
        rival().replace("export class EventSender", "export const EventSender = class"),
        "EventSender",
        "events.ts",
      ),
      "the rival is a value of another name": withRival(
        "src/events.ts",
        `${rival()}export const Quiet = EventSender;\n`,
        "Quiet",
        "events.ts",
      ),
    }),
    ...mutantsOf("re-export", {
      "through an index": {
        ...used("EventSender", "index.ts"),
        "src/index.ts": 'export { EventSender } from "./events.ts";\n',
        "src/events.ts": rival(),
      },
      "with a star": {
        ...used("EventSender", "index.ts"),
        "src/index.ts": 'export * from "./events.ts";\n',
        "src/events.ts": rival(),
      },
      "as the owner": {
        ...used("Sender", "index.ts", "go"),
        "src/index.ts": 'export { Mailer as Sender } from "./events.ts";\n',
        "src/events.ts": rival("Mailer", "go", "run"),
      },
      "as the owner, through two modules": {
        ...used("Sender", "index.ts", "go"),
        "src/index.ts": 'export { Post as Sender } from "./post.ts";\n',
        "src/post.ts": 'export { Mailer as Post } from "./events.ts";\n',
        "src/events.ts": rival("Mailer", "go", "run"),
      },
      "beside the owner": {
        ...used("EventSender", "index.ts"),
        "src/index.ts": 'export { Sender } from "./sender.ts";\nexport { EventSender } from "./events.ts";\n',
        "src/events.ts": rival(),
      },
      "as the default": {
        ...used("EventSender", "events.ts"),
        "src/app.ts": 'import Quiet from "./events.ts";\nexport function app(): void { new Quiet().deliver("x"); }\n',
        "src/events.ts": rival().replace("export class", "export default class"),
      },
    }),
    ...mutantsOf(
      "move",
      Object.fromEntries(
        [
          ...[
            "tests",
            "test",
            "__tests__",
            "spec",
            "e2e",
            "fixtures",
            "testing",
            "scripts",
            "bin",
            "benchmarks",
            "examples",
          ],
          ...[
            "docs",
            "backup",
            "build",
            "dist",
            "out",
            "lib/deep/inside",
            "vendor",
            "generated",
            "src/tests",
            "src/backup",
          ],
        ].map((folder) => [`to ${folder}`, moved(`${folder}/events.ts`)]),
      ),
    ),
    ...mutantsOf("move", {
      "to a file called as a test": moved("src/events.test.ts"),
      "to a file called as a backup": moved("src/events.bak.ts"),
      "to a file that says it is generated": moved("src/events.ts", "// @generated\n"),
      "a bypass, to a folder of tests": {
        "tests/push.ts":
          "export function push(socket: { sendRaw(text: string): void }): void { socket.sendRaw('x'); }\n",
        "src/chat.ts": `${healthy["src/chat.ts"]}export { push as push2 } from "../tests/push.ts";\n`,
      },
    }),
    ...mutantsOf("add a fallback", {
      "when it throws": fallback("try { senderFor(socket).deliver(text); } catch { plain(text); }"),
      "when it throws, with the error looked at": fallback(
        "try { senderFor(socket).deliver(text); } catch (error) { if (error instanceof Error) plain(text); }",
      ),
      "when it throws, and then throws": fallback(
        "try { senderFor(socket).deliver(text); } catch (error) { plain(text); throw error; }",
      ),
      "when its promise fails": fallback("Promise.resolve(senderFor(socket).deliver(text)).catch(() => plain(text));"),
      "when its promise fails, by then": fallback(
        "Promise.resolve(senderFor(socket).deliver(text)).then(undefined, () => plain(text));",
      ),
      "when its promise fails, by name": fallback(
        "Promise.resolve(text).then((t) => senderFor(socket).deliver(t)).catch(plain as never);",
      ),
      "when it throws, to the socket": fallback(
        "try { senderFor(socket).deliver(text); } catch { socket.sendRaw(text); }",
      ),
      "behind a setting": fallback("if (settings.useNewSender) senderFor(socket).deliver(text); else plain(text);"),
      "behind a setting, and back": fallback(
        "if (!settings.enabled) { plain(text); return; } senderFor(socket).deliver(text);",
      ),
      "behind the environment": fallback(
        'if (process.env.OLD === "1") plain(text); else senderFor(socket).deliver(text);',
      ),
      "behind a condition of an expression": fallback(
        "settings.enabled ? plain(text) : senderFor(socket).deliver(text);",
      ),
      "behind and": fallback("settings.enabled && plain(text); senderFor(socket).deliver(text);"),
      "by a name that says so": fallback("deliverLegacy(text); senderFor(socket).deliver(text);"),
      "in a private method": {
        ...fallback(""),
        ...chat(`${socket}${owner}import { plain } from "./plain.ts";
export class ChatSender {
  say(socket: Socket, text: string): void { this.#go(socket, text); }
  #go(socket: Socket, text: string): void { try { senderFor(socket).deliver(text); } catch { plain(text); } }
}
${ends}`),
      },
      "a loop that tries again": fallback("for (let at = 0; at < 3; at += 1) senderFor(socket).deliver(text);"),
      "a queue of its own": {
        ...fallback(""),
        ...chat(`${socket}${owner}export class ChatSender {
  readonly waiting: string[] = [];
  say(socket: Socket, text: string): void { this.waiting.push(text); senderFor(socket).deliver(text); }
}
${ends}`),
      },
      "a queue of its module": {
        ...fallback(""),
        ...chat(`${socket}${owner}const waiting: string[] = [];
export class ChatSender {
  say(socket: Socket, text: string): void { waiting.push(text); senderFor(socket).deliver(text); }
}
${ends}`),
      },
      "a second sender": fallback("senderFor(socket).deliver(text); socket.sendRaw(text);"),
      "when nothing comes back": fallback(
        "if ((senderFor(socket).deliver(text) as unknown) === undefined) plain(text);",
      ),
    }),
    ...mutantsOf("inline the logic", {
      "in a function": bypassing,
      "in a method": chat(chatSender("socket.sendRaw(text);") + ends),
      "in an arrow function": beside("const other = (socket: Socket, text: string) => socket.sendRaw(text);"),
      "in an asynchronous function": beside(
        "async function other(socket: Socket, text: string): Promise<void> { await socket.sendRaw(text); }",
      ),
      "in a nested function": pushed("const go = () => { const deep = () => socket.sendRaw(text); deep(); }; go();"),
      "in a callback": pushed("setTimeout(() => socket.sendRaw(text), 1);"),
      "in a loop": pushed("for (const part of text) socket.sendRaw(part);"),
      "in a handler": pushed("try { JSON.parse(text); } catch { socket.sendRaw(text); }"),
      "in a getter": beside(
        "function other(socket: Socket, text: string) { return { get now() { return socket.sendRaw(text); } }.now; }",
      ),
      "in an object": beside(
        "const senders = { now: (socket: Socket, text: string) => socket.sendRaw(text) };\nfunction other(socket: Socket, text: string) { senders.now(socket, text); }",
      ),
      "in a static method": beside(
        "class Other { static now(socket: Socket, text: string) { socket.sendRaw(text); } }\nfunction other(socket: Socket, text: string) { Other.now(socket, text); }",
      ),
      "in a field": beside(
        "class Other { now = (socket: Socket, text: string) => socket.sendRaw(text); }\nfunction other(socket: Socket, text: string) { new Other().now(socket, text); }",
      ),
      "in a subclass of the owner": {
        ...chat(
          `${socket}import { Sender, senderFor } from "./sender.ts";\nexport class ChatSender extends Sender { say(socket: Socket, text: string): void { socket.sendRaw(text); } }\n${ends}`,
        ),
        "src/main.ts": healthy["src/main.ts"]?.replace("new ChatSender()", "new ChatSender(socket)") ?? "",
      },
      "in a subclass that overrides": {
        ...chat(
          `import { Sender, senderFor } from "./sender.ts";\n${socket}export class ChatSender extends Sender { override deliver(text: string): void { console.info(text); } say(socket: Socket, text: string): void { senderFor(socket).deliver(text); } }\n${ends}`,
        ),
        "src/main.ts": healthy["src/main.ts"]?.replace("new ChatSender()", "new ChatSender(socket)") ?? "",
      },
      "when the module is loaded": {
        ...pushed("senderFor(socket).deliver(text);"),
        "src/boot.ts":
          "declare const sockets: { sendRaw(text: string): void }[];\nfor (const each of sockets) each.sendRaw('x');\n",
        "src/main.ts": `import "./boot.ts";\n${healthy["src/main.ts"]}`,
      },
    }),
    ...mutantsOf("take the primitive as a value", {
      "in a constant": pushed("const send = socket.sendRaw; send(text);"),
      "by a text": pushed('socket["sendRaw"](text);'),
      "by a template": pushed("socket[`sendRaw`](text);"),
      "out of the socket": pushed("const { sendRaw } = socket; sendRaw(text);"),
      "out of the socket, with another name": pushed("const { sendRaw: go } = socket; go(text);"),
      "out of the socket, later": pushed("let go; ({ sendRaw: go } = socket); go(text);"),
      bound: pushed("const send = socket.sendRaw.bind(socket); send(text);"),
      "bound and called": pushed("socket.sendRaw.bind(socket)(text);"),
      "with call": pushed("socket.sendRaw.call(socket, text);"),
      "with apply": pushed("socket.sendRaw.apply(socket, [text]);"),
      "with Reflect": pushed("Reflect.apply(socket.sendRaw, socket, [text]);"),
      "as a callback": pushed("[text].forEach(socket.sendRaw, socket);"),
      "as a callback of a promise": pushed("void Promise.resolve(text).then(socket.sendRaw);"),
      "with an optional call": pushed("socket?.sendRaw?.(text);"),
      "with a cast": pushed("(socket as unknown as { sendRaw(text: string): void }).sendRaw(text);"),
      "with a comma": pushed("(0, socket.sendRaw)(text);"),
      "of another name for the socket": pushed("const quiet = socket; quiet.sendRaw(text);"),
      "of a copy": pushed("const copy = { ...socket }; copy.sendRaw(text);"),
      "in a list": pushed("const [send] = [socket.sendRaw]; send?.(text);"),
      "in an object": pushed("const ways = { now: socket.sendRaw }; ways.now(text);"),
      "from a function that gives it": beside(
        "const way = (socket: Socket) => socket.sendRaw;\nfunction other(socket: Socket, text: string) { way(socket)(text); }",
      ),
      "by the prototype": pushed("Object.getPrototypeOf(socket).sendRaw.call(socket, text);"),
      "by a computed member of a typed socket": pushed("const way = 'sendRaw' as const; socket[way](text);"),
      "by two texts": pushed('(socket as never as Record<string, (text: string) => void>)["send" + "Raw"]?.(text);'),
      "in a pattern of a parameter": beside("function other({ sendRaw }: Socket, text: string) { sendRaw(text); }"),
    }),
    ...mutantsOf("dynamic import", {
      "of the rival": {
        ...rivalFiles,
        "src/app.ts":
          'export async function app(): Promise<void> { const { EventSender } = await import("./events.ts"); new EventSender().deliver("x"); }\n',
      },
      "of the rival's module": {
        ...rivalFiles,
        "src/app.ts":
          'export async function app(): Promise<void> { const all = await import("./events.ts"); new all.EventSender().deliver("x"); }\n',
      },
      "of the rival, by a name that is computed": {
        ...rivalFiles,
        "src/app.ts":
          'export async function app(): Promise<void> { const all = await import(["./events", "ts"].join(".")); new all.EventSender().deliver("x"); }\n',
      },
      "of the rival, by require": {
        ...rivalFiles,
        "src/app.ts":
          'export function app(): void { const { EventSender } = require("./events.ts"); new EventSender().deliver("x"); }\n',
      },
      "of a function with the primitive": {
        "src/other.ts": `${socket}export function other(socket: Socket) { socket.sendRaw("x"); }\n`,
        ...pushed('senderFor(socket).deliver(text); void import("./other.ts").then((all) => all.other(socket));'),
      },
      "a computed member of the owner": pushed(
        'const sender = senderFor(socket); const way = text as "deliver"; sender[way](text);',
      ),
      "a computed member of the owner, at once": pushed('senderFor(socket)[text as "deliver"](text);'),
    }),
    ...mutantsOf("wrap", {
      "the rival in a function": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender } from "./events.ts";\nconst made = () => new EventSender();\nexport function app(): void { made().deliver("x"); }\n',
      },
      "the rival in a class": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender } from "./events.ts";\nclass Post { readonly inner = new EventSender(); go(text: string) { this.inner.deliver(text); } }\nexport function app(): void { new Post().go("x"); }\n',
      },
      "the rival in a subclass": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender } from "./events.ts";\nclass Post extends EventSender {}\nexport function app(): void { new Post().deliver("x"); }\n',
      },
      "the rival in a singleton": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender } from "./events.ts";\nconst post = new EventSender();\nexport function app(): void { post.deliver("x"); }\n',
      },
      "the rival in a proxy": {
        ...rivalFiles,
        "src/app.ts":
          'import { EventSender } from "./events.ts";\nconst post = new Proxy(new EventSender(), {});\nexport function app(): void { post.deliver("x"); }\n',
      },
      "the rival in a class that also holds the owner": {
        ...rivalFiles,
        "src/app.ts": `${owner}${socket}import { EventSender } from "./events.ts";\nexport class AppSender { readonly inner = new EventSender(); say(socket: Socket, text: string) { senderFor(socket).deliver(text); } quiet(text: string) { this.inner.deliver(text); } }\nexport function app(): void { new AppSender().quiet("x"); }\n`,
      },
      "the primitive in a function": beside(
        "function write(socket: Socket, text: string) { socket.sendRaw(text); }\nfunction other(socket: Socket, text: string) { write(socket, text); }",
      ),
      "the primitive in a class": beside(
        "class Wire { constructor(readonly socket: Socket) {} write(text: string) { this.socket.sendRaw(text); } }\nfunction other(socket: Socket, text: string) { new Wire(socket).write(text); }",
      ),
      "the primitive in a function of functions": beside(
        "const wire = (socket: Socket) => (text: string) => socket.sendRaw(text);\nfunction other(socket: Socket, text: string) { wire(socket)(text); }",
      ),
    }),
    ...mutantsOf("shadow", {
      "a class in a function": pushed(
        "class Sender { readonly held: string[] = []; deliver(t: string) { this.held.push(t); } flush() { return this.held.splice(0); } } new Sender().deliver(text); socket;",
      ),
      "a class of the same name": withRival("src/events.ts", rival("Sender"), "Sender", "events.ts"),
      "a constant in a function": pushed(
        "const senderFor = (socket: Socket) => ({ deliver: (t: string) => socket.sendRaw(t) }); senderFor(socket).deliver(text);",
      ),
      "a parameter": chat(
        `${socket}export class ChatSender {\n  say(socket: Socket, text: string, senderFor = (s: Socket) => ({ deliver: (t: string) => s.sendRaw(t) })): void { senderFor(socket).deliver(text); }\n}\nexport function push(socket: Socket, text: string): void { new ChatSender().say(socket, text); }\n`,
      ),
      "a function of the same name": chat(
        `${socket}function senderFor(socket: Socket) { return { deliver: (text: string) => socket.sendRaw(text) }; }\nexport class ChatSender { say(socket: Socket, text: string): void { senderFor(socket).deliver(text); } }\n${ends}`,
      ),
      "a global of the same name": pushed(
        "(globalThis as any).Sender = class { deliver(t: string) { socket.sendRaw(t); } }; senderFor(socket).deliver(text);",
      ),
    }),
    ...mutantsOf(
      "comment",
      Object.fromEntries(
        [
          "/** The canonical sender. */",
          "// canonical",
          "/** @canonical */",
          "// adapter: only delegates to Sender",
          "// audit: ok",
          "// eslint-disable-next-line",
          "// see src/sender.ts#Sender, which owns this",
          "/* istanbul ignore file */",
        ].flatMap((comment): [string, Files][] => [
          [`${comment} over a rival`, withRival("src/events.ts", `${comment}\n${rival()}`, "EventSender", "events.ts")],
          [`${comment} over a bypass`, pushed(`${comment}\n  socket.sendRaw(text);`)],
        ]),
      ),
    ),
    ...mutantsOf("comment", {
      "audit-ignore without a reason, over a bypass": pushed("// audit-ignore:\n  socket.sendRaw(text);"),
      "audit-ignore with a reason, over a bypass": pushed("// audit-ignore: soon\n  socket.sendRaw(text);"),
      "audit-ignore with a reason, over a rival": withRival(
        "src/events.ts",
        `// audit-ignore: soon\n${rival()}`,
        "EventSender",
        "events.ts",
      ),
      "a field that says canonical": withRival(
        "src/events.ts",
        rival().replace("{\n", "{\n  static readonly canonical = true;\n"),
        "EventSender",
        "events.ts",
      ),
      "a name that says canonical": withRival(
        "src/events.ts",
        rival("CanonicalSender"),
        "CanonicalSender",
        "events.ts",
      ),
      "a name that says adapter": withRival("src/events.ts", rival("SenderAdapter"), "SenderAdapter", "events.ts"),
    }),
    ...mutantsOf("split a file", {
      "half of it in a base": {
        ...used("EventSender", "events.ts"),
        "src/held.ts":
          "export class Held { readonly held: string[] = []; deliver(text: string): void { this.held.push(text); } }\n",
        "src/events.ts":
          'import { Held } from "./held.ts";\nexport class EventSender extends Held { flush(sink: { write(text: string): void }): void { for (const text of this.held) sink.write(text); } }\n',
      },
      "all of it in a base": {
        ...used("EventSender", "events.ts"),
        "src/held.ts": rival("Held"),
        "src/events.ts": 'import { Held } from "./held.ts";\nexport class EventSender extends Held {}\n',
      },
      "its methods in functions of another file": {
        ...used("EventSender", "events.ts"),
        "src/held.ts":
          "export const hold = (all: string[], text: string) => all.push(text);\nexport const write = (all: string[], sink: (text: string) => void) => all.forEach((text) => sink(text));\n",
        "src/events.ts":
          'import { hold, write } from "./held.ts";\nexport class EventSender { readonly all: string[] = []; deliver(text: string) { hold(this.all, text); } flush(sink: (text: string) => void) { write(this.all, sink); } }\n',
      },
      "its methods mixed in": {
        ...used("EventSender", "events.ts"),
        "src/held.ts":
          "export const Held = <T extends new (...all: any[]) => object>(Base: T) => class extends Base { readonly held: string[] = []; deliver(text: string) { this.held.push(text); } flush() { return this.held.splice(0); } };\n",
        "src/events.ts": 'import { Held } from "./held.ts";\nexport class EventSender extends Held(Object) {}\n',
      },
      "one method in each of two files": {
        ...used("EventSender", "events.ts"),
        "src/flusher.ts":
          "export class SenderFlush { flush(all: string[], sink: (text: string) => void) { for (const text of all) sink(text); } }\n",
        "src/events.ts":
          'import { SenderFlush } from "./flusher.ts";\nexport class EventSender { readonly all: string[] = []; deliver(text: string) { this.all.push(text); new SenderFlush().flush(this.all, console.info); } }\n',
      },
      "a bypass, half in another file": {
        ...pushed("senderFor(socket).deliver(text); write(socket.sendRaw, text);"),
        "src/chat.ts": `import { write } from "./write.ts";\n${pushed("senderFor(socket).deliver(text); write(socket.sendRaw, text);")["src/chat.ts"]}`,
        "src/write.ts": "export const write = (way: (text: string) => void, text: string) => way(text);\n",
      },
    }),
    ...scopeMutants("a bypass", bypassing, { ...names, path: "src/chat.ts", symbol: "src/chat.ts#push" }),
    ...scopeMutants("a rival", rivalFiles, { ...names, path: "src/events.ts", symbol: "src/events.ts#EventSender" }),
  ],
  harmless: {
    "what the fallbacks stand beside": fallback("senderFor(socket).deliver(text);"),
    "what the bypasses stand beside": beside(
      "function other(socket: Socket, text: string) { senderFor(socket).deliver(text); }",
    ),
    "a comment": { "src/chat.ts": `// a comment\n${healthy["src/chat.ts"]}` },
    "empty lines": { "src/chat.ts": healthy["src/chat.ts"]?.replaceAll("\n", "\n\n") ?? "" },
    "lines that end as on Windows": { "src/chat.ts": healthy["src/chat.ts"]?.replaceAll("\n", "\r\n") ?? "" },
    "other names for parameters": { "src/chat.ts": healthy["src/chat.ts"]?.replaceAll("text", "line") ?? "" },
    "a failure that is logged and thrown on": chat(
      chatSender("try { senderFor(socket).deliver(text); } catch (error) { console.error(error); throw error; }") +
        ends,
    ),
    "a failure that is told in other words": chat(
      chatSender("try { senderFor(socket).deliver(text); } catch (cause) { throw new RangeError(`no`, { cause }); }") +
        ends,
    ),
    "what is not sent when there is nothing": chat(
      chatSender('if (text === "") return; senderFor(socket).deliver(text);') + ends,
    ),
    "a private method": chat(
      `${socket}${owner}export class ChatSender {\n  say(socket: Socket, text: string): void { this.#go(socket, text.trim()); }\n  #go(socket: Socket, text: string): void { senderFor(socket).deliver(text); }\n}\n${ends}`,
    ),
    "another name for an import": chat(
      (healthy["src/chat.ts"] ?? "")
        .replace("import { senderFor }", "import { senderFor as made }")
        .replaceAll("senderFor(socket)", "made(socket)"),
    ),
    "a module that hands the owner on": {
      "src/index.ts": 'export { Sender, senderFor } from "./sender.ts";\n',
      ...chat((healthy["src/chat.ts"] ?? "").replace("./sender.ts", "./index.ts")),
    },
    "a file that has nothing to do with it": {
      "src/sum.ts":
        "export function sum(all: readonly number[]): number { let total = 0; for (const each of all) total += each; return total; }\n",
    },
    "an error about it": {
      "src/error.ts": "export class SenderError extends Error { title(): string { return this.message.trim(); } }\n",
    },
    "a double in tests": { "tests/fake.ts": rival("FakeSender") },
    "a list that is joined": chat(
      chatSender('senderFor(socket).deliver(text.split(" ").map((word) => word.trim()).join(" "));') + ends,
    ),
    "another file of tests": {
      "tests/push.test.ts": 'import { push } from "../src/chat.ts";\npush({ sendRaw: () => {} }, "x");\n',
    },
  },
  escapes: {
    "rename: its class and its methods have other names":
      "with other names for everything, nothing is left to know it by; `discover` may",
    "add a fallback: when its promise fails, by name":
      "a name that is handed to `catch` is mostly `next`, `reject` or a logger",
    "add a fallback: when nothing comes back": "an ordinary branch: results are not followed",
    "take the primitive as a value: in a pattern of a parameter":
      "patterns of parameters have no value that could be named",
  },
};

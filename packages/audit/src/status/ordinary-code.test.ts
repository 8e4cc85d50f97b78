/** How applications are written: each case was judged wrongly once. */
import { describe, expect, test } from "vitest";
import { checkFacts } from "../check.ts";
import { nothingDeclared, type Primitive, type Responsibility } from "../config/audit-config.ts";
import { readFacts } from "../facts/read-facts.ts";
import type { MemberStatus, ResponsibilityReport } from "../report/audit-report.ts";
import { noManifests } from "../resolve/manifests.ts";

type Files = Readonly<Record<string, string>>;

const mails: Omit<Responsibility, "owner"> = {
  ...{ id: "mails", why: "one sender", canonical: [], factories: [], adapters: [], exclude: [], target: 1 },
  match: { names: ["notifier"], methods: [] },
  primitives: [],
};
const pythonOwner = {
  "app/core.py":
    "class Mailer:\n    def __init__(self, client):\n        self.client = client\n    def send_mail(self, user, text):\n        return self.client.push(user, text)\n    def rows(self): ...\n\nmailer = Mailer(None)\n\ndef get_mailer() -> Mailer:\n    return mailer\n",
  "app/raw.py":
    "class RawClient:\n    def transmit_frame(self, text):\n        return text + '.'\n\ndef push(text):\n    return text + '!'\n\nraw = RawClient()\n",
};
const typescriptOwner = {
  "src/core.ts":
    "export class Mailer {\n  constructor(private readonly client: unknown) {}\n  sendMail(user: string, text: string) { return (this.client as any).push(user, text); }\n  rows(): void {}\n}\nexport const mailer = new Mailer(null);\nexport function getMailer(): Mailer { return mailer; }\n",
  "src/raw.ts":
    "export class RawClient {\n  transmitFrame(text: string) { return text.trim(); }\n}\nexport const raw = new RawClient();\n",
};

function report(files: Files, changes: Partial<Responsibility> = {}): ResponsibilityReport {
  const isPython = Object.keys(files).some((path) => path.endsWith(".py"));
  const owner = isPython ? "app/core.py#Mailer" : "src/core.ts#Mailer";
  const facts = Object.entries({ ...(isPython ? pythonOwner : typescriptOwner), ...files })
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, text]) => readFacts(path, text) ?? []);
  const all = { facts, unparsed: [], skipped: [], cached: 0 };
  const config = { ...nothingDeclared, responsibilities: [{ ...mails, owner, ...changes }] };
  return checkFacts(all, config, noManifests, "2026-11-23").responsibilities[0] as ResponsibilityReport;
}

function statusOf(files: Files, name: string): MemberStatus | undefined {
  return report(files).members.find(({ symbol }) => symbol.endsWith(`#${name}`))?.status;
}

const only = (...calls: readonly string[]): { primitives: Primitive[] } => ({
  primitives: calls.map((call) => ({ call, allowed: [] })),
});
const rawPython = only("app/raw.py#RawClient.transmit_frame", "app/raw.py#push");
const rawTypeScript = only("src/raw.ts#RawClient.transmitFrame");
const redis = only("redis#Redis.publish", "httpx#AsyncClient.post", "requests#post");

describe("whoever goes around the owner is seen", () => {
  test.each<[string, string, Partial<Responsibility>, number, number]>([
    [
      "what a constructor of somebody else gave",
      "import redis\ndef bad():\n    r = redis.Redis(host='x')\n    r.publish('a', 'b')\n",
      redis,
      1,
      0,
    ],
    [
      "that in a module",
      "import redis\nclient = redis.Redis()\ndef bad():\n    client.publish('a', 'b')\n",
      redis,
      1,
      0,
    ],
    [
      "that in a field",
      "from redis import Redis\nclass A:\n    def __init__(self):\n        self.r = Redis()\n    def bad(self):\n        self.r.publish('a', 'b')\n",
      redis,
      1,
      0,
    ],
    [
      "what is opened",
      "import httpx\nasync def bad():\n    async with httpx.AsyncClient() as c:\n        await c.post('u')\n",
      redis,
      1,
      0,
    ],
    [
      "an optional module",
      "try:\n    import requests\nexcept ImportError:\n    requests = None\ndef bad():\n    requests.post('u')\n",
      redis,
      1,
      0,
    ],
    [
      "an optional function of ours",
      "try:\n    from app.raw import push\nexcept ImportError:\n    push = None\ndef bad():\n    push('u')\n",
      rawPython,
      1,
      0,
    ],
    ["nobody says what it is", "def bad(client):\n    client.transmit_frame('x')\n", rawPython, 0, 1],
    [
      "a computed name of what a module has",
      "from app.raw import raw\ndef bad(name):\n    getattr(raw, name)('x')\n",
      rawPython,
      0,
      1,
    ],
    [
      "a factory that does not say what it makes",
      "from app.raw import RawClient\ndef make():\n    return RawClient()\ndef bad():\n    make().transmit_frame('x')\n",
      rawPython,
      1,
      0,
    ],
    [
      "what a framework injects",
      "from fastapi import Depends\nfrom app.raw import RawClient\ndef make() -> RawClient:\n    return RawClient()\ndef bad(raw=Depends(make)):\n    raw.transmit_frame('x')\n",
      rawPython,
      1,
      0,
    ],
    [
      "a name for what is injected",
      "from typing import Annotated\nfrom fastapi import Depends\nfrom app.raw import RawClient\nRawDep = Annotated[RawClient, Depends(make)]\ndef bad(raw: RawDep):\n    raw.transmit_frame('x')\n",
      rawPython,
      1,
      0,
    ],
    [
      "something of a framework keeps it",
      "from fastapi import Request\ndef bad(request: Request):\n    request.app.state.raw.transmit_frame('x')\n",
      rawPython,
      0,
      1,
    ],
    [
      "a property",
      "from app.raw import RawClient\nclass A:\n    @property\n    def raw(self) -> RawClient:\n        return self._raw\n    def bad(self):\n        self.raw.transmit_frame('x')\n",
      rawPython,
      1,
      0,
    ],
  ])("Python: %s", (_name, text, primitives, bypass, unknown) => {
    expect(report({ "app/main.py": text }, primitives).compliance).toMatchObject({ bypass, unknown });
  });

  test.each<[string, string, number, number]>([
    [
      "a part of typed props",
      'interface Props { client: RawClient }\nexport function Bad({ client }: Props) { client.transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "a part of a type without a name",
      'export function bad({ client }: { client: RawClient }) { client.transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "a method that is taken out of it",
      'export function bad({ transmitFrame }: RawClient) { transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "another name of its type",
      'type Wire = RawClient;\nexport function bad(wire: Wire) { wire.transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "a type that has more",
      'type Wire = RawClient & { id: string };\nexport function bad(wire: Wire) { wire.transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "a factory that does not say what it makes",
      'const make = () => new RawClient();\nexport function bad() { make().transmitFrame("x"); }',
      1,
      0,
    ],
    [
      "a getter",
      'class A { get wire(): RawClient { return raw; }\n  bad() { this.wire.transmitFrame("x"); } }\nnew A().bad();',
      1,
      0,
    ],
    ["nobody says what it is", 'export function bad(wire) { wire.transmitFrame("x"); }', 0, 1],
    ["a computed name of what a module has", "export function bad(name) { raw[name]('x'); }", 0, 1],
  ])("TypeScript: %s", (_name, text, bypass, unknown) => {
    const files = { "src/main.ts": `import { RawClient, raw } from "./raw.ts";\n${text}\n` };
    expect(report(files, rawTypeScript).compliance).toMatchObject({ bypass, unknown });
  });

  test("what the language has without an import", () => {
    const files = {
      "src/main.ts": "export function bad() { setTimeout(() => {}, 1); }\nexport class A { bad() { fetch('a'); } }\n",
    };
    const { compliance, unusedPrimitives } = report(files, only("setTimeout", "fetch"));
    expect([compliance.bypass, unusedPrimitives]).toEqual([2, []]);
    const python = { "app/main.py": "def bad(path):\n    return open(path)\n" };
    expect(report(python, only("open")).compliance.bypass).toBe(1);
  });

  test("who constructs and who is given one are the same for a name of somebody else, with and without `node:`", () => {
    const files = {
      "src/main.ts": 'import { writeFileSync } from "fs";\nexport function bad() { writeFileSync("a", "b"); }\n',
    };
    expect(report(files, only("node:fs#writeFileSync")).compliance.bypass).toBe(1);
  });
});

describe("what has a way of its own is no adapter", () => {
  const body = (text: string) =>
    `import smtplib\nfrom app.core import Mailer, mailer\nclass AppNotifier:\n    def notify(self, user, text):\n${text.replace(/^/gm, "        ")}\n`;
  test.each<[string, string]>([
    [
      "it goes on beside the owner",
      "if user.tenant == 'new':\n    return mailer.send_mail(user, text)\nsmtplib.SMTP('x').sendmail('a', user, text)",
    ],
    [
      "the owner is never reached",
      "if False:\n    mailer.send_mail(user, text)\nsmtplib.SMTP('x').sendmail('a', user, text)",
    ],
    ["the owner is only made", "Mailer(None)\nsmtplib.SMTP('x').sendmail('a', user, text)"],
    [
      "something called error sends, when the owner fails",
      "try:\n    mailer.send_mail(user, text)\nexcept Exception:\n    self.error.sendmail(user, text)",
    ],
  ])("%s", (_name, text) => {
    expect(statusOf({ "app/main.py": body(text) }, "AppNotifier")).toBe("leaky_adapter");
  });

  const subclass = (text: string) =>
    `import boto3\nfrom app.core import Mailer\nclass Ses:\n    def send_mail(self, user, text):\n        return boto3.client('ses').send(text)\n${text}\n`;
  test.each<[string, string]>([
    [
      "a subclass that goes on beside its base",
      "class OwnMailer(Mailer):\n    def send_mail(self, user, text):\n        if user.old:\n            return super().send_mail(user, text)\n        boto3.client('ses').send(text)",
    ],
    ["a subclass with a base before the owner", "class OwnMailer(Ses, Mailer):\n    pass"],
  ])("%s", (_name, text) => {
    expect(statusOf({ "app/main.py": subclass(text) }, "OwnMailer")).toBe("rival");
  });
});

describe("healthy code stays healthy", () => {
  const adapter = (inside: string) =>
    `import asyncio\nimport sentry_sdk\nfrom functools import cached_property\nfrom app.core import Mailer, get_mailer, mailer\nclass AppNotifier:\n${inside.replace(/^/gm, "    ")}\n`;
  test.each<[string, string]>([
    [
      "a property gives the owner",
      "@property\ndef mailer(self) -> Mailer:\n    return get_mailer()\ndef notify(self, user):\n    self.mailer.send_mail(user, 'a')",
    ],
    [
      "so does a kept one",
      "@cached_property\ndef mailer(self) -> Mailer:\n    return get_mailer()\ndef notify(self, user):\n    self.mailer.send_mail(user, 'a')",
    ],
    [
      "another thread calls it",
      "async def notify(self, user):\n    await asyncio.to_thread(mailer.send_mail, user, 'a')",
    ],
    [
      "it makes itself",
      "@classmethod\ndef create(cls):\n    return cls()\ndef notify(self, user):\n    mailer.send_mail(user, 'a')",
    ],
    [
      "it has constants",
      "name = 'app'\ntimeout: int = 30\n__slots__ = ('a',)\ndef notify(self, user):\n    mailer.send_mail(user, self.name)",
    ],
    [
      "it tells of a failure",
      "def notify(self, user):\n    try:\n        mailer.send_mail(user, 'a')\n    except Exception as error:\n        sentry_sdk.capture_exception(error)\n        raise map_error(error)",
    ],
    [
      "names have parts of words in them",
      "def notify(self, user):\n    self.hold_lock()\n    threshold_check(user)\n    get_directory(user)\n    mailer.send_mail(user, 'a')\ndef hold_lock(self):\n    mailer.send_mail('a', 'b')",
    ],
    [
      "a flag asks for another form",
      "def notify(self, user):\n    n = user.n\n    if settings.round:\n        n = int(n)\n    mailer.send_mail(user, n)",
    ],
  ])("Python: %s", (_name, inside) => {
    expect(statusOf({ "app/main.py": adapter(inside) }, "AppNotifier")).toBe("adapter");
  });

  test.each<[string, string]>([
    [
      "a getter gives the owner",
      "get mailer(): Mailer { return getMailer(); }\n  notify(user: string) { this.mailer.sendMail(user, 'a'); }",
    ],
    [
      "it has a private helper",
      "notify(user: string) { mailer.sendMail(this.clean(user), 'a'); }\n  private clean(user: string) { return user.trim().toLowerCase(); }",
    ],
    [
      "it is one of a kind",
      "private static own?: AppNotifier;\n  static get() { return (AppNotifier.own ??= new AppNotifier()); }\n  notify(user: string) { mailer.sendMail(user, 'a'); }",
    ],
    [
      "it has constants",
      "private readonly currency = 'EUR';\n  notify(user: string) { mailer.sendMail(user, this.currency); }",
    ],
    [
      "it answers who asked, when the owner fails",
      "notify(user: string, res: any, next: any) { try { mailer.sendMail(user, 'a'); } catch (error) { res.status(500).json({}); next(error); } }",
    ],
  ])("TypeScript: %s", (_name, inside) => {
    const files = {
      "src/main.ts": `import { getMailer, Mailer, mailer } from "./core.ts";\nexport class AppNotifier {\n  ${inside}\n}\n`,
    };
    expect(statusOf(files, "AppNotifier")).toBe("adapter");
  });

  test("what a base gives the owner is the owner's, and what a part of it does as well", () => {
    const registry =
      "export class Base { register(id: string) { this.all.push(id); } }\nexport class Registry extends Base { all: string[] = []; get ids() { return this.all.slice(); } }\n";
    const wrapper =
      'import { Registry } from "./registry.ts";\nexport class RegistryNotifier {\n  constructor(private readonly inner: Registry) {}\n  add(id: string) { this.inner.register(id); }\n  has(id: string) { return this.inner.ids.indexOf(id) >= 0; }\n}\n';
    const { members } = report(
      { "src/registry.ts": registry, "src/main.ts": wrapper },
      { owner: "src/registry.ts#Registry", match: { names: ["notifier"], methods: ["register"] } },
    );
    expect(members.map(({ symbol, status }) => `${status} ${symbol.split("#")[1]}`)).toEqual([
      "canonical Registry",
      "adapter RegistryNotifier",
    ]);
  });

  test("what the owner leaves open is filled in by its subclasses", () => {
    const text =
      "from app.core import Mailer\nclass CsvMailer(Mailer):\n    def rows(self):\n        return open('a').read()\n";
    expect(statusOf({ "app/main.py": text }, "CsvMailer")).toBe("extension");
  });

  test("a collection that is changed is state all the same", () => {
    const text = adapter(
      "def __init__(self):\n    self.sent = {}\ndef notify(self, user):\n    self.sent[user] = 1\n    mailer.send_mail(user, 'a')",
    );
    expect(statusOf({ "app/main.py": text }, "AppNotifier")).toBe("leaky_adapter");
  });
});

describe("what is called like the owner", () => {
  const import_ = 'import { getMailer, Mailer } from "./core.ts";\n';
  const members = (text: string, changes: Partial<Responsibility> = {}) =>
    report(
      { "src/main.ts": `${import_}${text}\n` },
      { match: { names: ["mailer"], methods: [] }, ...changes },
    ).members.flatMap(({ symbol, status }) => (status === "canonical" ? [] : [`${status} ${symbol.split("#")[1]}`]));

  test.each<[string, string]>([
    ["asks what something is", "export function isMailer(value: unknown) { return value instanceof Mailer; }"],
    ["gives it, and says so", "export function useMailer(): Mailer { return find(Mailer) as Mailer; }"],
    ["is what is said of it", "export class MailerDto { toJson() { return { to: this.to.trim() }; } }"],
    ["tells of it", "export class MailerEvent { label() { return this.to.trim(); } }"],
  ])("is no member where it %s", (_what, text) => {
    expect(members(text)).toEqual([]);
  });

  test("an object of functions is judged like a class", () => {
    const text =
      "export const legacy = { sendMail(user: string) { return smtp.push(user); }, rows() { return smtp.list(); } };\nlegacy.sendMail('a');";
    expect(members(text, { match: { names: [], methods: ["sendMail", "rows"] } })).toEqual(["rival legacy"]);
    const through =
      "export const through = { sendMail(user: string) { return getMailer().sendMail(user, ''); }, rows() { return getMailer().rows(); } };\nthrough.rows();";
    expect(members(through, { match: { names: [], methods: ["sendMail", "rows"] } })).toEqual(["adapter through"]);
  });
});

describe("what is declared has to be there", () => {
  const main = { "app/main.py": "from app.core import mailer\ndef main():\n    mailer.send_mail('a', 'b')\n" };
  test("names that the code does not have are told", () => {
    const { violations } = report(main, {
      canonical: ["app/core.py#Nobody"],
      factories: ["app/core.py#make_mailer"],
      primitives: [
        { call: "app/raw.py#pusch", allowed: ["app/main.py#start"] },
        { call: "smtplib#sendmail", allowed: ["app/**"] },
      ],
    });
    expect(violations.map(({ kind, message }) => `${kind}: ${message}`)).toEqual(
      ["app/core.py#Nobody", "app/core.py#make_mailer", "app/raw.py#pusch", "app/main.py#start"].map(
        (symbol) => `missing_owner: there is no ${symbol}`,
      ),
    );
  });

  test("a primitive that nothing uses is told, and one that only the owner uses is not", () => {
    const files = {
      "app/main.py": "import os.path\nfrom time import monotonic\ndef f():\n    os.path.join(monotonic())\n",
    };
    const { unusedPrimitives, compliance } = report(
      files,
      only("time#monotonc", "time#monotonic", "os.path#join", "*.push"),
    );
    expect(unusedPrimitives).toEqual(["time#monotonc"]);
    expect(compliance.bypass).toBe(2);
  });

  test("a method may be the owner, and what is called like a function has behaviour", () => {
    expect(report(main, { owner: "app/core.py#Mailer.send_mail" }).compliance).toMatchObject({ lower: 1 });
    const callable = {
      "app/call.py": "class Send:\n    def __call__(self, user):\n        return user.push(1)\n\nsend = Send()\n",
      "app/main.py": "from app.call import send\ndef main():\n    send('a')\n",
    };
    expect(report(callable, { owner: "app/call.py#Send" }).compliance.notMeasured).not.toBe("invalid owner");
  });
});

test("a comment behind code lets off that line, and none below", () => {
  const violations = (files: Files) => report(files, redis).violations.length;
  const adjacent =
    "import requests\nclass A:\n    def a(self): requests.post('u')  # audit-ignore: agreed\n    def b(self): requests.post('v')\n";
  expect(violations({ "app/main.py": adjacent })).toBe(1);
  const above =
    "import requests\nclass A:\n    # audit-ignore: agreed\n    def a(self): requests.post('u')\n    def b(self): requests.post('v')\n";
  expect(violations({ "app/main.py": above })).toBe(1);
});

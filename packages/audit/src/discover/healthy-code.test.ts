/** What well-kept code bases have on purpose, and no second owner: each of these was found in one of them. */
import { expect, test } from "vitest";
import { discoverFacts } from "../check.ts";
import { nothingDeclared } from "../config/audit-config.ts";
import { readFacts } from "../facts/read-facts.ts";
import { noManifests } from "../resolve/manifests.ts";

type Files = Readonly<Record<string, string>>;

function titles(files: Files): string[] {
  const facts = Object.entries(files)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, text]) => readFacts(path, text) ?? []);
  const all = { facts, unparsed: [], skipped: [], cached: 0 };
  return discoverFacts(all, nothingDeclared, noManifests, []).findings.map(({ title }) => title);
}

const python = (name: string, base: string, ...methods: readonly string[]) =>
  `class ${name}${base}:\n${methods.map((method) => `    def ${method}(self, value):\n        return self.tell(value, 1)\n\n`).join("")}`;
/** A module that imports and makes all of them. */
const main = (...made: readonly (readonly [module: string, name: string])[]) =>
  `${made.map(([module, name], at) => `from ${module} import ${name} as n${at}\n`).join("")}\ndef main():\n${made.map((_, at) => `    n${at}()\n`).join("")}`;
const both = (first: string, second: string): Files => ({
  "app/stores/first.py": first,
  "app/web/second.py": second,
  "app/main.py": main(["app.stores.first", className(first)], ["app.web.second", className(second)]),
});
const className = (text: string) => /class (\w+)/.exec(text)?.[1] ?? "";

const store = ["open_session", "load_rows", "close_session"];
const first = python("SessionStore", "", ...store);
const declared = (name: string) =>
  `class ${name}:\n${store.map((method) => `    def ${method}(self, value): ...\n`).join("")}`;
const subclasses = (base: string) =>
  `${python(base, "", "to_text")}${[1, 2, 3, 4].map((at) => python(`${base}${at}x`, `(${base})`, "to_text")).join("")}`;

test("two that do the same are found, in the shape that all others here vary", () => {
  expect(titles(both(first, first))).toEqual([
    "SessionStore and SessionStore both do open_session, load_rows, close_session",
  ]);
});

test.each<[string, Files]>([
  [
    "one is the base of the other, under the same name",
    both(first, `from app.stores.first import SessionStore as Base\n\n${python("SessionStore", "(Base)", ...store)}`),
  ],
  [
    "one is for callers that wait",
    {
      "app/session.py": first,
      "app/aio/session.py": first,
      "app/main.py": main(["app.session", "SessionStore"], ["app.aio.session", "SessionStore"]),
    },
  ],
  ["they are sizes of one thing", both(python("Vector2", "", ...store), python("Vector3", "", ...store))],
  [
    "one is the client of the other, which it calls by name",
    both(
      first,
      `class SessionStoreClient:\n${store.map((method) => `    def ${method}(self, value):\n        return self.remote.call("${method}", value)\n\n`).join("")}`,
    ),
  ],
  [
    "both override what bases of their own say",
    both(
      `${python("SessionStore", "(Rows)", ...store)}\n${declared("Rows")}`,
      `${python("RowStore", "(Table)", ...store)}\n${declared("Table")}`,
    ),
  ],
  [
    "one function chooses between them",
    {
      ...both(first, python("RowStore", "", ...store)),
      "app/main.py":
        "from app.stores.first import SessionStore\nfrom app.web.second import RowStore\n\ndef make(kind):\n    if kind == 'rows':\n        return RowStore()\n    else:\n        return SessionStore()\n",
    },
  ],
  [
    "each lives in a folder of its own noun",
    {
      "app/users/users_store.py": python("UsersStore", "", ...store),
      "app/agents/agents_store.py": python("AgentsStore", "", ...store),
      "app/main.py": main(["app.users.users_store", "UsersStore"], ["app.agents.agents_store", "AgentsStore"]),
    },
  ],
  [
    "they have the same, and do not do the same",
    Object.fromEntries([
      ...[
        ["Generated", "src/text/generate.ts"],
        ["Streamed", "src/web/deep/stream.ts"],
      ].map(([name, path]): [string, string] => [
        path as string,
        `export class ${name}Result {\n  get usage() { return this.a.usage; }\n  get request() { return this.a.request; }\n  get response() { return this.a.response; }\n}\n`,
      ]),
      [
        "src/main.ts",
        'import { GeneratedResult } from "./text/generate.ts";\nimport { StreamedResult } from "./web/deep/stream.ts";\nnew GeneratedResult();\nnew StreamedResult();\n',
      ],
    ]),
  ],
  [
    "one makes the other under the same name",
    both(
      first,
      `from app.stores.first import SessionStore as Inner\n\n${python("SessionStore", "", ...store)}    def make(self):\n        return Inner()\n`,
    ),
  ],
  [
    "one is compiled from the other",
    {
      "src/store.ts":
        "export class SessionStore {\n  open(id: string) { return this.db.get(id); }\n  close(id: string) { this.db.end(id); }\n  load(id: string) { return this.db.all(id); }\n}\n",
      "src/store.js":
        "export class SessionStore {\n  open(id) { return this.db.get(id); }\n  close(id) { this.db.end(id); }\n  load(id) { return this.db.all(id); }\n}\n",
      "src/main.ts": 'import { SessionStore } from "./store.ts";\nnew SessionStore();\n',
      "src/other.js": 'import { SessionStore } from "./store.js";\nnew SessionStore();\n',
    },
  ],
  ["a program wrote one of them", both(first, `# Code generated by a tool.\n${first}`)],
  [
    "one came with another project",
    {
      "app/first.py": first,
      "app/_vendor/kit/second.py": first,
      "app/main.py": main(["app.first", "SessionStore"], ["app._vendor.kit.second", "SessionStore"]),
    },
  ],
  ["nobody uses either", { "app/first.py": first, "app/web/second.py": first }],
  [
    "every plugin has one of that name",
    Object.fromEntries(
      [1, 2, 3, 4, 5, 6].flatMap((at) => {
        const path = `app/${"deep/".repeat(at)}plugin.py`;
        const module = path.slice(0, -3).replaceAll("/", ".");
        return [
          [path, first],
          [`app/use${at}.py`, main([module, "SessionStore"])],
        ];
      }),
    ),
  ],
  [
    "the kind tells one name from the other",
    {
      "app/models.py": `${subclasses("Column")}${python("StartDate", "(Column)", "to_text", "to_row")}`,
      "app/web/forms.py": `${subclasses("Widget")}${python("StartDate", "(Widget)", "to_text", "to_page")}`,
      "app/main.py": main(["app.models", "StartDate"], ["app.web.forms", "StartDate"]),
    },
  ],
  [
    "a page calls them with its own events",
    Object.fromEntries([
      ...["bar", "list"].map((name): [string, string] => [
        `src/${name}/view.ts`,
        `export class ${name}Handler {\n  handleEvent(event: Event) {\n    switch (event.type) {\n      case "drag-enter": return this.a;\n      case "drag-leave": return this.b;\n      case "drag-drop": return this.c;\n    }\n  }\n}\n`,
      ]),
      [
        "src/main.ts",
        'import { barHandler } from "./bar/view.ts";\nimport { listHandler } from "./list/view.ts";\nnew barHandler();\nnew listHandler();\n',
      ],
    ]),
  ],
  [
    "they are entries of one table, side by side",
    Object.fromEntries([
      ...["pages", "posts"].map((name): [string, string] => [
        `src/routes/${name}.ts`,
        `export const ${name}Route = { "main-area": () => 1, "side-bar": () => 2, "top-bar": () => 3 };\n`,
      ]),
      [
        "src/main.ts",
        'import { pagesRoute } from "./routes/pages.ts";\nimport { postsRoute } from "./routes/posts.ts";\nuse(pagesRoute, postsRoute);\n',
      ],
    ]),
  ],
  [
    "each of them goes through the one that does it, for something of its own",
    {
      "src/jobs.ts": "export function enqueueJob(name: string) { return queue.add(name); }\n",
      "src/mail/jobs.ts":
        'import { enqueueJob } from "../jobs.ts";\nexport function scheduleMailCleanupJob() { enqueueJob("mail"); }\n',
      "src/users/jobs.ts":
        'import { enqueueJob } from "../jobs.ts";\nexport function scheduleUserReportJob() { enqueueJob("users"); }\n',
      "src/main.ts":
        'import { scheduleMailCleanupJob } from "./mail/jobs.ts";\nimport { scheduleUserReportJob } from "./users/jobs.ts";\nscheduleMailCleanupJob();\nscheduleUserReportJob();\n',
    },
  ],
  [
    "the word stands for a thing, not for what is done",
    Object.fromEntries([
      ...["body", "card"].map((name): [string, string] => [
        `src/${name}/view.ts`,
        `export function voiceBroadcast${name}(value: string) { return draw_icon(value, "${name}"); }\n`,
      ]),
      [
        "src/main.ts",
        'import { voiceBroadcastbody } from "./body/view.ts";\nimport { voiceBroadcastcard } from "./card/view.ts";\nvoiceBroadcastbody("");\nvoiceBroadcastcard("");\n',
      ],
    ]),
  ],
])("nothing is found where %s", (_where, files) => {
  expect(titles(files)).toEqual([]);
});

test("an old one beside a new one is no noun of its own", () => {
  const legacy = {
    "app/legacy/legacy_store.py": python("LegacyStore", "", ...store),
    "app/users/users_store.py": python("UsersStore", "", ...store),
    "app/main.py": main(["app.legacy.legacy_store", "LegacyStore"], ["app.users.users_store", "UsersStore"]),
  };
  expect(titles(legacy)).toHaveLength(1);
});

test("a second version of something is no size of it", () => {
  expect(titles(both(python("SessionStoreV1", "", ...store), python("SessionStoreV2", "", ...store)))).toHaveLength(1);
});

test("`object` is no base in common", () => {
  expect(
    titles(both(python("SessionStore", "(object)", ...store), python("RowStore", "(object)", ...store))),
  ).toHaveLength(1);
});

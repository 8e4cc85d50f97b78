import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What the machine has of other people's code, laid out as one code base. */
export interface AuditTree {
  readonly python: number;
  readonly typescript: number;
  readonly bytes: number;
}

/** A larger file is generated or data; the audit would leave it out. */
const bytesMax = 1024 * 1024;

/** Responsibilities of the standard library of Python and of one package of npm: what somebody would declare. */
const config = {
  scope: { include: [], exclude: [] },
  responsibilities: [
    {
      id: "urls",
      why: "one way to open a URL",
      owner: "py/urllib/request.py#OpenerDirector",
      match: { names: ["opener", "http client"], methods: ["open", "request", "send"] },
      primitives: [{ call: "*.urlopen", allowed: ["py/urllib"] }],
    },
    {
      id: "processes",
      why: "one way to start a process",
      owner: "py/asyncio/subprocess.py#Process",
      match: { names: ["process"], methods: ["communicate", "terminate"] },
      primitives: [{ call: "subprocess#Popen", allowed: ["py/subprocess.py"] }],
    },
    {
      id: "queues",
      why: "one queue",
      owner: "py/queue.py#Queue",
      match: { names: ["queue"], methods: ["put", "get", "qsize"] },
    },
    {
      id: "logging",
      why: "one logger",
      owner: "py/logging/__init__.py#Logger",
      match: { names: ["logger"], methods: ["info", "warning", "error"] },
    },
    {
      id: "embedding",
      why: "one way to a model",
      owner: "ts/ai/src/embed/embed.ts#embed",
      match: { names: ["embed", "embed many"] },
      primitives: [{ call: "*.doEmbed", allowed: [] }],
    },
  ],
  layers: [
    {
      id: "languages",
      why: "two worlds",
      covers: [],
      computed: [],
      rules: [{ from: ["ts"], allow: ["ts"] }],
    },
  ],
};

/**
 * Copies `python` files of the standard library and the packages of the machine's Python, and `typescript` sources of
 * `node_modules`, into a folder: the library first, then every n-th of the rest. Fewer when the machine has fewer.
 */
export function copyTree(
  target: string,
  nodeModules: string,
  { python, typescript }: { readonly python: number; readonly typescript: number },
): AuditTree {
  const library = pythonLibrary();
  const all = filesIn(library, (path) => path.endsWith(".py"));
  const own = all.filter((path) => !path.includes("site-packages/"));
  const pythonFiles = [
    ...own,
    ...everyNth(
      all.filter((path) => path.includes("site-packages/")),
      python - own.length,
    ),
  ];
  const sources = filesIn(nodeModules, (path) => /(?<!\.d)\.tsx?$/.test(path));
  const first = sources.filter((path) => path.startsWith("ai/"));
  const rest = sources.filter((path) => !path.startsWith("ai/"));
  const typescriptFiles = [...first, ...rest].slice(0, typescript);
  let bytes = 0;
  const copy = (from: string, path: string, to: string) => {
    mkdirSync(dirname(join(target, to)), { recursive: true });
    copyFileSync(join(from, path), join(target, to));
    bytes += statSync(join(from, path)).size;
  };
  // A folder of that name would say that the code is somebody else's.
  for (const path of pythonFiles) copy(library, path, `py/${path.replace("site-packages/", "packages/")}`);
  for (const path of typescriptFiles) copy(nodeModules, path, `ts/${path}`);
  writeFileSync(join(target, "audit.config.json"), JSON.stringify(config, undefined, 2));
  return { python: pythonFiles.length, typescript: typescriptFiles.length, bytes };
}

function pythonLibrary(): string {
  const { stdout, status } = spawnSync("python3", ["-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error("unable to find code in Python; install python3");
  return stdout.trim();
}

function filesIn(root: string, isWanted: (path: string) => boolean): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => isWanted(path) && statSync(join(root, path)).size <= bytesMax)
    .sort();
}

function everyNth(paths: readonly string[], count: number): string[] {
  const wanted = Math.min(count, paths.length);
  return Array.from({ length: wanted }, (_, at) => paths[Math.floor((at * paths.length) / wanted)] as string);
}

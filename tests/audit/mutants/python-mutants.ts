import { type CodeBase, type Files, mutantsOf } from "./mutant.ts";
import { scopeMutants } from "./scope-mutants.ts";

const owner = "from app.sender import sender_for\n";

const healthy: Files = {
  "app/__init__.py": "",
  "app/sender.py": `class Sender:
    def __init__(self, socket):
        self.socket = socket

    def deliver(self, text):
        self.socket.send_raw(text)

    def flush_all(self, texts):
        for text in texts:
            self.deliver(text)


def sender_for(socket) -> Sender:
    return Sender(socket)
`,
  "app/chat.py": `${owner}

class ChatSender:
    def say(self, socket, text):
        sender_for(socket).deliver(text)


def push(socket, text):
    sender_for(socket).deliver(text)
`,
  "app/empty.py": "class Empty:\n    def deliver(self):\n        pass\n",
  "app/main.py": `from app.chat import ChatSender, push
from app.empty import Empty
${owner}

def main(socket):
    sender_for(socket).flush_all(["a"])
    ChatSender().say(socket, "b")
    push(socket, "c")
    Empty().deliver()


if __name__ == "__main__":
    main(None)
`,
};

const indented = (lines: readonly string[], spaces: number) =>
  lines.map((line) => `${" ".repeat(spaces)}${line}\n`).join("");
const ends = "\n\ndef push(socket, text):\n    sender_for(socket).deliver(text)\n";
const chat = (text: string): Files => ({ "app/chat.py": text });
const chatSender = (lines: readonly string[], imports = "") =>
  `${owner}${imports}\n\nclass ChatSender:\n    def say(self, socket, text):\n${indented(lines, 8)}`;
/** `push` with another body. */
const pushed = (...lines: readonly string[]): Files =>
  chat(`${chatSender(["sender_for(socket).deliver(text)"])}\n\ndef push(socket, text):\n${indented(lines, 4)}`);
/** `push` calls `other` as well, which these lines define. */
const beside = (...lines: readonly string[]): Files => {
  const { "app/chat.py": chatFile = "" } = pushed("sender_for(socket).deliver(text)", "other(socket, text)");
  return chat(`${chatFile}\n\n${indented(lines, 0)}`);
};

/** A sender of its own: `name` and the names of its methods. */
const rival = (name = "EventSender", deliver = "deliver", flush = "flush_all") => `class ${name}:
    def __init__(self):
        self.held = []

    def ${deliver}(self, text):
        self.held.append(text)

    def ${flush}(self, sink):
        for text in self.held:
            sink.write(text)
`;
/** Production runs these lines in a module of its own. */
const running = (...lines: readonly string[]): Files => ({
  "app/use.py": lines.join("\n").concat("\n"),
  "app/main.py": `from app.use import use\n${healthy["app/main.py"]?.replace("    Empty()", "    use(socket)\n    Empty()")}`,
});
const used = (name: string, module: string, method = "deliver"): Files =>
  running(`from ${module} import ${name}`, "", "", "def use(socket):", `    ${name}().${method}("x")`);
const withRival = (path: string, text: string, name: string, module: string, method?: string): Files => ({
  ...used(name, module, method),
  [path]: text,
});
const fallback = (lines: readonly string[], extra: Files = {}): Files => ({
  "app/plain.py": "def plain(text):\n    return len(text)\n\n\ndef deliver_legacy(text):\n    return len(text)\n",
  "app/settings.py": "USE_NEW_SENDER = True\nenabled = False\n",
  ...chat(
    chatSender(lines, "import os\nfrom app import settings\nfrom app.plain import deliver_legacy, plain\n") + ends,
  ),
  ...extra,
});
const bypassing = pushed("socket.send_raw(text)");
const rivalFiles = withRival("app/events.py", rival(), "EventSender", "app.events");
const moved = (path: string, head = ""): Files =>
  withRival(path, head + rival(), "EventSender", path.replace(/\.py$/, "").replaceAll("/", "."));
const using = (...lines: readonly string[]): Files => ({ ...running(...lines), "app/events.py": rival() });
const names = { owner: "app/sender.py#Sender", main: "app/empty.py#Empty", primitive: "*.send_raw", folder: "app" };

export const python: CodeBase = {
  language: "Python",
  healthy,
  responsibility: {
    ...{ id: "sending", why: "one way out", owner: "app/sender.py#Sender", factories: ["app/sender.py#sender_for"] },
    match: { names: ["sender"], methods: ["deliver", "flush_all"] },
    primitives: [{ call: "*.send_raw", allowed: [] }],
    exclude: ["app/empty.py"],
  },
  mutants: [
    ...mutantsOf("rename", {
      ...Object.fromEntries(
        ["Outbox", "Mailer", "Notifier", "Pipe", "X", "SenderImpl", "sender", "_Sender", "Sender2", "HTTPSenderV2"].map(
          (name) => [`the rival is called ${name}`, withRival("app/events.py", rival(name), name, "app.events")],
        ),
      ),
      "its methods have other names": withRival(
        "app/events.py",
        rival("EventSender", "go", "run"),
        "EventSender",
        "app.events",
        "go",
      ),
      "one of its methods has another name": withRival(
        "app/events.py",
        rival("EventSender", "deliver", "run"),
        "EventSender",
        "app.events",
      ),
      "its class and its methods have other names": withRival(
        "app/events.py",
        rival("Outbox", "go", "run"),
        "Outbox",
        "app.events",
        "go",
      ),
      "its name ends in Error": withRival("app/events.py", rival("SenderError"), "SenderError", "app.events"),
      "the receiver of the primitive is called s": pushed("s = socket", "s.send_raw(text)"),
    }),
    ...mutantsOf("alias", {
      "the owner's name is bound to a rival": withRival(
        "app/events.py",
        `${rival()}\n\nSender = EventSender\n`,
        "Sender",
        "app.events",
      ),
      "the owner's name is bound to a rival with other methods": withRival(
        "app/events.py",
        `${rival("Mailer", "go", "run")}\n\nSender = Mailer\n`,
        "Sender",
        "app.events",
        "go",
      ),
      "the owner's name is bound to a rival of another module": {
        ...used("Sender", "app.compat", "go"),
        "app/compat.py": "import app.events\n\nSender = app.events.Mailer\n",
        "app/events.py": rival("Mailer", "go", "run"),
      },
      "the owner's name is imported for a rival": {
        ...used("Sender", "app.compat", "go"),
        "app/compat.py": "from app.events import Mailer as Sender\n",
        "app/events.py": rival("Mailer", "go", "run"),
      },
      "a rival with other methods is imported as the owner": {
        ...running("from app.events import Mailer as Sender", "", "", "def use(socket):", '    Sender().go("x")'),
        "app/events.py": rival("Mailer", "go", "run"),
      },
      "the rival is imported under another name": using(
        "from app.events import EventSender as Quiet",
        "",
        "",
        "def use(socket):",
        '    Quiet().deliver("x")',
      ),
      "the rival's module is imported as a whole": using(
        "import app.events",
        "",
        "",
        "def use(socket):",
        '    app.events.EventSender().deliver("x")',
      ),
      "the rival's module is imported under another name": using(
        "import app.events as quiet",
        "",
        "",
        "def use(socket):",
        '    quiet.EventSender().deliver("x")',
      ),
      "the rival is a value of another name": withRival(
        "app/events.py",
        `${rival()}\n\nQuiet = EventSender\n`,
        "Quiet",
        "app.events",
      ),
    }),
    ...mutantsOf("re-export", {
      "through a package": {
        ...used("EventSender", "app.post"),
        "app/post/__init__.py": "from app.post.events import EventSender\n",
        "app/post/events.py": rival(),
      },
      "through a package, relatively": {
        ...used("EventSender", "app.post"),
        "app/post/__init__.py": "from .events import EventSender\n",
        "app/post/events.py": rival(),
      },
      "with a star": {
        ...used("EventSender", "app.post"),
        "app/post/__init__.py": "from .events import *\n",
        "app/post/events.py": rival(),
      },
      "as the owner": {
        ...used("Sender", "app.post", "go"),
        "app/post/__init__.py": "from .events import Mailer as Sender\n",
        "app/post/events.py": rival("Mailer", "go", "run"),
      },
      "as the owner, through two modules": {
        ...used("Sender", "app.post", "go"),
        "app/post/__init__.py": "from .middle import Post as Sender\n",
        "app/post/middle.py": "from .events import Mailer as Post\n",
        "app/post/events.py": rival("Mailer", "go", "run"),
      },
      "beside the owner": {
        ...used("EventSender", "app.post"),
        "app/post/__init__.py": "from app.sender import Sender\nfrom .events import EventSender\n",
        "app/post/events.py": rival(),
      },
      "with __all__": {
        ...used("EventSender", "app.post"),
        "app/post/__init__.py": 'from .events import EventSender\n\n__all__ = ["EventSender"]\n',
        "app/post/events.py": rival(),
      },
    }),
    ...mutantsOf(
      "move",
      Object.fromEntries(
        [
          ...[
            "tests",
            "test",
            "spec",
            "e2e",
            "fixtures",
            "testing",
            "scripts",
            "bin",
            "benchmarks",
            "examples",
            "docs",
          ],
          ...["backup", "build", "dist", "out", "lib/deep/inside", "vendor", "generated", "app/tests", "app/backup"],
        ].map((folder) => [`to ${folder}`, moved(`${folder}/events.py`)]),
      ),
    ),
    ...mutantsOf("move", {
      "to a file called as a test": moved("app/test_events.py"),
      "to a file called as a backup": moved("app/events_backup.py"),
      "to conftest": moved("app/conftest.py"),
      "to a file that says it is generated": moved("app/events.py", "# @generated\n"),
      "a bypass, to a folder of tests": {
        ...running("from tests.push import push", "", "", "def use(socket):", "    push(socket)"),
        "tests/push.py": 'def push(socket):\n    socket.send_raw("x")\n',
      },
    }),
    ...mutantsOf("add a fallback", {
      "when it raises": fallback([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except OSError:",
        "    plain(text)",
      ]),
      "when it raises anything": fallback([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except:",
        "    plain(text)",
      ]),
      "when it raises, with the error looked at": fallback([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except Exception as error:",
        "    if error.args:",
        "        plain(text)",
      ]),
      "when it raises, and then raises": fallback([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except OSError:",
        "    plain(text)",
        "    raise",
      ]),
      "when it raises, to the socket": fallback([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except OSError:",
        "    socket.send_raw(text)",
      ]),
      "behind a setting": fallback([
        "if settings.USE_NEW_SENDER:",
        "    sender_for(socket).deliver(text)",
        "else:",
        "    plain(text)",
      ]),
      "behind a setting, and back": fallback([
        "if not settings.enabled:",
        "    return plain(text)",
        "sender_for(socket).deliver(text)",
      ]),
      "behind the environment": fallback([
        'if os.environ.get("OLD") == "1":',
        "    plain(text)",
        "else:",
        "    sender_for(socket).deliver(text)",
      ]),
      "behind getenv": fallback(['if os.getenv("OLD"):', "    return plain(text)", "sender_for(socket).deliver(text)"]),
      "behind a condition of an expression": fallback([
        "plain(text) if settings.enabled else sender_for(socket).deliver(text)",
      ]),
      "behind and": fallback(["settings.enabled and plain(text)", "sender_for(socket).deliver(text)"]),
      "by a name that says so": fallback(["deliver_legacy(text)", "sender_for(socket).deliver(text)"]),
      "in a private method": {
        ...fallback([]),
        ...chat(
          `${owner}from app.plain import plain\n\n\nclass ChatSender:\n    def say(self, socket, text):\n        self._go(socket, text)\n\n    def _go(self, socket, text):\n        try:\n            sender_for(socket).deliver(text)\n        except OSError:\n            plain(text)\n${ends}`,
        ),
      },
      "a loop that tries again": fallback(["for _ in range(3):", "    sender_for(socket).deliver(text)"]),
      "a queue of its own": chat(
        `${owner}\n\nclass ChatSender:\n    def __init__(self):\n        self.waiting = []\n\n    def say(self, socket, text):\n        self.waiting.append(text)\n        sender_for(socket).deliver(text)\n${ends}`,
      ),
      "a queue of its module": chat(
        `${owner}\nwaiting = []\n\n\nclass ChatSender:\n    def say(self, socket, text):\n        waiting.append(text)\n        sender_for(socket).deliver(text)\n${ends}`,
      ),
      "a second sender": fallback(["sender_for(socket).deliver(text)", "socket.send_raw(text)"]),
      "when nothing comes back": fallback(["if sender_for(socket).deliver(text) is None:", "    plain(text)"]),
      or: fallback(["sender_for(socket).deliver(text) or plain(text)"]),
    }),
    ...mutantsOf("inline the logic", {
      "in a function": bypassing,
      "in a method": chat(chatSender(["socket.send_raw(text)"]) + ends),
      "in a lambda": beside("other = lambda socket, text: socket.send_raw(text)"),
      "in an asynchronous function": beside("async def other(socket, text):", "    await socket.send_raw(text)"),
      "in a nested function": pushed("def go():", "    socket.send_raw(text)", "go()"),
      "in a comprehension": pushed("[socket.send_raw(part) for part in text]"),
      "in a generator": pushed("list(socket.send_raw(part) for part in text)"),
      "in a loop": pushed("for part in text:", "    socket.send_raw(part)"),
      "in a handler": pushed("try:", "    int(text)", "except ValueError:", "    socket.send_raw(text)"),
      "in finally": pushed("try:", "    int(text)", "finally:", "    socket.send_raw(text)"),
      "in a property": beside(
        "class Other:",
        "    @property",
        "    def now(self):",
        '        return self.socket.send_raw("x")',
        "",
        "",
        "def other(socket, text):",
        "    Other().now",
      ),
      "in a static method": beside(
        "class Other:",
        "    @staticmethod",
        "    def now(socket, text):",
        "        socket.send_raw(text)",
        "",
        "",
        "def other(socket, text):",
        "    Other.now(socket, text)",
      ),
      "in a task": pushed("import asyncio", "asyncio.create_task(socket.send_raw(text))"),
      "in a context": pushed("with socket as s:", "    s.send_raw(text)"),
      "in a subclass of the owner": {
        ...chat(
          `from app.sender import Sender, sender_for\n\n\nclass ChatSender(Sender):\n    def say(self, socket, text):\n        socket.send_raw(text)\n${ends}`,
        ),
      },
      "in a subclass that overrides": chat(
        `from app.sender import Sender, sender_for\n\n\nclass ChatSender(Sender):\n    def deliver(self, text):\n        print(text.strip())\n\n    def say(self, socket, text):\n        sender_for(socket).deliver(text)\n${ends}`,
      ),
      "when the module is loaded": {
        ...running(
          "from app.sockets import SOCKETS",
          "",
          "for each in SOCKETS:",
          '    each.send_raw("x")',
          "",
          "",
          "def use(socket):",
          "    return socket",
        ),
        "app/sockets.py": "SOCKETS = []\n",
      },
    }),
    ...mutantsOf("take the primitive as a value", {
      "in a variable": pushed("send = socket.send_raw", "send(text)"),
      "in a walrus": pushed("if send := socket.send_raw:", "    send(text)"),
      "by a text": pushed('getattr(socket, "send_raw")(text)'),
      "by a text with a default": pushed('getattr(socket, "send_raw", None)(text)'),
      partially: pushed("from functools import partial", "partial(socket.send_raw, text)()"),
      "partially, by the module": pushed("import functools", "functools.partial(socket.send_raw, text)()"),
      "with map": pushed("list(map(socket.send_raw, [text]))"),
      "in a lambda": pushed("go = lambda: socket.send_raw(text)", "go()"),
      "by its call": pushed("socket.send_raw.__call__(text)"),
      "by the type": pushed("type(socket).send_raw(socket, text)"),
      "as a callback": pushed("import asyncio", "asyncio.get_event_loop().call_soon(socket.send_raw, text)"),
      "in a list": pushed("for send in [socket.send_raw]:", "    send(text)"),
      "in a dictionary": pushed('{"now": socket.send_raw}["now"](text)'),
      "in a tuple": pushed("send, _ = socket.send_raw, None", "send(text)"),
      "with stars": pushed("socket.send_raw(*[text])"),
      "of another name for the socket": pushed("quiet = socket", "quiet.send_raw(text)"),
      "from a function that gives it": beside(
        "def way(socket):",
        "    return socket.send_raw",
        "",
        "",
        "def other(socket, text):",
        "    way(socket)(text)",
      ),
      "as a default": beside(
        "def other(socket, text, send=None):",
        "    send = send or socket.send_raw",
        "    send(text)",
      ),
      "as a field": beside(
        "class Other:",
        "    def __init__(self, socket):",
        "        self.send = socket.send_raw",
        "",
        "",
        "def other(socket, text):",
        "    Other(socket).send(text)",
      ),
      "by two texts": pushed('getattr(socket, "send_" + "raw")(text)'),
      "by a caller of methods": pushed("from operator import methodcaller", 'methodcaller("send_raw", text)(socket)'),
    }),
    ...mutantsOf("dynamic import", {
      "of the rival": using(
        "import importlib",
        "",
        "",
        "def use(socket):",
        '    importlib.import_module("app.events").EventSender().deliver("x")',
      ),
      "of the rival, inside": using(
        "def use(socket):",
        "    from app.events import EventSender",
        '    EventSender().deliver("x")',
      ),
      "of the rival, by a name that is computed": using(
        "import importlib",
        "",
        "",
        "def use(socket):",
        '    importlib.import_module(f"app.{socket}").EventSender().deliver("x")',
      ),
      "of the rival, by __import__": using(
        "def use(socket):",
        '    __import__("app.events").events.EventSender().deliver("x")',
      ),
      "of the rival, by getattr": using(
        "import app.events",
        "",
        "",
        "def use(socket):",
        '    getattr(app.events, "EventSender")().deliver("x")',
      ),
      "a computed member of the owner": pushed("sender = sender_for(socket)", "getattr(sender, text)(text)"),
      "a computed member of the owner, at once": pushed("getattr(sender_for(socket), text)(text)"),
      "of a module with the primitive": {
        ...using(
          "import importlib",
          "",
          "",
          "def use(socket):",
          '    importlib.import_module("app.wire").other(socket)',
        ),
        "app/events.py": "",
        "app/wire.py": 'def other(socket):\n    socket.send_raw("x")\n',
      },
    }),
    ...mutantsOf("wrap", {
      "the rival in a function": using(
        "from app.events import EventSender",
        "",
        "",
        "def made():",
        "    return EventSender()",
        "",
        "",
        "def use(socket):",
        '    made().deliver("x")',
      ),
      "the rival in a class": using(
        "from app.events import EventSender",
        "",
        "",
        "class Post:",
        "    def __init__(self):",
        "        self.inner = EventSender()",
        "",
        "    def go(self, text):",
        "        self.inner.deliver(text)",
        "",
        "",
        "def use(socket):",
        '    Post().go("x")',
      ),
      "the rival in a subclass": using(
        "from app.events import EventSender",
        "",
        "",
        "class Post(EventSender):",
        "    pass",
        "",
        "",
        "def use(socket):",
        '    Post().deliver("x")',
      ),
      "the rival in a singleton": using(
        "from app.events import EventSender",
        "",
        "POST = EventSender()",
        "",
        "",
        "def use(socket):",
        '    POST.deliver("x")',
      ),
      "the rival in a cached function": using(
        "from functools import lru_cache",
        "from app.events import EventSender",
        "",
        "",
        "@lru_cache",
        "def made():",
        "    return EventSender()",
        "",
        "",
        "def use(socket):",
        '    made().deliver("x")',
      ),
      "the rival in a class that also holds the owner": using(
        "from app.events import EventSender",
        "from app.sender import sender_for",
        "",
        "",
        "class AppSender:",
        "    def __init__(self):",
        "        self.inner = EventSender()",
        "",
        "    def say(self, socket, text):",
        "        sender_for(socket).deliver(text)",
        "",
        "    def quiet(self, text):",
        "        self.inner.deliver(text)",
        "",
        "",
        "def use(socket):",
        '    AppSender().quiet("x")',
      ),
      "the primitive in a function": beside(
        "def write(socket, text):",
        "    socket.send_raw(text)",
        "",
        "",
        "def other(socket, text):",
        "    write(socket, text)",
      ),
      "the primitive in a class": beside(
        "class Wire:",
        "    def __init__(self, socket):",
        "        self.socket = socket",
        "",
        "    def write(self, text):",
        "        self.socket.send_raw(text)",
        "",
        "",
        "def other(socket, text):",
        "    Wire(socket).write(text)",
      ),
      "the primitive in a function of functions": beside(
        "def wire(socket):",
        "    return lambda text: socket.send_raw(text)",
        "",
        "",
        "def other(socket, text):",
        "    wire(socket)(text)",
      ),
    }),
    ...mutantsOf("shadow", {
      "a class in a function": pushed(
        "class Sender:",
        "    def deliver(self, line):",
        "        self.last = line.strip()",
        "Sender().deliver(text)",
      ),
      "a class of the same name": withRival("app/events.py", rival("Sender"), "Sender", "app.events"),
      "a function in a function": pushed("def sender_for(s):", "    return s", "sender_for(socket).send_raw(text)"),
      "a parameter": chat(
        `${owner}\n\nclass ChatSender:\n    def say(self, socket, text, sender_for=lambda s: s):\n        sender_for(socket).send_raw(text)\n${ends}`,
      ),
      "a function of the same name": chat(
        `def sender_for(socket):\n    return socket\n\n\nclass ChatSender:\n    def say(self, socket, text):\n        sender_for(socket).send_raw(text)\n${ends}`,
      ),
      "a later definition of the same name": chat(
        `${chatSender(["sender_for(socket).deliver(text)"])}${ends}\n\n${rival("Sender")}`,
      ),
    }),
    ...mutantsOf(
      "comment",
      Object.fromEntries(
        [
          "# The canonical sender.",
          "# canonical",
          '"""@canonical"""',
          "# adapter: only delegates to Sender",
          "# audit: ok",
          "# noqa",
          "# see app/sender.py#Sender, which owns this",
          "# pragma: no cover",
        ].flatMap((comment): [string, Files][] => [
          [
            `${comment} over a rival`,
            withRival("app/events.py", `${comment}\n${rival()}`, "EventSender", "app.events"),
          ],
          [`${comment} over a bypass`, pushed(comment, "socket.send_raw(text)")],
        ]),
      ),
    ),
    ...mutantsOf("comment", {
      "audit-ignore without a reason, over a bypass": pushed("# audit-ignore:", "socket.send_raw(text)"),
      "audit-ignore with a reason, over a bypass": pushed("# audit-ignore: soon", "socket.send_raw(text)"),
      "audit-ignore with a reason, over a rival": withRival(
        "app/events.py",
        `# audit-ignore: soon\n${rival()}`,
        "EventSender",
        "app.events",
      ),
      "a field that says canonical": withRival(
        "app/events.py",
        rival().replace(":\n", ":\n    canonical = True\n\n"),
        "EventSender",
        "app.events",
      ),
      "a name that says canonical": withRival(
        "app/events.py",
        rival("CanonicalSender"),
        "CanonicalSender",
        "app.events",
      ),
      "a name that says adapter": withRival("app/events.py", rival("SenderAdapter"), "SenderAdapter", "app.events"),
    }),
    ...mutantsOf("split a file", {
      "half of it in a base": {
        ...used("EventSender", "app.events"),
        "app/held.py":
          "class Held:\n    def __init__(self):\n        self.held = []\n\n    def deliver(self, text):\n        self.held.append(text)\n",
        "app/events.py":
          "from app.held import Held\n\n\nclass EventSender(Held):\n    def flush_all(self, sink):\n        for text in self.held:\n            sink.write(text)\n",
      },
      "all of it in a base": {
        ...used("EventSender", "app.events"),
        "app/held.py": rival("Held"),
        "app/events.py": "from app.held import Held\n\n\nclass EventSender(Held):\n    pass\n",
      },
      "in two mixins": {
        ...used("EventSender", "app.events"),
        "app/held.py":
          "class HoldMixin:\n    def deliver(self, text):\n        self.held = [text]\n\n\nclass FlushMixin:\n    def flush_all(self, sink):\n        for text in self.held:\n            sink.write(text)\n",
        "app/events.py":
          "from app.held import FlushMixin, HoldMixin\n\n\nclass EventSender(HoldMixin, FlushMixin):\n    pass\n",
      },
      "its methods in functions of another file": {
        ...used("EventSender", "app.events"),
        "app/held.py":
          "def hold(held, text):\n    held.append(text)\n\n\ndef write(held, sink):\n    for text in held:\n        sink.write(text)\n",
        "app/events.py":
          "from app.held import hold, write\n\n\nclass EventSender:\n    held = []\n\n    def deliver(self, text):\n        hold(self.held, text)\n\n    def flush_all(self, sink):\n        write(self.held, sink)\n",
      },
      "one method in each of two files": {
        ...used("EventSender", "app.events"),
        "app/flusher.py":
          "class SenderFlush:\n    def flush_all(self, held, sink):\n        for text in held:\n            sink.write(text)\n",
        "app/events.py":
          "from app.flusher import SenderFlush\n\n\nclass EventSender:\n    def deliver(self, text):\n        self.held = [text]\n        SenderFlush().flush_all(self.held, print)\n",
      },
      "a bypass, half in another file": {
        "app/chat.py": `from app.write import write\n${pushed("sender_for(socket).deliver(text)", "write(socket.send_raw, text)")["app/chat.py"]}`,
        "app/write.py": "def write(way, text):\n    way(text)\n",
      },
    }),
    ...scopeMutants("a bypass", bypassing, { ...names, path: "app/chat.py", symbol: "app/chat.py#push" }),
    ...scopeMutants("a rival", rivalFiles, { ...names, path: "app/events.py", symbol: "app/events.py#EventSender" }),
  ],
  harmless: {
    "what the fallbacks stand beside": fallback(["sender_for(socket).deliver(text)"]),
    "what the bypasses stand beside": beside("def other(socket, text):", "    sender_for(socket).deliver(text)"),
    "a comment": { "app/chat.py": `# a comment\n${healthy["app/chat.py"]}` },
    "a documentation": { "app/chat.py": `"""What guests say."""\n\n${healthy["app/chat.py"]}` },
    "empty lines": { "app/chat.py": healthy["app/chat.py"]?.replaceAll("\n", "\n\n") ?? "" },
    "lines that end as on Windows": { "app/chat.py": healthy["app/chat.py"]?.replaceAll("\n", "\r\n") ?? "" },
    "other names for parameters": { "app/chat.py": healthy["app/chat.py"]?.replaceAll("text", "line") ?? "" },
    "a failure that is logged and raised on": chat(
      chatSender(
        ["try:", "    sender_for(socket).deliver(text)", "except OSError:", '    log.exception("no")', "    raise"],
        "import logging\n\nlog = logging.getLogger(__name__)\n",
      ) + ends,
    ),
    "a failure that is told in other words": chat(
      chatSender([
        "try:",
        "    sender_for(socket).deliver(text)",
        "except OSError as error:",
        '    raise ValueError("no") from error',
      ]) + ends,
    ),
    "what is not sent when there is nothing": chat(
      chatSender(["if not text:", "    return", "sender_for(socket).deliver(text)"]) + ends,
    ),
    "a private method": chat(
      `${owner}\n\nclass ChatSender:\n    def say(self, socket, text):\n        self._go(socket, text.strip())\n\n    def _go(self, socket, text):\n        sender_for(socket).deliver(text)\n${ends}`,
    ),
    "another name for an import": chat(
      (healthy["app/chat.py"] ?? "")
        .replace("import sender_for", "import sender_for as made")
        .replaceAll("sender_for(socket)", "made(socket)"),
    ),
    "an import inside": chat(
      `class ChatSender:\n    def say(self, socket, text):\n        from app.sender import sender_for\n\n        sender_for(socket).deliver(text)\n\n\ndef push(socket, text):\n    ChatSender().say(socket, text)\n`,
    ),
    "a package that hands the owner on": {
      "app/__init__.py": "from .sender import Sender, sender_for\n",
      ...chat((healthy["app/chat.py"] ?? "").replace("app.sender", "app")),
    },
    "a file that has nothing to do with it": {
      "app/sum.py":
        "def total(all):\n    result = 0\n    for each in all:\n        result += each\n    return result\n",
    },
    "an error about it": {
      "app/error.py": "class SenderError(Exception):\n    def title(self):\n        return f'sender: {self.args}'\n",
    },
    "a protocol of it": {
      "app/protocol.py":
        "from typing import Protocol\n\n\nclass SenderProtocol(Protocol):\n    def deliver(self, text) -> None: ...\n",
    },
    "a double in tests": { "tests/fake.py": rival("FakeSender") },
    "another file of tests": {
      "tests/test_push.py": "from app.chat import push\n\n\ndef test_push():\n    push(None, 'x')\n",
    },
  },
  escapes: {
    "rename: its class and its methods have other names":
      "with other names for everything, nothing is left to know it by; `discover` may",
    "add a fallback: when nothing comes back": "an ordinary branch: results are not followed",
    "add a fallback: or": "an ordinary branch: results are not followed",
    "take the primitive as a value: by two texts":
      "texts are not put together, and nothing is known of what it is called on",
    "take the primitive as a value: by a caller of methods": "a text like any other",
  },
};

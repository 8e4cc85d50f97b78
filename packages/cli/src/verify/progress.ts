import { visible } from "../visible.ts";

/** How far it has come, on the standard error: a bar on a terminal, a line every tenth part elsewhere. */
export interface Progress {
  /** Control characters are made visible. */
  note(text: string): void;
  advance(done: number, planned: number, failed: number): void;
  /** Takes the bar away. */
  end(): void;
}

const barWidth = 30;

export function openProgress(stream: NodeJS.WriteStream): Progress {
  let part = 0;
  const clear = () => {
    if (stream.isTTY) stream.write("\r\u001b[K");
  };
  return {
    note: (text) => {
      clear();
      stream.write(`${visible(text)}\n`);
    },
    advance: (done, planned, failed) => {
      const said = `${done} of ${planned} journeys${failed === 0 ? "" : `, ${failed} failed`}`;
      if (stream.isTTY) {
        const filled = Math.floor((done / planned) * barWidth);
        stream.write(`\r${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${said}\u001b[K`);
      } else if (Math.floor((done / planned) * 10) > part) {
        part = Math.floor((done / planned) * 10);
        stream.write(`${said}\n`);
      }
    },
    end: clear,
  };
}

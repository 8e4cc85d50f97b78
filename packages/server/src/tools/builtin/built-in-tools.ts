import { join } from "node:path";
import type { Limits } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import type { AnyTool } from "../tool.ts";
import { openAssistantDatabase } from "./assistant-database.ts";
import { Calculator } from "./calculator.ts";
import { calculatorTools } from "./calculator-tools.ts";
import { DocumentStore } from "./document-store.ts";
import { documentTools } from "./document-tools.ts";
import { NoteStore } from "./note-store.ts";
import { noteTools } from "./note-tools.ts";
import { timeTools } from "./time-tools.ts";

export interface BuiltInTools {
  readonly tools: readonly AnyTool[];
  readonly documents: DocumentStore;
  close(): Promise<void>;
}

/** The default agent's tools, and the stores behind them in the data folder. */
export function openBuiltInTools(options: {
  readonly dataDirectory: string;
  readonly limits: Limits;
  readonly clock: Clock;
}): BuiltInTools {
  const { limits } = options;
  const database = openAssistantDatabase(join(options.dataDirectory, "assistant.db"));
  const calculator = new Calculator(options);
  const notes = new NoteStore(database, options);
  const documents = new DocumentStore(database, options);
  return {
    tools: [...calculatorTools(calculator), ...timeTools, ...noteTools(notes, limits), ...documentTools(documents)],
    documents,
    async close() {
      calculator.close();
      database.close();
    },
  };
}

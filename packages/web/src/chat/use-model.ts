import { useEffect, useState } from "react";

/** Who answers, in the server's words. */
export interface Model {
  readonly agent: string;
  readonly model: string;
  /** One line for people. */
  readonly description: string;
}

/** Undefined until it is known. */
export function useModel(): Model | undefined {
  const [model, setModel] = useState<Model>();
  useEffect(() => {
    const abort = new AbortController();
    fetch("/v1/model", { signal: abort.signal })
      .then((response) => (response.ok ? (response.json() as Promise<Model>) : undefined))
      .then(setModel)
      .catch(() => undefined);
    return () => abort.abort();
  }, []);
  return model;
}

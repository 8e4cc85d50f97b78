import { useEffect, useState } from "react";

/** Which model answers, in the server's words. */
export function ModelLine() {
  const [description, setDescription] = useState("");
  useEffect(() => {
    const abort = new AbortController();
    fetch("/v1/model", { signal: abort.signal })
      .then((response) => (response.ok ? (response.json() as Promise<{ description: string }>) : undefined))
      .then((model) => setDescription(model?.description ?? ""))
      .catch(() => undefined);
    return () => abort.abort();
  }, []);
  return (
    <p className="model-line" title={description}>
      {description}
    </p>
  );
}

import { createContext, useContext } from "react";

/** Tells the person about something that was asked for and did not happen. */
export type ReportProblem = (error: unknown) => void;

export const ProblemContext = createContext<ReportProblem>(() => undefined);

export function useReportProblem(): ReportProblem {
  return useContext(ProblemContext);
}
